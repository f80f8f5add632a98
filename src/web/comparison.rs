//! Which two captures are compared, and the comparison of them, for page and API alike.

use axum::http::Uri;
use bytes::Bytes;

use super::access::BinByKey;
use super::content::{self, Coding, Content};
use super::page::query;
use super::{App, Error};
use crate::compare::{Comparison, HEAD, compare_decoded};
use crate::filter::Filter;
use crate::model::{Capture, CaptureNumber};
use crate::store::Window;

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

/// Compares the captures that a query names as `a` and `b`. Without `b` it is the newest; without `a` the one that goes before `b`:
/// the previous delivery of its event, else the next older capture, else `b` itself.
///
/// # Errors
/// [`Error::UnknownCapture`] when one is not there; what the store says when it cannot be read.
pub(super) async fn of_query(app: &App, bin: &BinByKey, uri: &Uri) -> Result<Compared, Error> {
    let b = match query::number(uri, "b").map(CaptureNumber) {
        Some(n) => n,
        None => newest(app, bin).await?,
    };
    let b = bin.capture(&*app.store, b).await?;
    let a = match query::number(uri, "a").map(CaptureNumber) {
        Some(n) => n,
        None => before(app, bin, &b).await?,
    };
    let a = bin.capture(&*app.store, a).await?;
    // How much work it is, is said by the one that is coded, or the larger one.
    let weight = |one: &Capture| (content::is_coded(&one.line), one.body.len());
    let heavy = if weight(&a) > weight(&b) { &a } else { &b };
    let (line, bytes) = (heavy.line.clone(), heavy.body.clone());
    let work = move || {
        let [one, other] = [&a, &b].map(decoded);
        let comparison = compare_decoded(&a, &b, [one.as_deref(), other.as_deref()]);
        Compared { a, b, comparison }
    };
    content::look(&line, &bytes, work).await
}

/// The body without its content codings; `None` where it has none, or one that cannot be undone.
fn decoded(capture: &Capture) -> Option<Bytes> {
    let content = Content::new(&capture.line, capture.body.clone(), false, HEAD);
    matches!(content.coding, Coding::Undone { .. }).then_some(content.bytes)
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
