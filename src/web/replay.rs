//! Sending captures on because somebody asked: for pages and API alike.

use std::sync::Arc;

use super::access::BinByKey;
use super::{App, Error};
use crate::forward::{self, Order};
use crate::model::{Attempt, AttemptKind, Capture, CaptureNumber, FailureCause};
use crate::outbound::Url;

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
        let tried = app.outbound.send(&request, AttemptKind::Replay).await;
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
