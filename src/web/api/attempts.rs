//! Sending captures on, and what came of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::attempt_shape::{self as wire, AttemptList, Copies, Replayed};
use super::json::{self, JsonBody};
use super::{Error, Problem};
use crate::filter::Filter;
use crate::forward::{Edit, Order};
use crate::model::{Attempt, CaptureNumber, Headers, base64};
use crate::outbound::{field_problem, is_token};
use crate::store::Window;
use crate::web::access::BinByKey;
use crate::web::extract::{AttemptId, Number, OwnerByToken};
use crate::web::{self, App, replay};

/// How many copies are sent at once.
const MOST_COPIES: usize = 20;

/// How many captures a second are sent on, when it is not said, and at most.
const RATE: f64 = 10.0;
const MOST_RATE: f64 = 100.0;

/// How many captures are looked up at once.
const PAGE: usize = 50;

/// How a capture is to be sent on. What is left out stays as it was captured.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Where to: http or https.
    #[schema(max_length = 2048, example = "https://staging.example.com/webhooks")]
    url: String,
    /// Whether path and query of the capture go behind those of `url`.
    #[serde(default)]
    keep_path: bool,
    /// The provider by whose scheme it is signed anew, with the time of sending and the bin's first secret of it; null keeps the
    /// signature that it has.
    #[serde(default)]
    #[schema(example = "stripe")]
    sign: Option<String>,
    /// Another method.
    #[serde(default)]
    method: Option<String>,
    /// Other header fields, in the place of all that it has.
    #[serde(default)]
    headers: Option<Vec<Field>>,
    /// Another body, as text.
    #[serde(default)]
    body: Option<String>,
    /// Another body, as Base64.
    #[serde(default)]
    body_base64: Option<String>,
    /// That many copies at once, to see whether the other side takes one event once.
    #[serde(default)]
    #[schema(minimum = 2, maximum = 20)]
    copies: Option<usize>,
}

/// A header field to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Field {
    /// The name.
    name: String,
    /// The value.
    value: String,
}

fn invalid(field: &'static str, problem: impl Into<String>) -> web::Error {
    web::Error::Invalid {
        field,
        problem: problem.into(),
    }
}

impl Replay {
    fn order(self) -> Result<Order, web::Error> {
        let url = replay::url(&self.url)?;
        if self.method.as_deref().is_some_and(|m| !is_token(m)) {
            return Err(invalid("method", "expected a method such as POST"));
        }
        let fields = self.headers.unwrap_or_default();
        if let Some(problem) = fields.iter().find_map(|f| field_problem(&f.name, &f.value)) {
            return Err(invalid("headers", problem));
        }
        let headers = (!fields.is_empty()).then(|| {
            let pairs = fields.iter();
            Headers::from_fields(pairs.map(|f| (f.name.as_bytes(), f.value.as_bytes())))
        });
        let body = match (self.body, self.body_base64) {
            (Some(_), Some(_)) => {
                return Err(invalid("body", "give body or body_base64, not both"));
            }
            (Some(text), None) => Some(Bytes::from(text)),
            (None, Some(text)) => {
                let bytes = base64::decode(&text);
                let bytes = bytes.ok_or_else(|| invalid("body_base64", "this is not Base64"))?;
                Some(bytes.into())
            }
            (None, None) => None,
        };
        Ok(Order {
            url,
            keep_path: self.keep_path,
            sign: self.sign,
            edit: Edit {
                method: self.method,
                headers,
                set: Vec::new(),
                body,
            },
        })
    }
}

fn required<T: serde::de::DeserializeOwned>(body: Option<Value>) -> Result<T, web::Error> {
    let empty = || Value::Object(serde_json::Map::new());
    json::read(body.unwrap_or_else(empty), "")
}

