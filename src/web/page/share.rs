//! Share links: make one, see which there are, revoke them.
//!
//! A key is told once, on the page that answers the form which made it: only its hash is kept.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::bin::BinHead;
use super::form::Form;
use super::{Error, Page, query, text};
use crate::model::{BinKey, CaptureNumber, Share, Timestamp};
use crate::web::extract::{BinByKey, ShareId, Site};
use crate::web::{self, App};

/// How long a link may last, in seconds, as the page offers it.
const LASTS: [(&str, &str); 5] = [
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
    ("", "Until revoked"),
];

#[derive(Debug, Template)]
#[template(path = "share.html")]
struct SharePage {
    bin: BinHead,
    now: i64,
    links: Vec<Link>,
    /// The request that the form is about; `None` for the whole bin.
    n: Option<CaptureNumber>,
    lasts: &'static [(&'static str, &'static str)],
    /// The address of a link that was just made.
    made: Option<String>,
    /// Names of what is masked.
    masked: String,
}

/// A row of the list.
#[derive(Debug)]
struct Link {
    id: u64,
    n: Option<CaptureNumber>,
    created_at: Timestamp,
    ago: String,
    /// When it ends by itself, as an instant and in words.
    ends: Option<(Timestamp, String)>,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    expires_in: String,
    #[serde(default)]
    n: String,
}

/// The page; with `?n=` its form is about that request.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    let n = query::number(&uri, "n").map(CaptureNumber);
    draw(&app, &bin, &site, n, None).await
}

/// Makes a link, and shows it this once.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    Form(form): Form<Wanted>,
) -> Result<Response, Error> {
    let n = number(&form.n, "n")?.map(CaptureNumber);
    let now = app.clock.now();
    let expires_at = number(&form.expires_in, "expires_in")?
        .map(|seconds| Share::end(now, seconds).ok_or_else(|| not_a_number("expires_in")))
        .transpose()?;
    let key = BinKey::random();
    app.store
        .create_share(&bin.bin, key.hash(), n, expires_at)
        .await
        .map_err(web::Error::of_capture(n.unwrap_or(CaptureNumber(0))))?;
    draw(&app, &bin, &site, n, Some(site.inspect_url(&key))).await
}

/// Revokes a link and goes back to the page.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    share: ShareId<Error>,
) -> Result<Response, Error> {
    // One that has ended already is as it was wanted.
    app.store.revoke_shares(&bin.bin, Some(share.0)).await?;
    Ok(Redirect::to(&format!("/b/{}/share", bin.key)).into_response())
}

fn number(text: &str, field: &'static str) -> Result<Option<u64>, web::Error> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| not_a_number(field)),
    }
}

fn not_a_number(field: &'static str) -> web::Error {
    web::Error::Invalid {
        field,
        problem: "expected a number that the page offers".to_owned(),
    }
}

async fn draw(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    n: Option<CaptureNumber>,
    made: Option<String>,
) -> Result<Response, Error> {
    let now = app.clock.now();
    let shares = app.store.shares(&bin.bin).await?;
    let mask = &bin.bin.settings.mask;
    let masked: Vec<&str> = mask
        .lists()
        .into_iter()
        .flat_map(|(_, list)| list)
        .map(String::as_str)
        .collect();
    let page = SharePage {
        bin: BinHead::new(bin, site),
        now: now.as_micros() / 1000,
        links: shares.iter().map(|share| Link::new(share, now)).collect(),
        n,
        lasts: &LASTS,
        made,
        masked: masked.join(", "),
    };
    Ok(Page(page).into_response())
}

impl Link {
    fn new(share: &Share, now: Timestamp) -> Self {
        Self {
            id: share.id,
            n: share.n,
            created_at: share.created_at,
            ago: text::ago(now, share.created_at),
            ends: share.expires_at.map(|at| (at, text::minute(at))),
        }
    }
}
