//! The bytes after the head.

use bytes::Bytes;

/// Whether a body is all that the sender meant to send.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BodyState {
    /// Every byte arrived and was kept.
    Complete,
    /// It went over the bin's limit: the bytes up to the limit were kept.
    Truncated,
    /// The sender went away, or fell silent, before the end: what came was kept.
    Aborted,
}

impl BodyState {
    /// The word that API and pages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Aborted => "aborted",
        }
    }

    /// The number that the store keeps for it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The state with that number. One that this version does not know reads as aborted, the one that promises least.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Complete,
            1 => Self::Truncated,
            _ => Self::Aborted,
        }
    }
}

/// The body of a capture: the bytes as they came, after transfer coding and before content coding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// The bytes that were kept.
    pub bytes: Bytes,
    /// Whether they are all.
    pub state: BodyState,
    /// How many bytes the sender declared (`Content-Length`) or sent, when that is more than was kept.
    pub sent: Option<u64>,
}

impl Body {
    /// A body of which every byte is here.
    pub fn complete(bytes: Bytes) -> Self {
        Self {
            bytes,
            state: BodyState::Complete,
            sent: None,
        }
    }
}
