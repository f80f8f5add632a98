//! What a program on somebody's own machine answered, told by `hookwell listen`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::attempt_shape as wire;
use super::attempts::{invalid, required};
use super::json::JsonBody;
use super::{Error, Problem};
use crate::model::{
    Answer, Attempt, AttemptKind, Bin, Body, BodyState, CaptureNumber, Failure, FailureCause,
    Headers, Sent, Timestamp, Try, base64,
};
use crate::outbound::{self, is_token};
use crate::web::extract::{Number, OwnerByToken};
use crate::web::{self, App};

/// The largest body of a call: an answer of [`outbound::ANSWER`] bytes written as Base64, and two heads.
pub(in crate::web) const LARGEST: usize = 2 << 20;

/// The longest name of a listener, in bytes.
const LISTENER: usize = 64;

/// The longest URL that is kept, in bytes.
const URL: usize = 2048;

/// The most that the header fields of a message may take, in bytes.
const HEAD: usize = 64 * 1024;

/// The longest sentence about a failure, in characters.
const DETAIL: usize = 500;

/// A try to send a capture on that was made elsewhere, with an answer or an error or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenAttempt)]
pub(super) struct Listened {
    /// Where it was sent.
    #[schema(max_length = 2048, example = "http://localhost:3000/webhooks")]
    url: String,
    /// When that began.
    #[schema(format = DateTime)]
    started_at: String,
    /// How long it took, in microseconds.
    took_us: u64,
    /// What was sent.
    sent: SentBack,
    /// What was answered; null where nothing was.
    #[serde(default)]
    answer: Option<AnswerBack>,
    /// What went wrong; null where nothing did.
    #[serde(default)]
    error: Option<FailureBack>,
}

/// What was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenSent)]
struct SentBack {
    /// The method.
    method: String,
    /// The header fields, in order.
    headers: Vec<FieldBack>,
    /// Bytes of the body.
    size: u64,
}

/// A header field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenField)]
struct FieldBack {
    /// The name.
    name: String,
    /// The value.
    value: String,
    /// Its bytes, where they are no UTF-8.
    #[serde(default)]
    base64: Option<String>,
}

/// What was answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenAnswer)]
struct AnswerBack {
    /// The status code.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// The header fields, in order.
    headers: Vec<FieldBack>,
    /// The body.
    body: BodyBack,
}

/// The body of an answer: at most 1 MiB of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenBody)]
struct BodyBack {
    /// `complete`, `truncated` when there was more, `aborted` when its end did not come.
    state: String,
    /// How many bytes there were, when there were more.
    #[serde(default)]
    sent: Option<u64>,
    /// `utf-8` or `base64`.
    encoding: String,
    /// The bytes, written like that.
    content: String,
}

/// What went wrong.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListenError)]
struct FailureBack {
    /// `dns`, `connect`, `tls`, `timeout`, `too_large` or `closed`.
    cause: String,
    /// What happened, as a sentence.
    #[schema(max_length = 500)]
    detail: String,
}

impl Listened {
    /// The try, if all of it can be; one from the future began now.
    fn tried(self, now: Timestamp) -> Result<Try, web::Error> {
        let is_url = ["http://", "https://"]
            .iter()
            .any(|scheme| self.url.starts_with(scheme));
        if !is_url || self.url.len() > URL || self.url.chars().any(char::is_control) {
            let problem = format!("expected a URL of http or https, of at most {URL} bytes");
            return Err(invalid("url", problem));
        }
        let began = self.started_at.parse::<jiff::Timestamp>();
        let began = began.map_err(|_| invalid("started_at", "expected a time of RFC 3339"))?;
        if self.answer.is_none() && self.error.is_none() {
            return Err(invalid("answer", "give an answer, an error, or both"));
        }
        if !is_token(&self.sent.method) || self.sent.method.len() > 64 {
            return Err(invalid("sent.method", "expected a method such as POST"));
        }
        Ok(Try {
            kind: AttemptKind::Listen,
            url: self.url,
            started_at: Timestamp::from_micros(began.as_microsecond()).min(now),
            took_us: self.took_us.min(i64::MAX.cast_unsigned()),
            sent: Sent {
                method: self.sent.method,
                headers: headers("sent.headers", &self.sent.headers)?,
                size: self.sent.size.min(i64::MAX.cast_unsigned()),
            },
            answer: self.answer.map(AnswerBack::read).transpose()?,
            failure: self.error.map(FailureBack::read).transpose()?,
        })
    }
}

/// Fields that can be those of a message.
fn headers(name: &'static str, fields: &[FieldBack]) -> Result<Headers, web::Error> {
    let mut read = Vec::with_capacity(fields.len());
    let mut size = 0;
    for field in fields {
        if !is_token(&field.name) {
            return Err(invalid(name, "one has no name that a field can have"));
        }
        let value = match &field.base64 {
            None => field.value.as_bytes().to_vec(),
            Some(text) => base64::decode(text)
                .ok_or_else(|| invalid(name, "the base64 of one is not Base64"))?,
        };
        let is_odd = |&byte: &u8| byte != b'\t' && (byte < b' ' || byte == 0x7f);
        if value.iter().any(is_odd) {
            return Err(invalid(name, "the value of one has a control character"));
        }
        size += field.name.len() + value.len() + 4;
        read.push((field.name.as_bytes(), value));
    }
    if size > HEAD {
        return Err(invalid(name, format!("at most {HEAD} bytes in all")));
    }
    let fields = read.iter().map(|(name, value)| (*name, &**value));
    Ok(Headers::from_fields(fields))
}

