//! What hookwell answered.

use bytes::Bytes;

use super::{Fault, Headers};

/// The answer that the sender of a capture was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The status code; `None` when the sender went away before an answer could be given.
    pub status: Option<u16>,
    /// Name of the rule that chose it; `None` for the bin's own reply and for limits.
    pub rule: Option<String>,
    /// How long the answer was held back on purpose, in milliseconds.
    pub delay_ms: u32,
    /// The fields that the rule gave it, beside those that every reply has. Not read for lists.
    pub headers: Headers,
    /// The body that the rule gave it; the store keeps its first 64 KiB. Not read for lists.
    pub body: Bytes,
    /// What went wrong on purpose. Not read for lists.
    pub fault: Option<Fault>,
    /// Why the planned reply could not be made and the default was given. Not read for lists.
    pub error: Option<String>,
}

impl Reply {
    /// An answer given at once, by no rule.
    pub fn plain(status: u16) -> Self {
        Self {
            status: Some(status),
            ..Self::none()
        }
    }

    /// No answer: there was nobody left to hear it.
    pub fn none() -> Self {
        Self {
            status: None,
            rule: None,
            delay_ms: 0,
            headers: Headers::default(),
            body: Bytes::new(),
            fault: None,
            error: None,
        }
    }
}
