//! A request as a file: its body to the byte, or all of it in the form of another tool.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::{Error, capture};
use crate::web::extract::{FormatByName, Glimpse, Number, Site, Visit};
use crate::web::{App, archive, attachment};

/// The bytes of the body as they were sent.
pub(super) async fn body(
    State(app): State<Arc<App>>,
    Glimpse(bin): Glimpse,
    number: Number<Error>,
) -> Result<Response, Error> {
    let capture = capture::find(&app, &bin, number.0).await?;
    Ok(attachment::body(capture))
}

/// The request in the form of another tool.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Glimpse(bin): Glimpse,
    site: Site,
    number: Number<Error>,
    format: FormatByName<Error>,
) -> Result<Response, Error> {
    let capture = capture::find(&app, &bin, number.0).await?;
    Ok(attachment::export(
        &capture, format.0, &bin.bin, &bin.key, &site,
    ))
}

/// All requests as one file.
pub(super) async fn all(
    State(app): State<Arc<App>>,
    Visit(bin): Visit,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    Ok(archive::export::export(app, bin, site, &uri).await?)
}