impl AnswerBack {
    fn read(self) -> Result<Answer, web::Error> {
        if !(200..600).contains(&self.status) {
            return Err(invalid("answer.status", "expected 200 to 599"));
        }
        let bytes = match &*self.body.encoding {
            "utf-8" => self.body.content.into_bytes(),
            "base64" => base64::decode(&self.body.content)
                .ok_or_else(|| invalid("answer.body.content", "this is not Base64"))?,
            _ => return Err(invalid("answer.body.encoding", "expected utf-8 or base64")),
        };
        if bytes.len() > outbound::ANSWER {
            let most = outbound::ANSWER;
            return Err(invalid(
                "answer.body.content",
                format!("at most {most} bytes"),
            ));
        }
        let states = [
            BodyState::Complete,
            BodyState::Truncated,
            BodyState::Aborted,
        ];
        let state = states
            .into_iter()
            .find(|state| state.as_str() == self.body.state);
        let problem = "expected complete, truncated or aborted";
        let state = state.ok_or_else(|| invalid("answer.body.state", problem))?;
        let size = bytes.len() as u64;
        Ok(Answer {
            status: self.status,
            headers: headers("answer.headers", &self.headers)?,
            size,
            body: Body {
                bytes: Bytes::from(bytes),
                state,
                sent: self
                    .body
                    .sent
                    .filter(|&sent| sent > size)
                    .map(|sent| sent.min(i64::MAX.cast_unsigned())),
            },
        })
    }
}

impl FailureBack {
    fn read(self) -> Result<Failure, web::Error> {
        let cause = FailureCause::of_call(&self.cause);
        let problem = "expected dns, connect, tls, timeout, too_large or closed";
        let cause = cause.ok_or_else(|| invalid("error.cause", problem))?;
        let is_odd = self.detail.chars().any(char::is_control);
        if is_odd || self.detail.is_empty() || self.detail.chars().count() > DETAIL {
            let problem = format!("expected a sentence of at most {DETAIL} characters");
            return Err(invalid("error.detail", problem));
        }
        Ok(Failure::new(cause, self.detail))
    }
}

/// Tell of an attempt
///
/// What `hookwell listen` does behind each capture that it sent to a program on one's own machine: the answer is kept on the capture, as an
/// attempt of kind `listen`. The same try told again is kept once. A sender that waits for it is given the answer, where `Hookwell-Listener` names
/// the reader that opened the stream of events with `respond`.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/captures/{n}/attempts",
    operation_id = "add_attempt",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
        ("Hookwell-Listener" = Option<String>, Header, description = "The name of the reader that answers for the bin"),
    ),
    request_body(content = Listened, content_type = "application/json"),
    responses(
        (status = 201, description = "It is kept", body = wire::Attempt<'_>),
        (status = 200, description = "It was kept before", body = wire::Attempt<'_>),
        (status = 422, description = "A field is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let n = number.0;
    let listened: Listened = required(body)?;
    let tried = listened.tried(app.clock.now())?;
    // Before it is kept: a sender may wait for it.
    let name = listener(&headers)?;
    if let Some(name) = name {
        app.relay.answer(bin.bin.id, n, name, &tried);
    }
    if let Some(before) = told_before(&app, &bin.bin, n, &tried).await? {
        return Ok(Json(wire::Attempt::line(&before)).into_response());
    }
    let kept = match name {
        Some(name) => app.store.add_answer(&bin.bin, n, tried, name).await,
        None => app.store.add_attempt(&bin.bin, n, tried).await,
    };
    let kept = kept.map_err(web::Error::of_capture(n))?;
    Ok((StatusCode::CREATED, Json(wire::Attempt::line(&kept))).into_response())
}

/// The name by which a listener is known from one call to the next.
pub(super) fn listener(headers: &HeaderMap) -> Result<Option<&str>, web::Error> {
    let Some(name) = headers.get("hookwell-listener") else {
        return Ok(None);
    };
    let name = name.to_str().ok();
    let name = name.filter(|name| (1..=LISTENER).contains(&name.len()));
    let problem = || format!("expected 1 to {LISTENER} visible characters");
    name.map(Some)
        .ok_or_else(|| invalid("Hookwell-Listener", problem()))
}

/// The attempt that was made of the same try, where its teller did not hear that it was kept.
async fn told_before(
    app: &App,
    bin: &Bin,
    n: CaptureNumber,
    tried: &Try,
) -> Result<Option<Attempt>, Error> {
    let is_it = |kept: &Try| {
        kept.kind == tried.kind
            && kept.url == tried.url
            && kept.started_at == tried.started_at
            && kept.took_us == tried.took_us
    };
    let attempts = app.store.attempts(bin, n).await?;
    Ok(attempts.into_iter().find(|kept| is_it(&kept.tried)))
}
