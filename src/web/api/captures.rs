//! Reading and deleting captures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{Error, Problem, query, wire};
use crate::model::CaptureNumber;
use crate::store::{self, Window};
use crate::web::extract::{BinByToken, FormatByName, GlimpseByToken, Number, Site, VisitByToken};
use crate::web::{self, App, attachment};

/// How many captures an answer has when the question does not say.
const DEFAULT_LIMIT: u64 = 50;

/// How many it has at most.
const MAX_LIMIT: u64 = 200;

/// List captures
///
/// Newest first; with `after` those above that number, oldest first. To go on, give `next` as `before` (or as `after`).
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures",
    operation_id = "list_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("limit" = Option<u64>, Query, description = "How many at most, 1 to 200; 50 when it is left out", minimum = 1, maximum = 200),
        ("before" = Option<u64>, Query, description = "Only numbers below this one"),
        ("after" = Option<u64>, Query, description = "Only numbers above this one, oldest first; not together with `before`"),
    ),
    responses(
        (status = 200, description = "Captures without the content of their bodies", body = wire::Captures<'_>),
        (status = 422, description = "A parameter is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    let (window, limit) = window(&uri)?;
    let mut lines = visit.lines(&*app.store, window).await?;
    let next = if lines.len() > limit {
        lines.truncate(limit);
        lines.last().map(|line| line.n.0)
    } else {
        None
    };
    let captures = lines
        .iter()
        .map(|line| wire::Capture::line(&visit.bin, line));
    Ok(Json(wire::Captures {
        captures: captures.collect(),
        next,
    })
    .into_response())
}

/// The window that a query asks for, one capture wider than its limit: whether there is more is seen by that one.
fn window(uri: &Uri) -> Result<(Window, usize), web::Error> {
    let [limit, before, after] = query::numbers(uri, ["limit", "before", "after"])?;
    let wanted = limit.unwrap_or(DEFAULT_LIMIT);
    let limit = usize::try_from(wanted).unwrap_or(0);
    if !(1..=MAX_LIMIT).contains(&wanted) {
        return Err(web::Error::Invalid {
            field: "limit",
            problem: format!("expected 1 to {MAX_LIMIT}"),
        });
    }
    let window = match (before, after) {
        (Some(_), Some(_)) => {
            return Err(web::Error::Invalid {
                field: "after",
                problem: "give before or after, not both".to_owned(),
            });
        }
        (_, Some(after)) => Window::After {
            after: CaptureNumber(after),
            limit: limit + 1,
        },
        (before, None) => Window::Newest {
            before: before.map(CaptureNumber),
            limit: limit + 1,
        },
    };
    Ok((window, limit))
}

/// Show a capture
///
/// With its body: as text where it is UTF-8, else as Base64.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}",
    operation_id = "show_capture",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    responses((status = 200, description = "The capture", body = wire::Capture<'_>))
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    GlimpseByToken(visit): GlimpseByToken,
    number: Number<Error>,
) -> Result<Response, Error> {
    let capture = visit.capture(&*app.store, number.0).await?;
    Ok(Json(wire::Capture::whole(&visit.bin, &capture)).into_response())
}

/// Download a body
///
/// The exact bytes that were kept, as an attachment; a compressed body is still compressed, unless it is asked for decoded.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/body",
    operation_id = "download_body",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
        ("decoded" = Option<u64>, Query, description = "1 to undo `Content-Encoding` (gzip, deflate, br, zstd), up to 64 MiB",
            minimum = 0, maximum = 1),
    ),
    responses(
        (status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 422, description = "The body cannot be decoded, or is larger than that; or the parameter is not known",
            body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn body(
    State(app): State<Arc<App>>,
    GlimpseByToken(visit): GlimpseByToken,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let [decoded] = query::numbers(&uri, ["decoded"])?;
    let wanted = match decoded {
        None | Some(0) => attachment::Wanted::Sent,
        Some(1) => attachment::Wanted::Decoded,
        Some(_) => {
            return Err(web::Error::Invalid {
                field: "decoded",
                problem: "expected 0 or 1".to_owned(),
            }
            .into());
        }
    };
    let capture = visit.capture(&*app.store, number.0).await?;
    Ok(attachment::body(capture, wanted).await?)
}

/// Write a capture as another tool has it
///
/// `curl` is a command that sends the same bytes again, to this server; for a body that cannot be written into it, it holds an
/// address with the bin's key, to download the body from. `httpie`, `fetch`, `python` and `powershell` are commands likewise; what one of
/// these cannot send is said in a comment. `http` is the request as raw HTTP/1.1, `har` a log of this one request (HAR 1.2).
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/as/{format}",
    operation_id = "export_capture",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
        ("format" = String, Path, description = "The format's name", example = "curl"),
    ),
    responses((status = 200, description = "The capture in that format; bytes where the request is not all text",
        content((String = "text/plain"), (Vec<u8> = "application/octet-stream"))))
)]
pub(super) async fn export_as(
    State(app): State<Arc<App>>,
    GlimpseByToken(visit): GlimpseByToken,
    number: Number<Error>,
    format: FormatByName<Error>,
    site: Site,
) -> Result<Response, Error> {
    let capture = visit.capture(&*app.store, number.0).await?;
    Ok(attachment::export(
        &capture, format.0, &visit.bin, &visit.key, &site,
    ))
}

/// Delete a capture
///
/// Its number is not given again.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}/captures/{n}",
    operation_id = "delete_capture",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    responses((status = 204, description = "The capture is gone"))
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
    number: Number<Error>,
) -> Result<StatusCode, Error> {
    let n = number.0;
    app.store
        .delete_capture(&bin, n)
        .await
        .map_err(of_capture(n))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete all captures
///
/// Numbering goes on where it was.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}/captures",
    operation_id = "clear_captures",
    tag = "captures",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 204, description = "The captures are gone"))
)]
pub(super) async fn clear(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
) -> Result<StatusCode, Error> {
    app.store.clear(&bin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the store says, with the number that it was asked for.
pub(super) fn of_capture(
    CaptureNumber(n): CaptureNumber,
) -> impl FnOnce(store::Error) -> web::Error {
    move |error| match error {
        store::Error::UnknownCapture => web::Error::UnknownCapture(n),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<(Window, usize), web::Error> {
        let uri = format!("/api/v1/bins/x/captures?{query}");
        window(&uri.parse().unwrap())
    }

    #[test]
    fn a_window_is_one_wider_than_its_limit() {
        let newest = |before, limit| Window::Newest { before, limit };
        assert_eq!(asked("").unwrap(), (newest(None, 51), 50));
        let before = Some(CaptureNumber(7));
        assert_eq!(
            asked("limit=200&before=7").unwrap(),
            (newest(before, 201), 200)
        );
        let after = CaptureNumber(0);
        assert_eq!(
            asked("after=0&limit=1").unwrap(),
            (Window::After { after, limit: 2 }, 1)
        );
    }

    #[test]
    fn a_query_that_cannot_be_answered_is_refused_by_name() {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=x", "limit"),
            ("limit=", "limit"),
            ("limit=-1", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("before=x", "before"),
            ("before=3&after=1", "after"),
            ("page=2", "page"),
        ] {
            match asked(query).unwrap_err() {
                web::Error::Invalid { field: named, .. } => assert_eq!(named, field, "{query}"),
                web::Error::Field { field: named, .. } => assert_eq!(named, field, "{query}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
