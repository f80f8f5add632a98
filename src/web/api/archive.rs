//! All captures of a bin as one file, and back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::{Error, Problem};
use crate::web::extract::{Site, VisitByToken};
use crate::web::{App, archive};

/// Download captures
///
/// All of them as one file, or with a filter those that it lets through; oldest first, with their bodies. Those that arrive
/// while it is written are left out. A download that fails in the middle ends its connection. Formats: `ndjson` (a capture in JSON
/// a line, as `GET …/captures/{n}` shows it), `har` (HAR 1.2) and `http` (requests for the HTTP clients of editors).
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/export",
    operation_id = "export_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("format" = Option<String>, Query, description = "`har`, `ndjson` or `http`; `ndjson` when it is left out", example = "har"),
        ("q" = Option<String>, Query, description = "A filter", example = "status:5xx"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "application/x-ndjson"), (String = "application/json"), (String = "text/plain"))),
        (status = 422, description = "A parameter is unknown or has a value that cannot be; of a filter, `position` says where", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    VisitByToken(bin): VisitByToken,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    Ok(archive::export::export(app, bin, site, &uri).await?)
}
