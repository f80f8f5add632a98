//! Which two captures are compared, and the comparison of them, for page and API alike.

use axum::http::Uri;

use super::access::BinByKey;
use super::{App, Error};
use crate::compare::{Comparison, compare};
use crate::filter::Filter;
use crate::model::{Capture, CaptureNumber};
use crate::store::Window;

/// From this size on bodies are compared on a thread that may take its time.
const LARGE: usize = 16 * 1024;

/// Two captures, and what is between them.
#[derive(Debug)]
pub(super) struct Compared {
    /// The first.
    pub(super) a: Capture,
    /// The second.
    pub(super) b: Capture,
    /// What differs.
    pub(super) comparison: Comparison,
}

/// The value of a parameter that is a number.
fn number(uri: &Uri, name: &str) -> Option<CaptureNumber> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(have, _)| *have == name)?;
    value.parse().ok().map(CaptureNumber)
}

/// Compares the captures that a query names as `a` and `b`. Without `b` it is the newest; without `a` the one that goes before `b`:
/// the previous delivery of its event, else the next older capture, else `b` itself.
///
/// # Errors
/// [`Error::UnknownCapture`] when one is not there; what the store says when it cannot be read.
pub(super) async fn of_query(app: &App, bin: &BinByKey, uri: &Uri) -> Result<Compared, Error> {
    let b = match number(uri, "b") {
        Some(n) => n,
        None => newest(app, bin).await?,
    };
    let b = bin.capture(&*app.store, b).await?;
    let a = match number(uri, "a") {
        Some(n) => n,
        None => before(app, bin, &b).await?,
    };
    let a = bin.capture(&*app.store, a).await?;
    let is_large = a.body.len() + b.body.len() >= LARGE;
    let work = move || {
        let comparison = compare(&a, &b);
        Compared { a, b, comparison }
    };
    if is_large {
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Error::Panicked(error.to_string()))
    } else {
        Ok(work())
    }
}

async fn newest(app: &App, bin: &BinByKey) -> Result<CaptureNumber, Error> {
    let window = Window::Newest {
        before: None,
        limit: 1,
    };
    let lines = bin.list(&*app.store, &Filter::default(), window).await?;
    lines
        .lines
        .first()
        .map(|line| line.n)
        .ok_or(Error::NotFound)
}

async fn before(app: &App, bin: &BinByKey, b: &Capture) -> Result<CaptureNumber, Error> {
    let recognised = b.line.recognised.as_ref();
    let delivery = recognised.and_then(|known| known.delivery);
    if let Some(previous) = delivery.and_then(|delivery| delivery.previous)
        && bin.capture(&*app.store, previous).await.is_ok()
    {
        return Ok(previous);
    }
    let (_, older) = bin
        .neighbours(&*app.store, &Filter::default(), b.line.n)
        .await?;
    Ok(older.unwrap_or(b.line.n))
}
