//! What a body holds: its bytes with their content codings undone, or as they were sent.
//!
//! Pages, previews and downloads begin with the same [`Content`]. Undoing a coding, reading and hashing may be much work for few
//! bytes, so it is done by [`look`], on threads that may take their time, and only by so many at once.

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::Error;
use crate::model::{BodyState, CaptureLine, Headers, MediaType};
use crate::viewer::Subject;
use crate::viewer::decode::{self, Decoded};
use crate::viewer::multipart::{self, Transfer};

/// How many bytes are decoded to be looked at.
pub(super) const LOOKED_AT: usize = 16 * 1024 * 1024;

/// How many bytes are decoded for a download.
pub(super) const DOWNLOADED: usize = 64 * 1024 * 1024;

/// From this size on bodies are looked at on a thread of their own.
const LARGE: usize = 64 * 1024;

/// How many of those there are; with what each of them may hold, this bounds the memory.
static THREADS: Semaphore = Semaphore::const_new(4);

/// The bytes of a body, ready to be looked at.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Bytes,
    pub(super) media_type: Option<MediaType>,
    /// Whether more was meant to follow.
    pub(super) is_cut: bool,
    pub(super) coding: Coding,
}

/// What became of the content codings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coding {
    /// There are none.
    Plain,
    /// They were undone.
    Undone {
        /// Their names in order.
        names: String,
        /// What is missing, as a sentence.
        problem: Option<String>,
    },
    /// The bytes are still in them: as it was wished, or for the reason.
    Kept {
        names: String,
        reason: Option<String>,
    },
    /// The bytes never were in them.
    Untrue { names: String },
}

impl Content {
    /// The content of a body, decoded up to `cap` bytes, or as it was sent.
    pub(super) fn new(line: &CaptureLine, sent: Bytes, as_sent: bool, cap: usize) -> Self {
        let headers = &line.envelope.head.headers;
        let content_type = headers.get_text("content-type");
        let names = codings(headers);
        let mut content = Self {
            media_type: content_type.as_deref().and_then(MediaType::parse),
            is_cut: line.state != BodyState::Complete,
            bytes: sent,
            coding: Coding::Plain,
        };
        if names.is_empty() || content.bytes.is_empty() {
            return content;
        }
        let all = names.join(", ");
        if as_sent {
            content.coding = Coding::Kept {
                names: all,
                reason: None,
            };
            return content;
        }
        match decode::undo(&content.bytes, &names, cap) {
            Ok(decoded) => content.take(decoded),
            Err(decode::Error::Not(names)) => content.coding = Coding::Untrue { names },
            Err(error @ decode::Error::Unknown(_)) => {
                content.coding = Coding::Kept {
                    names: all,
                    reason: Some(error.to_string()),
                };
            }
        }
        content
    }

    fn take(&mut self, decoded: Decoded) {
        // That a body which was cut has no end needs not to be said twice.
        let is_short = decoded.end == decode::End::Short;
        let problem = decoded.problem().filter(|_| !(is_short && self.is_cut));
        self.is_cut |= decoded.end != decode::End::Whole;
        self.bytes = decoded.bytes.into();
        self.coding = Coding::Undone {
            names: decoded.codings,
            problem,
        };
    }

    /// The bytes as viewers take them.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            bytes: &self.bytes,
            media_type: self.media_type.clone(),
            coding: match &self.coding {
                Coding::Kept { names, .. } => Some(names.clone()),
                _ => None,
            },
            is_cut: self.is_cut,
            depth: 0,
        }
    }

    /// The bytes of the part with that address, as they were sent; or without what they are written in.
    ///
    /// # Errors
    /// When there is no such part, or it cannot be decoded.
    pub(super) fn part(&self, address: &str, is_decoded: bool) -> Result<Bytes, Error> {
        let part = multipart::part(&self.subject(), address).ok_or(Error::NotFound)?;
        let transfer = part.transfer.filter(|_| is_decoded);
        let Some(Transfer { name, bytes, .. }) = transfer else {
            return Ok(self.bytes.slice_ref(part.sent.bytes));
        };
        bytes.map(Bytes::from).ok_or_else(|| Error::Invalid {
            field: "decoded",
            problem: format!("the bytes are no {name}, or it is not known here"),
        })
    }

    /// All of the bytes, decoded.
    ///
    /// # Errors
    /// When they are not all that the sender meant.
    pub(super) fn decoded(self) -> Result<Bytes, Error> {
        let problem = match self.coding {
            Coding::Plain | Coding::Undone { problem: None, .. } => return Ok(self.bytes),
            Coding::Undone {
                problem: Some(problem),
                ..
            } => problem,
            Coding::Kept { names, reason } => reason.unwrap_or(names),
            Coding::Untrue { names } => format!("the bytes are no {names}"),
        };
        Err(Error::Invalid {
            field: "decoded",
            problem,
        })
    }
}

/// The content codings that the header fields name, all fields together (RFC 9110 section 5.3).
fn codings(headers: &Headers) -> Vec<String> {
    headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"content-encoding"))
        .flat_map(|(_, value)| decode::codings(&crate::model::head::text(value)))
        .collect()
}

/// Whether the body is called compressed, or coded in another way.
pub(super) fn is_coded(line: &CaptureLine) -> bool {
    !codings(&line.envelope.head.headers).is_empty()
}

/// Does the work of looking at a body: at once where it is little, else on a thread, when one is free.
///
/// # Errors
/// When the work panics.
pub(super) async fn look<T: Send + 'static>(
    line: &CaptureLine,
    bytes: &Bytes,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let is_little = bytes.len() < LARGE && codings(&line.envelope.head.headers).is_empty();
    if is_little {
        return Ok(work());
    }
    // It is never closed; should it be, the work is done all the same.
    let permit = THREADS.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit; // Held until the work ends, not until the asker goes away.
        work()
    });
    done.await
        .map_err(|error| Error::Panicked(error.to_string()))
}
