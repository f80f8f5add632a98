//! Requests that could not be kept, so that "nothing arrived" is never the whole answer.

mod fault;

use std::net::SocketAddr;

use bytes::Bytes;

use super::Timestamp;

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// The head is not HTTP that the server can read (answered 400).
    Malformed,
    /// The head or the request target is too large, or has too many fields (answered 431 or 414).
    HeadTooLarge,
    /// The head did not arrive within its time (closed without an answer, or 408).
    HeadTimeout,
    /// Too many captures were waiting for the store (answered 503).
    Overloaded,
    /// The disk is full (answered 507).
    StorageFull,
    /// The store failed for another reason (answered 503).
    StorageFailed,
    /// The bodies in flight took all the memory that they may (answered 503).
    NoMemory,
}

impl Reason {
    /// All reasons, in the order of their [codes](Self::code).
    pub const ALL: [Self; 7] = [
        Self::Malformed,
        Self::HeadTooLarge,
        Self::HeadTimeout,
        Self::Overloaded,
        Self::StorageFull,
        Self::StorageFailed,
        Self::NoMemory,
    ];

    /// A short word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::HeadTooLarge => "head_too_large",
            Self::HeadTimeout => "head_timeout",
            Self::Overloaded => "overloaded",
            Self::StorageFull => "storage_full",
            Self::StorageFailed => "storage_failed",
            Self::NoMemory => "no_memory",
        }
    }

    /// What happened, as a phrase for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "not readable as HTTP",
            Self::HeadTooLarge => "headers or address too large",
            Self::HeadTimeout => "headers did not arrive in time",
            Self::Overloaded => "too many requests at once",
            Self::StorageFull => "the disk was full",
            Self::StorageFailed => "the store could not write",
            Self::NoMemory => "too many large bodies at once",
        }
    }

    /// The flags of the server that set the limit; none where it is no limit.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::HeadTooLarge => &["--max-head", "--max-headers"],
            Self::HeadTimeout => &["--head-timeout"],
            Self::NoMemory => &["--body-memory"],
            Self::Malformed | Self::Overloaded | Self::StorageFull | Self::StorageFailed => &[],
        }
    }

    /// The number that the store keeps for it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The reason with that number; `None` for one that this version does not know.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// A request that named a bin and was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// When it was refused.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// The address on the other end of the connection.
    pub peer: SocketAddr,
    /// The head as far as it arrived, at most [`Refusal::HEAD_KEPT`] bytes of it.
    pub head: Bytes,
}

impl Refusal {
    /// How many bytes of a refused head are kept.
    pub const HEAD_KEPT: usize = 4096;

    /// What happened, as a phrase for people: the [reason](Reason::sentence), and what in the head is wrong where that can be seen.
    pub fn sentence(&self) -> String {
        let sentence = self.reason.sentence();
        match self.reason {
            Reason::Malformed => match fault::find(&self.head) {
                Some(fault) => format!("{sentence}: {fault}"),
                None => sentence.to_owned(),
            },
            _ => sentence.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_its_code() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code(200), None);
    }
}
