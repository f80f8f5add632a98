//! A request as a file: its body to the byte, or all of it in the form of another tool.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::{Error, capture, query};
use crate::web::attachment::Wanted;
use crate::web::extract::{FormatByName, Glimpse, Number, Site, Visit};
use crate::web::{App, archive, attachment};

/// The bytes of the body as they were sent; decoded with `?decoded=1`, those of a part with `?in=`.
pub(super) async fn body(
    State(app): State<Arc<App>>,
    Glimpse(bin): Glimpse,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let capture = capture::find(&app, &bin, number.0).await?;
    let is_decoded = query::value(&uri, "decoded") == Some("1");
    let wanted = Wanted::new(part(&uri), is_decoded);
    Ok(attachment::body(capture, wanted).await?)
}

/// The body, or a part of it, for the reader's browser to draw.
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    Glimpse(bin): Glimpse,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let capture = capture::find(&app, &bin, number.0).await?;
    Ok(attachment::preview(capture, part(&uri)).await?)
}

/// The address of a part (`?in=2`, or `2.1` for one in another).
pub(super) fn part(uri: &Uri) -> Option<String> {
    let address = query::value(uri, "in")?;
    attachment::is_address(address).then(|| address.to_owned())
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