/// Replay a capture
///
/// Sends it to another URL: byte for byte, but for `Host` and the fields of one connection; or with another method, other fields or
/// another body; or signed anew. Redirects are not followed. Only public addresses are called, and those of `--allow-outbound`: others are
/// answered 422 and leave no attempt. Any other failure is an attempt with an `error`.
///
/// With `copies`, all are sent at once, and the answers are compared.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/captures/{n}/replay",
    operation_id = "replay_capture",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    request_body(content = Replay, content_type = "application/json"),
    responses(
        (status = 201, description = "What came of it; with `copies` of each of them", body = Replayed<'_>),
        (status = 422, description = "The address is none that may be called, or a field has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let replay: Replay = required(body)?;
    let copies = replay.copies;
    let order = replay.order()?;
    let Some(copies) = copies else {
        let attempt = replay::one(&app, &bin, number.0, &order).await?;
        let made = Replayed::One(wire::Attempt::whole(&attempt));
        return Ok((StatusCode::CREATED, Json(made)).into_response());
    };
    if !(2..=MOST_COPIES).contains(&copies) {
        return Err(invalid("copies", format!("expected 2 to {MOST_COPIES}")).into());
    }
    let attempts = replay::copies(&app, &bin, number.0, &order, copies).await?;
    let made = Replayed::Copies(Copies::new(&attempts));
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// List attempts
///
/// What was tried to send a capture on, newest first, without the content of the answers' bodies.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/attempts",
    operation_id = "list_attempts",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    responses((status = 200, description = "The attempts", body = AttemptList<'_>))
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
) -> Result<Response, Error> {
    let n = number.0;
    bin.capture(&*app.store, n).await?;
    let attempts = app.store.attempts(&bin.bin, n).await?;
    let attempts = attempts.iter().map(wire::Attempt::line).collect();
    Ok(Json(AttemptList { attempts }).into_response())
}

/// Show an attempt
///
/// With the body of the answer, up to 1 MiB of it.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/attempts/{attempt}",
    operation_id = "show_attempt",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
        ("attempt" = u64, Path, description = "The attempt's id"),
    ),
    responses((status = 200, description = "The attempt", body = wire::Attempt<'_>))
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
    attempt: AttemptId<Error>,
) -> Result<Response, Error> {
    let found = app.store.attempt(&bin.bin, number.0, attempt.0).await?;
    let found = found.ok_or(web::Error::NotFound)?;
    Ok(Json(wire::Attempt::whole(&found)).into_response())
}

/// Which captures are to be sent on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayMany {
    /// A filter; empty for all captures.
    #[schema(example = "status:5xx since:1h")]
    q: String,
    /// Where to: http or https.
    #[schema(max_length = 2048)]
    url: String,
    /// Whether path and query of each capture go behind those of `url`.
    #[serde(default)]
    keep_path: bool,
    /// The provider by whose scheme they are signed anew.
    #[serde(default)]
    sign: Option<String>,
    /// How many a second at most, up to 100; 10 when it is left out.
    #[serde(default)]
    rate: Option<f64>,
}

/// One line of the answer: what came of one capture, or at the end of all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Line {
    /// Of one capture.
    One {
        /// Its number.
        n: u64,
        /// The id of the attempt.
        attempt: u64,
        /// The status of the answer; null when there was none.
        status: Option<u16>,
        /// What went wrong; null for nothing.
        error: Option<&'static str>,
    },
    /// The last line.
    Done {
        /// Always true.
        done: bool,
        /// How many were sent.
        sent: u64,
        /// How many of them were answered with 2xx.
        taken: u64,
        /// Why it ended before the last capture; null when it did not.
        problem: Option<String>,
    },
}

/// Captures that are being sent on, one after the other.
struct Run {
    app: Arc<App>,
    bin: BinByKey,
    filter: Filter,
    order: Order,
    pause: Duration,
    waiting: std::collections::VecDeque<CaptureNumber>,
    /// Where to look on; `None` when all was looked at.
    after: Option<CaptureNumber>,
    newest: CaptureNumber,
    next_at: tokio::time::Instant,
    sent: u64,
    taken: u64,
    is_done: bool,
}

impl Run {
    /// The next capture to send on.
    async fn find(&mut self) -> Result<Option<CaptureNumber>, web::Error> {
        while self.waiting.is_empty() {
            let Some(after) = self.after else {
                return Ok(None);
            };
            let window = Window::After { after, limit: PAGE };
            let listed = self
                .bin
                .list(&*self.app.store, &self.filter, window)
                .await?;
            let numbers = listed.lines.iter().map(|line| line.n);
            self.waiting.extend(numbers.filter(|n| *n <= self.newest));
            self.after = listed.next.filter(|n| *n < self.newest);
        }
        Ok(self.waiting.pop_front())
    }

    async fn step(&mut self) -> Result<Option<Attempt>, web::Error> {
        while let Some(n) = self.find().await? {
            tokio::time::sleep_until(self.next_at).await;
            self.next_at = tokio::time::Instant::now() + self.pause;
            match replay::one(&self.app, &self.bin, n, &self.order).await {
                // It was deleted, or dropped, meanwhile.
                Err(web::Error::UnknownCapture(_)) => {}
                result => return result.map(Some),
            }
        }
        Ok(None)
    }

    async fn line(&mut self) -> Option<Line> {
        if self.is_done {
            return None;
        }
        let problem = match self.step().await {
            Ok(Some(attempt)) => {
                self.sent += 1;
                self.taken += u64::from(attempt.tried.is_taken());
                return Some(Line::One {
                    n: attempt.n.0,
                    attempt: attempt.id,
                    status: attempt.tried.answer.map(|answer| answer.status),
                    error: attempt.tried.failure.map(|failure| failure.cause.as_str()),
                });
            }
            Ok(None) => None,
            Err(error) => Some(error.to_string()),
        };
        self.is_done = true;
        Some(Line::Done {
            done: true,
            sent: self.sent,
            taken: self.taken,
            problem,
        })
    }
}

/// Replay captures
///
/// Those that a filter lets through and that are there now, the oldest first, one after the other. The answer is a line of JSON for
/// each as it happens, and one at the end; closing the connection stops it.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/captures/replay",
    operation_id = "replay_captures",
    tag = "attempts",
    params(("id" = String, Path, description = "The bin's id")),
    request_body(content = ReplayMany, content_type = "application/json"),
    responses(
        (status = 200, description = "Lines", body = Line, content_type = "application/x-ndjson"),
        (status = 422, description = "A field has a value that cannot be", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_many(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let many: ReplayMany = required(body)?;
    let rate = many.rate.unwrap_or(RATE);
    if !(0.1..=MOST_RATE).contains(&rate) {
        return Err(invalid("rate", "expected 0.1 to 100 a second").into());
    }
    let url = replay::url(&many.url)?;
    app.outbound
        .check_literal(&url)
        .map_err(|failure| invalid("url", failure.detail))?;
    let filter = Filter::parse(&many.q, app.clock.now()).map_err(web::Error::Filter)?;
    let newest = Window::Newest {
        before: None,
        limit: 1,
    };
    let newest = app.store.lines(&bin.bin, newest).await?;
    let newest = newest.first().map(|line| line.n);
    let run = Run {
        filter,
        order: Order {
            url,
            keep_path: many.keep_path,
            sign: many.sign,
            edit: Edit::default(),
        },
        pause: Duration::from_secs_f64(1.0 / rate),
        waiting: std::collections::VecDeque::new(),
        after: newest.map(|_| CaptureNumber(0)),
        newest: newest.unwrap_or(CaptureNumber(0)),
        next_at: tokio::time::Instant::now(),
        sent: 0,
        taken: 0,
        is_done: false,
        app,
        bin,
    };
    let lines = stream::unfold(run, |mut run| async {
        let mut line = serde_json::to_vec(&run.line().await?).ok()?;
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), run))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
