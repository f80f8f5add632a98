//! Zstandard (RFC 8878): frame after frame, those between them that hold nothing skipped.

use std::io::{BufRead, Error, ErrorKind, Read};

use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How much is decoded ahead.
const AHEAD: usize = 64 * 1024;

/// Reads all frames of a source as one text.
pub(super) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_inside: bool,
}

impl<R: BufRead> Frames<R> {
    /// Frames that ask for a window of more than `window` bytes are refused.
    pub(super) fn new(source: R, window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        Self {
            source,
            decoder,
            is_inside: false,
        }
    }

    /// Begins the next frame that holds something; false at the end.
    fn begin(&mut self) -> Result<bool, Error> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut frame = (&mut self.source).take(length.into());
                    if std::io::copy(&mut frame, &mut std::io::sink())? < length.into() {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(of(&error)),
            }
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, target: &mut [u8]) -> Result<usize, Error> {
        loop {
            if !self.is_inside {
                if !self.begin()? {
                    return Ok(0);
                }
                self.is_inside = true;
            }
            if self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let ahead = BlockDecodingStrategy::UptoBytes(AHEAD);
                self.decoder
                    .decode_blocks(&mut self.source, ahead)
                    .map_err(|error| of(&error))?;
            }
            let read = self.decoder.read(target)?;
            if read > 0 || target.is_empty() {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                self.is_inside = false;
                let (sent, have) = (
                    self.decoder.get_checksum_from_data(),
                    self.decoder.get_calculated_checksum(),
                );
                if sent.is_some() && sent != have {
                    return Err(Error::from(ErrorKind::InvalidData));
                }
            }
        }
    }
}

/// Whether bytes are missing or wrong.
fn of(error: &FrameDecoderError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<Error>() {
            return Error::from(error.kind());
        }
        cause = error.source();
    }
    match error {
        FrameDecoderError::FailedToInitialize(FrameHeaderError::WindowTooBig { .. }) => {
            Error::from(ErrorKind::Unsupported)
        }
        _ => Error::from(ErrorKind::InvalidData),
    }
}
