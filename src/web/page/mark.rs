//! Pinning a request and noting on it: forms of the open request.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Error;
use super::filter::Filtered;
use super::form::Form;
use crate::model::{Marks, MarksChange};
use crate::web::extract::{BinByKey, Number};
use crate::web::{self, App};

/// What the forms send, each one field.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    /// `yes` or `no`.
    pinned: Option<String>,
    note: Option<String>,
}

/// Takes a form and goes back to the request.
pub(super) async fn mark(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    number: Number<Error>,
    uri: Uri,
    Form(form): Form<Change>,
) -> Result<Response, Error> {
    let n = number.0;
    // Browsers send line ends as CR LF.
    let note = form.note.map(|note| note.trim().replace("\r\n", "\n"));
    if let Some(problem) = note.as_deref().and_then(Marks::problem) {
        return Err(web::Error::Invalid {
            field: "note",
            problem,
        }
        .into());
    }
    let change = MarksChange {
        pinned: form.pinned.map(|word| word == "yes"),
        note,
    };
    app.store
        .mark(&bin.bin, n, change)
        .await
        .map_err(web::Error::of_capture(n))?;
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    Ok(Redirect::to(&filtered.request(&bin.key, n)).into_response())
}
