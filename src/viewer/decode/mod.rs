//! Content codings undone (RFC 9110 section 8.4): gzip, deflate, br and zstd, one on the other, always under a cap.
//!
//! A capture keeps the bytes as they came; this is for looking at them, and for taking them away decoded. A few kilobytes may
//! stand for gigabytes, so decoding ends at the cap, whatever follows, and holds one window of each coding besides its output. What one
//! coding gives to the next is bounded too: it may be gigabytes of which nothing comes out.
//! What was decoded before the bytes broke off, or turned out to be damaged, is given with a word on that.

mod gzip;
mod zstd;

use std::io::{BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::{DeflateDecoder, ZlibDecoder};

use super::words::{counted, grouped};

/// How many codings may lie on each other. More than two are a trick, not a habit.
const CODINGS: usize = 4;

/// The window that zstd may ask for, in bytes: what RFC 9659 section 3 allows for HTTP.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// How many bytes one coding may give to the next: so many times the cap, and so many more. What is coded again is hardly larger than
/// what comes out of it.
const BETWEEN: usize = 2;
const BETWEEN_MORE: usize = 1024 * 1024;

/// What comes out when content codings are undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The codings that were undone, as `Content-Encoding` names them in the order that they were applied.
    pub codings: String,
    /// How far that is all.
    pub end: End,
}

/// Where decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Behind the last byte.
    Whole,
    /// At the cap, in bytes; or before it, where there was too much to go through.
    Cap(usize),
    /// Where the coded bytes break off.
    Short,
    /// Where they are damaged, or other bytes follow that are in no coding.
    Damaged,
}

/// Why nothing could be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The coding is none that is known here; or there are too many of them.
    #[error("{0} is not known here")]
    Unknown(String),
    /// Not one byte came out of it.
    #[error("the bytes are no {0}")]
    Not(String),
}

impl Decoded {
    /// What is missing, as a sentence; `None` when nothing is.
    pub fn problem(&self) -> Option<String> {
        let so_far = counted(self.bytes.len() as u64, "byte");
        match self.end {
            End::Whole => None,
            End::Cap(cap) => Some(format!(
                "Decoding stopped at {} bytes: the compressed body holds more.",
                grouped(cap as u64)
            )),
            End::Short => Some(format!(
                "The compressed body breaks off: {so_far} could be decoded."
            )),
            End::Damaged => Some(format!(
                "The compressed body is damaged, or followed by other bytes: {so_far} could be decoded."
            )),
        }
    }
}

/// The codings that a `Content-Encoding` names, in the order that they were applied, in lower case, without `identity`.
pub fn codings(field: &str) -> Vec<String> {
    field
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect()
}

/// Undoes these codings, the last one first, up to `cap` bytes.
///
/// # Errors
/// When one of them is not known, or nothing at all comes out.
pub fn undo(bytes: &[u8], codings: &[String], cap: usize) -> Result<Decoded, Error> {
    let name = codings.join(", ");
    if codings.len() > CODINGS {
        return Err(Error::Unknown(counted(codings.len() as u64, "coding")));
    }
    let mut source: Box<dyn BufRead + '_> = Box::new(bytes);
    let between = cap.saturating_mul(BETWEEN).saturating_add(BETWEEN_MORE);
    for (at, coding) in codings.iter().rev().enumerate() {
        if at > 0 {
            source = Box::new(Bounded {
                source,
                left: between,
            });
        }
        source = match &**coding {
            "gzip" | "x-gzip" => buffered(gzip::Members::new(source)),
            "deflate" => deflate(source),
            "br" => brotli(source),
            "zstd" => buffered(zstd::Frames::new(source, ZSTD_WINDOW)),
            _ => return Err(Error::Unknown(coding.clone())),
        };
    }
    let (bytes, end) = read(source, cap);
    if bytes.is_empty() && matches!(end, End::Short | End::Damaged) {
        return Err(Error::Not(name));
    }
    Ok(Decoded {
        bytes,
        codings: name,
        end,
    })
}

fn buffered<'a>(source: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    Box::new(BufReader::new(source))
}

/// With the header of zlib, as RFC 9110 section 8.4.1.2 has it, or without, as some send it.
fn deflate<'a>(mut source: Box<dyn BufRead + 'a>) -> Box<dyn BufRead + 'a> {
    let has_header = match source.fill_buf() {
        // RFC 1950 section 2.2: method 8, and both bytes together a multiple of 31.
        Ok([first, second, ..]) => {
            first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31)
        }
        _ => true,
    };
    if has_header {
        buffered(ZlibDecoder::new(source))
    } else {
        buffered(DeflateDecoder::new(source))
    }
}

fn brotli<'a>(source: Box<dyn BufRead + 'a>) -> Box<dyn BufRead + 'a> {
    let source = Ending {
        source,
        is_at_end: false,
    };
    let mut decoder = brotli_decompressor::Decompressor::new(source, 4096);
    // Large windows are no part of RFC 7932, and would be allocated: up to a gigabyte.
    decoder.set_parameter(
        brotli_decompressor::BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW,
        0,
    );
    buffered(Brotli(decoder))
}

/// A source that fails when it gives too much.
struct Bounded<R> {
    source: R,
    left: usize,
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        let piece = self.source.fill_buf()?;
        if self.left == 0 && !piece.is_empty() {
            return Err(ErrorKind::FileTooLarge.into());
        }
        Ok(piece.get(..self.left).unwrap_or(piece))
    }

    fn consume(&mut self, length: usize) {
        self.left = self.left.saturating_sub(length);
        self.source.consume(length);
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let read = self.fill_buf()?.read(target)?;
        self.consume(read);
        Ok(read)
    }
}

/// A source that knows whether it was asked for more than it has.
struct Ending<R> {
    source: R,
    is_at_end: bool,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(target)?;
        self.is_at_end |= read == 0 && !target.is_empty();
        Ok(read)
    }
}

/// A decoder that calls bytes that break off so, and not damaged.
struct Brotli<R: Read>(brotli_decompressor::Decompressor<Ending<R>>);

impl<R: Read> Read for Brotli<R> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let result = self.0.read(target);
        result.map_err(|error| {
            if self.0.get_ref().is_at_end {
                ErrorKind::UnexpectedEof.into()
            } else {
                error
            }
        })
    }
}

/// Reads up to the cap. What was read before a failure stays.
fn read(mut source: Box<dyn BufRead + '_>, cap: usize) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    loop {
        let piece = match source.fill_buf() {
            Ok([]) => return (bytes, End::Whole),
            Ok(piece) => piece,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                let end = match error.kind() {
                    ErrorKind::UnexpectedEof => End::Short,
                    ErrorKind::FileTooLarge => End::Cap(bytes.len()),
                    _ => End::Damaged,
                };
                return (bytes, end);
            }
        };
        let left = cap - bytes.len();
        if piece.len() > left {
            bytes.extend_from_slice(piece.get(..left).unwrap_or_default());
            return (bytes, End::Cap(cap));
        }
        bytes.extend_from_slice(piece);
        let length = piece.len();
        source.consume(length);
    }
}

#[cfg(test)]
mod tests;
