//! What the owner of a bin can set. Each section is a form of its own; what cannot be taken is said under its field.
//!
//! Here are the page and its saving; [`Change`] is what a section's form sends, [`limits`] how numbers and sizes are typed. Sections
//! with more to them are beside this module and come back to it by [`refuse`] and [`saved`]: [`plan`](super::plan) (reply and rules),
//! [`signing`](super::signing), [`targets`]. It knows neither how a setting is kept nor what it does.
//!
//! To add a section here: a [`Section`](change::Section), its fields in [`Change`] and `Problems`, and its form in `settings.html`.

mod change;
mod limits;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

pub(super) use change::check_name;

use self::change::{Change, Problems};
use self::limits::mebibytes;
use super::bin::BinHead;
use super::form::Form;
use super::plan::Planning;
use super::signing::Signing;
use super::{Error, Page, query, targets, text};
use crate::model::{Timestamp, Usage};
use crate::store;
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    bin: BinHead,
    /// What stands before the alias in the capture URL, and behind it.
    url_before: String,
    url_after: String,
    /// Without the alias: the id's own capture URL, which works either way.
    id: String,
    form: Change,
    problems: Problems,
    pub(super) planning: Planning,
    pub(super) signing: Signing,
    targets: Vec<targets::Row>,
    pub(super) draft: targets::Draft,
    /// When the page was drawn, and how that is said.
    drawn_at: Timestamp,
    drawn_at_said: String,
    usage: Usage,
    /// The largest body that the server takes; `None` for any.
    max_body: Option<String>,
    /// The section that was just saved.
    saved: String,
}

/// The page.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    let saved = query::value(&uri, "saved").unwrap_or_default().to_owned();
    let form = Change::from_settings(&bin.bin.settings);
    let mut page = draw(&app, &bin, &site, form, Problems::default(), saved).await?;
    let chosen = query::value(&uri, "provider").unwrap_or_default();
    page.signing = Signing::of(&bin.bin.settings, chosen);
    let preset = query::value(&uri, "preset").unwrap_or_default();
    page.planning = Planning::of(&bin.bin.settings, preset);
    Ok(Page(page).into_response())
}

/// Takes one section's form.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    Form(form): Form<Change>,
) -> Result<Response, Error> {
    let mut settings = bin.bin.settings.clone();
    let mut problems = form.apply(&mut settings, app.config.limits.max_body);
    if problems == Problems::default() {
        match app.store.update_bin(&bin.bin, settings).await {
            Ok(_) => {
                return Ok(saved(&bin, form.section.as_str()));
            }
            Err(store::Error::AliasTaken) => {
                problems.alias = Some("Another bin has this alias. Choose another.".to_owned());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let form = form.beside(&bin.bin.settings);
    let page = draw(&app, &bin, &site, form, problems, String::new()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// The page with a section as it was sent, which could not be taken: `change` puts it in.
pub(super) async fn refuse(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    change: impl FnOnce(&mut SettingsPage),
) -> Result<Response, Error> {
    let form = Change::from_settings(&bin.bin.settings);
    let mut page = draw(app, bin, site, form, Problems::default(), String::new()).await?;
    change(&mut page);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// The way back to a section that was saved.
pub(super) fn saved(bin: &BinByKey, section: &str) -> Response {
    Redirect::to(&format!(
        "/b/{}/settings?saved={section}#{section}",
        bin.key
    ))
    .into_response()
}

async fn draw(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    form: Change,
    problems: Problems,
    saved: String,
) -> Result<SettingsPage, Error> {
    let address = bin.bin.address();
    let url = site.capture_url(&bin.bin);
    let now = app.clock.now();
    let (before, after) = url.split_once(&address).unwrap_or((&url, ""));
    Ok(SettingsPage {
        bin: BinHead::new(bin, site),
        url_before: before.to_owned(),
        url_after: after.to_owned(),
        id: bin.bin.id.to_string(),
        form,
        problems,
        planning: Planning::of(&bin.bin.settings, ""),
        signing: Signing::of(&bin.bin.settings, ""),
        targets: targets::Row::all(app, bin).await?,
        draft: targets::Draft::default(),
        drawn_at: now,
        drawn_at_said: text::time(now, now),
        usage: app.store.usage(&bin.bin).await?,
        max_body: match app.config.limits.max_body {
            0 => None,
            bytes => Some(mebibytes(bytes)),
        },
        saved,
    })
}
