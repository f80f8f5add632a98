//! Deleting: one request at once, all of them or the bin after a page that says what goes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

use super::bin::BinHead;
use super::filter::Filtered;
use super::recent::Recent;
use super::{Error, Page, text};
use crate::model::Usage;
use crate::store;
use crate::web::App;
use crate::web::extract::{BinByKey, Number, Site};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Clear,
    /// Only what a filter lets through.
    ClearSome,
    Delete,
}

#[derive(Debug, Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    bin: BinHead,
    act: Act,
    usage: Usage,
    requests: String,
    filtered: Filtered,
    /// The addresses of what is asked for, and of the way back.
    action: String,
    back: String,
}

async fn ask(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    act: Act,
    filtered: Filtered,
) -> Result<Response, Error> {
    let mut usage = app.store.usage(&bin.bin).await?;
    let mut over = "";
    if act == Act::ClearSome {
        let counted = bin.count(&*app.store, &filtered.filter).await?;
        usage.captures = counted.number;
        if !counted.is_all {
            over = "over ";
        }
    }
    let path = format!("/b/{}", bin.key);
    let page = ConfirmPage {
        action: filtered.on(&format!("{path}/clear")),
        back: filtered.on(&path),
        filtered,
        bin: BinHead::new(bin, site),
        act,
        usage,
        requests: format!("{over}{}", text::counted(usage.captures, "request")),
    };
    Ok(Page(page).into_response())
}

/// The filter in the address. One that cannot be read must not delete everything.
fn read(app: &App, uri: &Uri) -> Result<Filtered, Error> {
    let filtered = Filtered::from_uri(uri, app.clock.now());
    match filtered.error {
        Some(error) => Err(crate::web::Error::Filter(error).into()),
        None => Ok(filtered),
    }
}

/// Asks before all requests are deleted, or those that a filter lets through.
pub(super) async fn ask_clear(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    let filtered = read(&app, &uri)?;
    let act = if filtered.is_on() {
        Act::ClearSome
    } else {
        Act::Clear
    };
    ask(&app, &bin, &site, act, filtered).await
}

/// Asks before the bin is deleted.
pub(super) async fn ask_delete(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
) -> Result<Response, Error> {
    ask(&app, &bin, &site, Act::Delete, Filtered::default()).await
}

/// Deletes all requests, or those that a filter lets through.
pub(super) async fn clear(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    uri: Uri,
) -> Result<Response, Error> {
    let filtered = read(&app, &uri)?;
    if filtered.is_on() {
        bin.delete_matching(&*app.store, &filtered.filter).await?;
    } else {
        app.store.clear(&bin.bin).await?;
    }
    Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response())
}

/// Deletes the bin.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    recent: Recent,
) -> Result<Response, Error> {
    app.store.delete_bin(&bin.bin).await?;
    Ok((recent.without(&[bin.key]), Redirect::to("/")).into_response())
}

/// Deletes one request, and opens the next one of the list that it was deleted from.
pub(super) async fn delete_capture(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let n = number.0;
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    let (newer, older) = bin.neighbours(&*app.store, &filtered.filter, n).await?;
    match app.store.delete_capture(&bin.bin, n).await {
        // Deleted already, in another tab or by a second click: what was wanted is so.
        Ok(()) | Err(store::Error::UnknownCapture) => {}
        Err(error) => return Err(error.into()),
    }
    let next = if filtered.is_up {
        newer.or(older)
    } else {
        older.or(newer)
    };
    let next = match next {
        Some(next) => filtered.request(&bin.key, next),
        None => filtered.list(&bin.key),
    };
    Ok(Redirect::to(&next).into_response())
}
