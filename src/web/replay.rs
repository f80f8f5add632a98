//! Sending captures on because somebody asked: for pages and API alike.

use std::sync::Arc;

use super::access::BinByKey;
use super::{App, Error};
use crate::forward::{self, Order};
use crate::model::{Answer, Attempt, AttemptKind, Bin, Capture, CaptureNumber, FailureCause, Try};
use crate::outbound::{self, Url};

/// How many copies are sent at once.
pub(super) const MOST_COPIES: usize = 20;

/// Reads a URL that people give.
///
/// # Errors
/// [`Error::Invalid`] with what is expected.
pub(super) fn url(text: &str) -> Result<Url, Error> {
    let wrong = |problem: String| Error::Invalid {
        field: "url",
        problem,
    };
    if text.len() > Url::LONGEST {
        return Err(wrong(format!("at most {} characters", Url::LONGEST)));
    }
    text.parse()
        .map_err(|error: outbound::WrongUrl| wrong(error.to_string()))
}

/// Sends a capture on, and keeps what came of it. An address that the guard refuses leaves no attempt.
///
/// # Errors
/// [`Error::Invalid`] when it is not sent, [`Error::UnknownCapture`], what the store says.
pub(super) async fn one(
    app: &Arc<App>,
    bin: &BinByKey,
    n: CaptureNumber,
    order: &Order,
) -> Result<Attempt, Error> {
    let capture = bin.capture(&*app.store, n).await?;
    send(app, bin, &capture, order).await
}

/// The same for one of many, which it does not end: what keeps only this one from being sent is kept as an attempt.
pub(super) async fn one_of_many(
    app: &Arc<App>,
    bin: &BinByKey,
    n: CaptureNumber,
    order: &Order,
) -> Result<Attempt, Error> {
    let capture = bin.capture(&*app.store, n).await?;
    let why = match request(app, &bin.bin, &capture, order) {
        Ok(request) if outbound::can_be_sent(&request).await => {
            return go(app, bin, n, request).await;
        }
        Ok(_) => "it holds what no HTTP request can".to_owned(),
        Err(error) if error.is_of_capture() => error.to_string(),
        Err(error) => return Err(invalid(error)),
    };
    let tried = Try::unsent(
        AttemptKind::Replay,
        &capture.line.envelope.head.method,
        order.url.to_string(),
        app.clock.now(),
        format!("It was not sent: {why}."),
    );
    let kept = app.store.add_attempt(&bin.bin, n, tried).await;
    kept.map_err(Error::of_capture(n))
}

/// The same so many times at once.
pub(super) async fn copies(
    app: &Arc<App>,
    bin: &BinByKey,
    n: CaptureNumber,
    order: &Order,
    copies: usize,
) -> Result<Vec<Attempt>, Error> {
    let capture = bin.capture(&*app.store, n).await?;
    let all = (0..copies).map(|_| send(app, bin, &capture, order));
    futures_util::future::try_join_all(all).await
}

/// How far the answers to copies are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Same {
    /// Whether all have the same status.
    pub(super) status: bool,
    /// Whether all have the same body.
    pub(super) body: bool,
}

impl Same {
    pub(super) fn of(attempts: &[Attempt]) -> Self {
        let same = |one: fn(&Answer) -> (u16, &[u8])| {
            let mut answers = attempts
                .iter()
                .map(|attempt| attempt.tried.answer.as_ref().map(one));
            let first = answers.next();
            answers.all(|answer| Some(answer) == first)
        };
        Self {
            status: same(|answer| (answer.status, b"")),
            body: same(|answer| (0, &answer.body.bytes)),
        }
    }
}

async fn send(
    app: &Arc<App>,
    bin: &BinByKey,
    capture: &Capture,
    order: &Order,
) -> Result<Attempt, Error> {
    let request = request(app, &bin.bin, capture, order).map_err(invalid)?;
    go(app, bin, capture.line.n, request).await
}

fn request(
    app: &App,
    bin: &Bin,
    capture: &Capture,
    order: &Order,
) -> Result<outbound::Request, forward::Error> {
    forward::request(bin, capture, order, app.clock.now())
}

fn invalid(error: forward::Error) -> Error {
    let (field, problem) = match error {
        forward::Error::Path(error) => ("url", error.to_string()),
        forward::Error::Unsigned(error) => ("sign", error.to_string()),
    };
    Error::Invalid { field, problem }
}

async fn go(
    app: &Arc<App>,
    bin: &BinByKey,
    n: CaptureNumber,
    request: outbound::Request,
) -> Result<Attempt, Error> {
    let (app, bin) = (Arc::clone(app), Arc::clone(&bin.bin));
    // A task of its own: what was sent is kept, even where nobody waits for it any more.
    let sending = tokio::spawn(async move {
        let kind = AttemptKind::Replay;
        let tried = app.outbound.send(bin.serial, &request, kind).await;
        match tried.failure {
            Some(failure) if failure.cause == FailureCause::RefusedByGuard => Err(Error::Invalid {
                field: "url",
                problem: failure.detail,
            }),
            _ => {
                let kept = app.store.add_attempt(&bin, n, tried).await;
                kept.map_err(Error::of_capture(n))
            }
        }
    });
    sending
        .await
        .map_err(|error| Error::Panicked(error.to_string()))?
}
