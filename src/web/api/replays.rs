//! Sending many captures on: one after the other, with a line for each.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempts::{invalid, required};
use super::json::JsonBody;
use super::{Error, Problem};
use crate::filter::Filter;
use crate::forward::{Edit, Order};
use crate::model::{Attempt, CaptureNumber, FailureCause};
use crate::store::Window;
use crate::web::access::BinByKey;
use crate::web::extract::OwnerByToken;
use crate::web::{self, App, replay};

/// How many captures a second are sent on, when it is not said, and at most.
const RATE: f64 = 10.0;
const MOST_RATE: f64 = 100.0;

/// How many captures are looked up at once.
const PAGE: usize = 50;

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
    /// The provider by whose scheme they are signed anew, or `own` for the bin's own `signature`.
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
    waiting: VecDeque<CaptureNumber>,
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
            match replay::one_of_many(&self.app, &self.bin, n, &self.order).await {
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
                let failure = attempt.tried.failure.as_ref().map(|failure| failure.cause);
                self.sent += u64::from(failure != Some(FailureCause::RefusedByGuard));
                self.taken += u64::from(attempt.tried.is_taken());
                return Some(Line::One {
                    n: attempt.n.0,
                    attempt: attempt.id,
                    status: attempt.tried.answer.map(|answer| answer.status),
                    error: failure.map(FailureCause::as_str),
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
/// each as it happens, and one at the end; closing the connection stops it. One that cannot be sent there, as `OPTIONS *` has no path to
/// keep, is an attempt with an `error`, and the others go on.
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
pub(super) async fn create(
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
        waiting: VecDeque::new(),
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
