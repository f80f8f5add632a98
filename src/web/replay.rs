//! Sending captures on because somebody asked: for pages and API alike.

use std::sync::Arc;

use super::access::BinByKey;
use super::{App, Error};
use crate::forward::{self, Order};
use crate::model::{Answer, Attempt, AttemptKind, Capture, CaptureNumber, FailureCause};
use crate::outbound::Url;

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
        .map_err(|error: crate::outbound::WrongUrl| wrong(error.to_string()))
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
    let request = forward::request(&bin.bin, capture, order, app.clock.now());
    let request = request.map_err(|error| match error {
        forward::Error::Path(error) => Error::Invalid {
            field: "url",
            problem: error.to_string(),
        },
        forward::Error::Unsigned(error) => Error::Invalid {
            field: "sign",
            problem: error.to_string(),
        },
    })?;
    let (app, bin, n) = (Arc::clone(app), Arc::clone(&bin.bin), capture.line.n);
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
