//! All captures of a bin as one file, and back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use futures_util::TryStreamExt;

use super::{Error, Problem};
use crate::import::split::Form;
use crate::web::archive::import::Imported;
use crate::web::extract::{BinByToken, Site, VisitByToken};
use crate::web::{App, archive};

/// Download captures
///
/// All of them as one file, or with a filter those that it lets through; oldest first, with their bodies. Those that arrive
/// while it is written are left out. A download that fails in the middle ends its connection, and so does one by a link that is
/// revoked. Formats: `ndjson` (a capture in JSON a line, as `GET …/captures/{n}` shows it, but without `hint` and `cause` of its
/// verdict: no mistakes are searched for), `har` (HAR 1.2) and `http` (requests for the HTTP clients of editors).
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

/// Import captures
///
/// Out of a HAR or out of lines of JSON as the export writes them; at most 256 MiB. What the file is is told by its media type
/// (`application/x-ndjson`) or by how it begins. The captures are marked as imported. They keep the time at which they were
/// received and get new numbers, in the order of the file; marks and verdicts are not taken over. Those that cannot be read are
/// named in the answer, and the others are imported. When an import fails in the middle, what was imported before stays.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/captures/import",
    operation_id = "import_captures",
    tag = "captures",
    params(("id" = String, Path, description = "The bin's id")),
    request_body(content((String = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What was imported", body = Imported),
        (status = 413, description = "The file is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The file is neither HAR nor NDJSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
    request: Request,
) -> Result<Json<Imported>, Error> {
    let form = form(request.headers());
    let chunks = request.into_body().into_data_stream();
    let chunks = chunks.map_err(archive::import::broken_off);
    Ok(Json(
        archive::import::import(&app, &bin, form, chunks).await?,
    ))
}

/// What the media type says; JSON may be either.
fn form(headers: &HeaderMap) -> Option<Form> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    let is = |names: &[&str]| names.iter().any(|name| essence.eq_ignore_ascii_case(name));
    if is(&[
        "application/x-ndjson",
        "application/jsonl",
        "application/x-jsonlines",
    ]) {
        Some(Form::Ndjson)
    } else {
        None
    }
}
