//! The home page: make a bin, find the recent ones again.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::form::Form;
use super::recent::Recent;
use super::settings::check_name;
use super::{Error, Page, text};
use crate::model::{BinId, BinKey, Settings, Timestamp};
use crate::store::{self, Window};
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct HomePage {
    base: String,
    now: i64,
    days: u32,
    bins: Vec<RecentBin>,
    /// The name as it was typed, and what is wrong with it.
    name: String,
    error: Option<String>,
}

/// A row of the recent bins.
#[derive(Debug)]
struct RecentBin {
    key: BinKey,
    title: String,
    address: String,
    capture_url: String,
    requests: u64,
    created_at: Timestamp,
    age: String,
    last: Option<Last>,
}

/// The newest request of a recent bin.
#[derive(Debug)]
struct Last {
    at: Timestamp,
    ago: String,
    what: String,
}

/// The home page.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    site: Site,
    recent: Recent,
) -> Result<Response, Error> {
    let (page, gone) = draw(&app, &site, &recent).await?;
    Ok((recent.without(&gone), Page(page)).into_response())
}

/// What the form for a new bin sends.
#[derive(Debug, Deserialize)]
pub(super) struct NewBin {
    #[serde(default)]
    name: String,
}

/// Makes a bin and opens it.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    site: Site,
    recent: Recent,
    Form(form): Form<NewBin>,
) -> Result<Response, Error> {
    let name = match check_name(&form.name) {
        Ok(name) => name,
        Err(problem) => {
            let (mut page, _) = draw(&app, &site, &recent).await?;
            page.name = form.name;
            page.error = Some(problem);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
        }
    };
    let key = BinKey::random();
    let settings = Settings {
        name,
        ..Settings::default()
    };
    app.store
        .create_bin(BinId::random(), key.hash(), settings)
        .await?;
    let page = Redirect::to(&format!("/b/{key}"));
    Ok((recent.with(key), page).into_response())
}

/// Takes a bin from the list of this browser; the bin itself stays.
pub(super) async fn forget(bin: BinByKey, recent: Recent) -> Response {
    (recent.without(&[bin.key]), Redirect::to("/")).into_response()
}

/// The page, and the keys of bins that are not there any more.
async fn draw(app: &App, site: &Site, recent: &Recent) -> Result<(HomePage, Vec<BinKey>), Error> {
    let now = app.clock.now();
    let (mut bins, mut gone) = (Vec::new(), Vec::new());
    for key in recent.keys() {
        match row(app, site, *key, now).await {
            Ok(bin) => bins.push(bin),
            Err(store::Error::UnknownBin | store::Error::Gone { .. }) => gone.push(*key),
            Err(error) => return Err(error.into()),
        }
    }
    let page = HomePage {
        base: site.base.clone(),
        now: now.as_micros() / 1000,
        days: Settings::default().keep.days,
        bins,
        name: String::new(),
        error: None,
    };
    Ok((page, gone))
}

async fn row(app: &App, site: &Site, key: BinKey, now: Timestamp) -> store::Result<RecentBin> {
    let bin = app.store.bin_by_key(key.hash()).await?;
    let usage = app.store.usage(&bin).await?;
    let newest = Window::Newest {
        before: None,
        limit: 1,
    };
    let newest = app.store.lines(&bin, newest).await?;
    Ok(RecentBin {
        key,
        title: text::one_line(&bin.title(), 100).into_owned(),
        address: bin.address(),
        capture_url: site.capture_url(&bin),
        requests: usage.captures,
        created_at: bin.created_at,
        age: text::age(now, bin.created_at),
        last: newest.first().map(|line| {
            let head = &line.envelope.head;
            Last {
                at: line.envelope.received_at,
                ago: text::ago(now, line.envelope.received_at),
                what: text::one_line(&format!("{} {}", head.method, head.path()), 60).into_owned(),
            }
        }),
    })
}
