//! gzip (RFC 1952): member after member, as one text.
//!
//! Whoever reads one member after the other pays for each, also where there is nothing in it; and some hundred bytes, compressed again,
//! can stand for millions of them. So their number has a bound.

use std::io::{BufRead, ErrorKind, Read, Result};

use flate2::bufread::GzDecoder;

/// How many members are read. What is put together of parts has some hundred, and so many take no time that is noticed.
const MOST: usize = 10_000;

/// Reads all members of a source.
pub(super) struct Members<R> {
    /// `None` behind the last one.
    decoder: Option<GzDecoder<R>>,
    /// How many may follow.
    left: usize,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            decoder: Some(GzDecoder::new(source)),
            left: MOST - 1,
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, target: &mut [u8]) -> Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let read = decoder.read(target)?;
            if read > 0 || target.is_empty() {
                return Ok(read);
            }
            let source = self.decoder.take().map(GzDecoder::into_inner);
            if let Some(mut source) = source
                && !source.fill_buf()?.is_empty()
            {
                let left = self.left.checked_sub(1);
                self.left = left.ok_or(ErrorKind::FileTooLarge)?;
                self.decoder = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}
