//! The form that sends a request on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Error;
use super::filter::Filtered;
use super::form::Form;
use crate::forward::{Edit, Order};
use crate::web::extract::{BinByKey, Number};
use crate::web::{App, replay};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Replay {
    to: String,
    /// `again` to sign it with the time of sending.
    signature: Option<String>,
    /// Whether path and query are kept.
    keep_path: Option<String>,
}

/// Takes a form, waits for the answer and goes back to the request.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    number: Number<Error>,
    uri: Uri,
    Form(form): Form<Replay>,
) -> Result<Response, Error> {
    let n = number.0;
    let mut order = Order {
        url: replay::url(&form.to)?,
        keep_path: form.keep_path.is_some(),
        sign: None,
        edit: Edit::default(),
    };
    if form.signature.as_deref() == Some("again") {
        let line = bin.capture(&*app.store, n).await?.line;
        order.sign = line.recognised.map(|sender| sender.provider);
    }
    replay::one(&app, &bin, n, &order).await?;
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    let back = format!("{}#forwards", filtered.request(&bin.key, n));
    Ok(Redirect::to(&back).into_response())
}
