//! Deleting: one request at once, all of them or the bin after a page that says what goes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::bin::BinHead;
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
    Delete,
}

#[derive(Debug, Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    bin: BinHead,
    act: Act,
    usage: Usage,
    requests: String,
}

async fn ask(app: &App, bin: &BinByKey, site: &Site, act: Act) -> Result<Response, Error> {
    let usage = app.store.usage(&bin.bin).await?;
    let page = ConfirmPage {
        bin: BinHead::new(bin, site),
        act,
        usage,
        requests: text::counted(usage.captures, "request"),
    };
    Ok(Page(page).into_response())
}

/// Asks before all requests are deleted.
pub(super) async fn ask_clear(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
) -> Result<Response, Error> {
    ask(&app, &bin, &site, Act::Clear).await
}

/// Asks before the bin is deleted.
pub(super) async fn ask_delete(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
) -> Result<Response, Error> {
    ask(&app, &bin, &site, Act::Delete).await
}

/// Deletes all requests.
pub(super) async fn clear(State(app): State<Arc<App>>, bin: BinByKey) -> Result<Response, Error> {
    app.store.clear(&bin.bin).await?;
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

/// Deletes one request, and opens the next older one.
pub(super) async fn delete_capture(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    number: Number<Error>,
) -> Result<Response, Error> {
    let n = number.0;
    let (newer, older) = app.store.neighbours(&bin.bin, n).await?;
    match app.store.delete_capture(&bin.bin, n).await {
        // Deleted already, in another tab or by a second click: what was wanted is so.
        Ok(()) | Err(store::Error::UnknownCapture) => {}
        Err(error) => return Err(error.into()),
    }
    let next = match older.or(newer) {
        Some(next) => format!("/b/{}/requests/{next}", bin.key),
        None => format!("/b/{}", bin.key),
    };
    Ok(Redirect::to(&next).into_response())
}
