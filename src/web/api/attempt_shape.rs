//! The shapes of attempts.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Body, Header, encoded, fields, media_type};
use crate::model::{self, Timestamp};
use crate::web::replay::Same;

/// A try to send a capture on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attempt<'a> {
    /// Its id.
    id: u64,
    /// The number of the capture.
    n: u64,
    /// `replay`, `target`, `listen` or `handshake`.
    kind: &'static str,
    /// Where to.
    url: &'a str,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Until the last byte of the answer, or the failure, in microseconds.
    took_us: u64,
    /// What was sent.
    sent: Sent<'a>,
    /// What came back; null when no answer did.
    answer: Option<Answer<'a>>,
    /// What went wrong; null for nothing. Beside an answer when that has no end.
    error: Option<Failure<'a>>,
}

/// What was sent on.
#[derive(Debug, Serialize, ToSchema)]
struct Sent<'a> {
    /// The method.
    method: &'a str,
    /// The header fields, in order.
    headers: Vec<Header<'a>>,
    /// Bytes of the body.
    size: u64,
}

/// What the other side answered.
#[derive(Debug, Serialize, ToSchema)]
struct Answer<'a> {
    /// The status code.
    status: u16,
    /// The header fields; names in lower case, those of one name together.
    headers: Vec<Header<'a>>,
    /// The body, of which 1 MiB is kept at most.
    body: Body<'a>,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttemptError)]
struct Failure<'a> {
    /// `dns`, `connect`, `tls`, `timeout`, `too_large`, `closed`, or of a target `refused_by_guard`.
    cause: &'static str,
    /// What happened, as a sentence.
    detail: &'a str,
}

/// Attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptList<'a> {
    /// They, newest first.
    pub(super) attempts: Vec<Attempt<'a>>,
}

/// Copies of one capture that were sent at once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Copies<'a> {
    /// What came of each.
    attempts: Vec<Attempt<'a>>,
    /// Whether all were answered with the same status.
    same_status: bool,
    /// Whether all were answered with the same body.
    same_body: bool,
}

/// What came of a replay: one attempt, or with `copies` several.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once an answer, and written at once"
)]
pub(super) enum Replayed<'a> {
    /// One.
    One(Attempt<'a>),
    /// Several.
    Copies(Copies<'a>),
}

impl<'a> Attempt<'a> {
    /// An attempt with the body of its answer.
    pub(super) fn whole(attempt: &'a model::Attempt) -> Self {
        let mut shape = Self::line(attempt);
        let bytes = attempt.tried.answer.as_ref();
        if let (Some(answer), Some(from)) = (&mut shape.answer, bytes) {
            let (encoding, content) = encoded(&from.body.bytes);
            answer.body.encoding = Some(encoding);
            answer.body.content = Some(content);
        }
        shape
    }

    /// An attempt without it.
    pub(super) fn line(attempt: &'a model::Attempt) -> Self {
        let tried = &attempt.tried;
        Self {
            id: attempt.id,
            n: attempt.n.0,
            kind: tried.kind.as_str(),
            url: &tried.url,
            started_at: tried.started_at,
            took_us: tried.took_us,
            sent: Sent {
                method: &tried.sent.method,
                headers: fields(&tried.sent.headers),
                size: tried.sent.size,
            },
            answer: tried.answer.as_ref().map(|answer| Answer {
                status: answer.status,
                headers: fields(&answer.headers),
                body: Body {
                    size: answer.size,
                    state: answer.body.state.as_str(),
                    sent: answer.body.sent,
                    media_type: media_type(&answer.headers),
                    encoding: None,
                    content: None,
                },
            }),
            error: tried.failure.as_ref().map(|failure| Failure {
                cause: failure.cause.as_str(),
                detail: &failure.detail,
            }),
        }
    }
}

impl<'a> Copies<'a> {
    pub(super) fn new(attempts: &'a [model::Attempt]) -> Self {
        let same = Same::of(attempts);
        Self {
            same_status: same.status,
            same_body: same.body,
            attempts: attempts.iter().map(Attempt::whole).collect(),
        }
    }
}
