//! One try of a forward, and what came of it.

use super::{Body, CaptureNumber, Headers, Timestamp};

/// Why a capture was sent on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptKind {
    /// Somebody asked for it.
    Replay,
    /// A target of the bin.
    Target,
    /// `hookwell listen`, on somebody's own machine.
    Listen,
    /// A handshake of its provider: the address that is to be visited.
    Handshake,
}

impl AttemptKind {
    /// The word that API and pages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Target => "target",
            Self::Listen => "listen",
            Self::Handshake => "handshake",
        }
    }

    /// The number that the store keeps for it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The kind with that number; one that this version does not know reads as a replay.
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Target,
            2 => Self::Listen,
            3 => Self::Handshake,
            _ => Self::Replay,
        }
    }
}

/// One try to send a capture on, before the store has given it an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// Why it was made.
    pub kind: AttemptKind,
    /// Where to.
    pub url: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Until the last byte of the answer, or the failure, in microseconds.
    pub took_us: u64,
    /// What was sent.
    pub sent: Sent,
    /// What came back; `None` when no answer did.
    pub answer: Option<Answer>,
    /// What went wrong. Beside an answer when that has no end.
    pub failure: Option<Failure>,
}

impl Try {
    /// One that never left this server, and why.
    pub fn unsent(
        kind: AttemptKind,
        method: &str,
        url: String,
        at: Timestamp,
        why: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            url,
            started_at: at,
            took_us: 0,
            sent: Sent {
                method: method.to_owned(),
                headers: Headers::default(),
                size: 0,
            },
            answer: None,
            failure: Some(Failure::new(FailureCause::RefusedByGuard, why)),
        }
    }

    /// Whether the other side took it: an answer of the 2xx kind, read to its end.
    pub fn is_taken(&self) -> bool {
        let answered = self.answer.as_ref();
        self.failure.is_none() && answered.is_some_and(|answer| (200..300).contains(&answer.status))
    }
}

/// A try that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Its id, the same for ever; higher than that of every earlier one.
    pub id: u64,
    /// The capture that was sent on.
    pub n: CaptureNumber,
    /// What was tried.
    pub tried: Try,
}

impl Attempt {
    /// How many attempts of one capture are kept: the newest.
    pub const KEPT: usize = 100;
}

/// What was sent on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The header fields.
    pub headers: Headers,
    /// Bytes of the body.
    pub size: u64,
}

/// What the other side answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields; names in lower case, those of one name together.
    pub headers: Headers,
    /// How many bytes of its body were kept.
    pub size: u64,
    /// The body, up to a bound: truncated beyond it, aborted when its end did not come. Its bytes are not read for lists.
    pub body: Body,
}

/// Why a try has no answer, or none with an end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The kind of failure.
    pub cause: FailureCause,
    /// What happened, as a sentence.
    pub detail: String,
}

impl Failure {
    /// A failure.
    pub fn new(cause: FailureCause, detail: impl Into<String>) -> Self {
        Self {
            cause,
            detail: detail.into(),
        }
    }
}

/// The kinds of failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureCause {
    /// The address is none that this server may call.
    RefusedByGuard,
    /// The name has no address.
    Dns,
    /// No connection could be made.
    Connect,
    /// No encrypted connection could be made, or the certificate is not for that name.
    Tls,
    /// It took too long.
    Timeout,
    /// The head of the answer is too large.
    TooLarge,
    /// The connection ended before the answer did, or what came was no HTTP.
    Closed,
}

impl FailureCause {
    /// All, by their numbers.
    pub const ALL: [Self; 7] = [
        Self::RefusedByGuard,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::TooLarge,
        Self::Closed,
    ];

    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefusedByGuard => "refused_by_guard",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Closed => "closed",
        }
    }

    /// The cause that a call has, by the word that the API uses: any but a refusal before it.
    pub fn of_call(word: &str) -> Option<Self> {
        let mut causes = Self::ALL.into_iter();
        causes.find(|&cause| cause != Self::RefusedByGuard && cause.as_str() == word)
    }

    /// The number that the store keeps for it.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The cause with that number; one that this version does not know reads as closed.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or(Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_kinds_survive_their_numbers() {
        for cause in FailureCause::ALL {
            assert_eq!(FailureCause::from_code(cause.code()), cause);
        }
        for kind in [
            AttemptKind::Replay,
            AttemptKind::Target,
            AttemptKind::Listen,
            AttemptKind::Handshake,
        ] {
            assert_eq!(AttemptKind::from_code(kind.code()), kind);
        }
    }
}
