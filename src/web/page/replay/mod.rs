//! Sending a request on by a form: as it was captured, or changed before.
//!
//! The short form is beside the request, the long one a page of its own, since a body may be long; both send here. What was not
//! touched goes out byte for byte, whatever a text field makes of it ([`edit`] tells). What cannot be sent is told on the long form,
//! with all that was typed.
//!
//! To add a field: in [`Typed`], in `Editor`, and where [`edit`] or [`create`] takes it.

mod edit;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::bin::BinHead;
use super::capture::forwards::{self, Signer};
use super::filter::Filtered;
use super::form::Form;
use super::{Error, Page, text};
use crate::forward::Order;
use crate::model::{Attempt, Capture, CaptureNumber};
use crate::web::extract::{BinByKey, Number, Site};
use crate::web::replay::{self, MOST_COPIES, Same};
use crate::web::{self, App};

#[derive(Debug, Template)]
#[template(path = "replay.html")]
struct ReplayPage {
    bin: BinHead,
    n: CaptureNumber,
    filtered: Filtered,
    editor: Editor,
    signers: Vec<Signer>,
    urls: Vec<String>,
    /// The field that is wrong, and why.
    problem: Option<(&'static str, String)>,
    copied: Option<Copied>,
}

/// The fields as they are shown.
#[derive(Debug)]
struct Editor {
    to: String,
    keep_path: bool,
    method: String,
    headers: String,
    /// `None` where the body is none that can be typed.
    body: Option<String>,
    /// Why it is none, or what becomes of its line ends.
    body_note: String,
    signature: String,
    copies: String,
}

/// What came of several copies.
#[derive(Debug)]
struct Copied {
    said: String,
    is_same: bool,
    rows: Vec<forwards::Row>,
}

/// What the forms send; what is left out stays as it was captured.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    to: String,
    /// Whether path and query are kept.
    keep_path: Option<String>,
    /// The provider by whose scheme it is signed with the time of sending, or `own`; `same` for neither.
    signature: String,
    method: Option<String>,
    /// Lines of `Name: value`.
    headers: Option<String>,
    body: Option<String>,
    copies: String,
}

impl ReplayPage {
    /// The long form as the capture is.
    async fn new(
        app: &App,
        bin: &BinByKey,
        site: &Site,
        capture: &Capture,
        filtered: Filtered,
    ) -> Result<Self, Error> {
        let urls = forwards::urls(&app.store.attempts(&bin.bin, capture.line.n).await?);
        let (body, body_note) = edit::body(capture);
        Ok(Self {
            bin: BinHead::new(bin, site),
            n: capture.line.n,
            filtered,
            editor: Editor {
                to: urls.first().cloned().unwrap_or_default(),
                keep_path: false,
                method: capture.line.envelope.head.method.clone(),
                headers: edit::lines(&capture.line.envelope.head.headers),
                body,
                body_note,
                signature: "same".to_owned(),
                copies: "1".to_owned(),
            },
            signers: Signer::all(&bin.bin.settings, &capture.line),
            urls,
            problem: None,
            copied: None,
        })
    }

    /// The form as it was filled in.
    fn typed(mut self, typed: Typed) -> Self {
        let editor = &mut self.editor;
        editor.to = typed.to;
        editor.keep_path = typed.keep_path.is_some();
        editor.method = typed.method.unwrap_or(std::mem::take(&mut editor.method));
        editor.headers = typed.headers.unwrap_or(std::mem::take(&mut editor.headers));
        editor.body = editor.body.take().map(|body| typed.body.unwrap_or(body));
        editor.signature = typed.signature;
        if !typed.copies.is_empty() {
            editor.copies = typed.copies;
        }
        self
    }

    /// What is wrong with that field.
    fn problem_of(&self, field: &str) -> Option<&str> {
        let (wrong, problem) = self.problem.as_ref()?;
        (*wrong == field).then_some(problem.as_str())
    }
}

impl Typed {
    fn order(&self, capture: &Capture) -> Result<(Order, usize), web::Error> {
        let copies = match self.copies.trim() {
            "" => Ok(1),
            text => text.parse(),
        };
        let copies = copies
            .ok()
            .filter(|copies| (1..=MOST_COPIES).contains(copies));
        let copies = copies.ok_or_else(|| web::Error::Invalid {
            field: "copies",
            problem: format!("expected 1 to {MOST_COPIES}"),
        })?;
        let order = Order {
            url: replay::url(&self.to)?,
            keep_path: self.keep_path.is_some(),
            sign: match self.signature.as_str() {
                "" | "same" => None,
                name => Some(name.to_owned()),
            },
            edit: edit::of(
                capture,
                self.method.as_deref(),
                self.headers.as_deref(),
                self.body.as_deref(),
            )?,
        };
        Ok((order, copies))
    }
}

/// The long form.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let capture = bin.capture(&*app.store, number.0).await?;
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    let page = ReplayPage::new(&app, &bin, &site, &capture, filtered).await?;
    Ok(Page(page).into_response())
}

/// Takes a form, waits for the answer and goes back to the request; of several copies it says how far their answers are the same.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    number: Number<Error>,
    uri: Uri,
    Form(form): Form<Typed>,
) -> Result<Response, Error> {
    let n = number.0;
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    let capture = bin.capture(&*app.store, n).await?;
    let sent = match form.order(&capture) {
        Ok((order, copies)) => replay::copies(&app, &bin, n, &order, copies).await,
        Err(error) => Err(error),
    };
    let attempts = match sent {
        Ok(attempts) if attempts.len() == 1 => {
            let back = format!("{}#forwards", filtered.request(&bin.key, n));
            return Ok(Redirect::to(&back).into_response());
        }
        Err(error) if !matches!(error, web::Error::Invalid { .. }) => return Err(error.into()),
        sent => sent,
    };
    let page = ReplayPage::new(&app, &bin, &site, &capture, filtered).await?;
    let mut page = page.typed(form);
    let status = match attempts {
        Ok(attempts) => {
            page.copied = Some(Copied::new(&app, &attempts));
            StatusCode::OK
        }
        Err(web::Error::Invalid { field, problem }) => {
            page.problem = Some((field, text::sentence(&problem)));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, Page(page)).into_response())
}

impl Copied {
    fn new(app: &App, attempts: &[Attempt]) -> Self {
        let now = app.clock.now();
        let same = Same::of(attempts);
        let copies = text::count(attempts.len() as u64);
        let said = match (same.status, same.body) {
            (true, true) => "all were answered with the same status and body",
            (true, false) => "all were answered with the same status, but not with the same body",
            (false, true) => "all were answered with the same body, but not with the same status",
            (false, false) => "they were not answered alike",
        };
        Self {
            said: format!("{copies} copies were sent at once: {said}."),
            is_same: same.status && same.body,
            rows: attempts
                .iter()
                .map(|attempt| forwards::Row::new(attempt, now))
                .collect(),
        }
    }
}
