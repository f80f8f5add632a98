//! Share links: keys that may only read.

use std::fmt;

use super::{CaptureNumber, Timestamp};

/// A share link. Its key is known to whoever has the link; here there is only what it opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// What it is revoked by; opens nothing.
    pub id: u64,
    /// The one capture that it shows; `None` for the whole bin.
    pub n: Option<CaptureNumber>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl Share {
    /// How many links a bin can have at once.
    pub const MOST: usize = 100;

    /// The longest that a link can be told to last, in seconds: a hundred years.
    pub const MOST_SECONDS: u64 = 3_153_600_000;

    /// When a link ends that is to last so many seconds from now; `None` for none at all or more than
    /// [`MOST_SECONDS`](Self::MOST_SECONDS).
    pub fn end(now: Timestamp, seconds: u64) -> Option<Timestamp> {
        let seconds = (1..=Self::MOST_SECONDS)
            .contains(&seconds)
            .then_some(seconds)?;
        let micros = i64::try_from(seconds * 1_000_000).ok()?;
        Some(now.minus_micros(-micros))
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// What a key lets its holder do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everything: the bin's own key.
    Write,
    /// Look at what is shared, with what is secret in it masked under this key.
    Read(Share, MaskKey),
}

/// What masked values are hashed under: the same for all links of a bin, and known to nobody who has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MaskKey(pub [u8; 32]);

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskKey(***)")
    }
}
