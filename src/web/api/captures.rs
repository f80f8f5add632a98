//! Reading and deleting captures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{Error, Problem, query, wire};
use crate::filter::Filter;
use crate::model::{CaptureNumber, Timestamp};
use crate::store::Window;
use crate::web::access::Listed;
use crate::web::extract::{
    BinByKey, BinByToken, FormatByName, GlimpseByToken, Number, Site, VisitByToken,
};
use crate::web::{self, App, attachment};

/// How many captures an answer has when the question does not say.
const DEFAULT_LIMIT: u64 = 50;

/// How many it has at most.
const MAX_LIMIT: u64 = 200;

/// List captures
///
/// Newest first; with `after` those above that number, oldest first. To go on, give `next` as `before` (or as `after`).
///
/// With a filter, a call looks for 200 ms at most: it may give fewer captures than `limit`, or none, and a `next` where it stopped
/// looking. All was looked at when `next` is null.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures",
    operation_id = "list_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("q" = Option<String>, Query, description = "A filter", example = "method:POST json.data.amount>100"),
        ("limit" = Option<u64>, Query, description = "How many at most, 1 to 200; 50 when it is left out", minimum = 1, maximum = 200),
        ("before" = Option<u64>, Query, description = "Only numbers below this one"),
        ("after" = Option<u64>, Query, description = "Only numbers above this one, oldest first; not together with `before`"),
    ),
    responses(
        (status = 200, description = "Captures without the content of their bodies", body = wire::Captures<'_>),
        (status = 422, description = "A parameter is unknown or has a value that cannot be; of a filter, `position` says where", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    let (filter, window) = window(&uri, app.clock.now())?;
    let listed = visit.list(&*app.store, &filter, window).await?;
    Ok(listing(&visit, &listed))
}

/// The filter and the window that a query asks for.
fn window(uri: &Uri, now: Timestamp) -> Result<(Filter, Window), web::Error> {
    let (filter, numbers) = query::filtered(uri, ["limit", "before", "after"], now)?;
    Ok((filter.unwrap_or_default(), window_of(numbers)?))
}

/// The window of a limit, and of what to begin before or after.
fn window_of([limit, before, after]: [Option<u64>; 3]) -> Result<Window, web::Error> {
    let wanted = limit.unwrap_or(DEFAULT_LIMIT);
    let limit = usize::try_from(wanted).unwrap_or(0);
    if !(1..=MAX_LIMIT).contains(&wanted) {
        return Err(web::Error::Invalid {
            field: "limit",
            problem: format!("expected 1 to {MAX_LIMIT}"),
        });
    }
    match (before, after) {
        (Some(_), Some(_)) => Err(web::Error::Invalid {
            field: "after",
            problem: "give before or after, not both".to_owned(),
        }),
        (_, Some(after)) => Ok(Window::After {
            after: CaptureNumber(after),
            limit,
        }),
        (before, None) => Ok(Window::Newest {
            before: before.map(CaptureNumber),
            limit,
        }),
    }
}

/// List the deliveries of an event
///
/// All captures that are deliveries of the same event as this one, itself among them: newest first; with `after` those above that
/// number, oldest first. To go on, give `next` as `before` (or as `after`). None where deliveries cannot be told apart.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/deliveries",
    operation_id = "list_deliveries",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
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
pub(super) async fn deliveries(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    number: Number<Error>,
    uri: Uri,
) -> Result<Response, Error> {
    let window = window_of(query::numbers(&uri, ["limit", "before", "after"])?)?;
    let listed = visit.deliveries(&*app.store, number.0, window).await?;
    Ok(listing(&visit, &listed))
}

fn listing(visit: &BinByKey, listed: &Listed) -> Response {
    let captures = listed.lines.iter();
    let captures = captures.map(|line| wire::Capture::line(&visit.bin, line));
    Json(wire::Captures {
        captures: captures.collect(),
        next: listed.next.map(|n| n.0),
    })
    .into_response()
}

/// Show a capture
///
/// With its body: as text where it is UTF-8, else as Base64. Where its signature does not fit, known mistakes are tried until one
/// does, and `verdict` has `hint` and `cause`; for the bin's own key only.
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
    let mut capture = visit.capture(&*app.store, number.0).await?;
    if let Some(evidence) = visit.evidence(&capture).await? {
        capture.line.verdict = Some(evidence.explanation.verdict);
    }
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
        ("in" = Option<String>, Query, description = "One part of a multipart body, by its number: `2`, or `2.1` for one in another. With `decoded`, \
            `Content-Transfer-Encoding` (base64, quoted-printable) of the part is undone", example = "2"),
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
    let [decoded, part] = query::texts(&uri, ["decoded", "in"])?;
    let wrong = |field, problem: &str| web::Error::Invalid {
        field,
        problem: problem.to_owned(),
    };
    let is_decoded = match decoded.as_deref() {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return Err(wrong("decoded", "expected 0 or 1").into()),
    };
    if part
        .as_ref()
        .is_some_and(|part| !attachment::is_address(part))
    {
        return Err(wrong("in", "expected the number of a part, such as 2 or 2.1").into());
    }
    let wanted = attachment::Wanted::new(part, is_decoded);
    let capture = visit.capture(&*app.store, number.0).await?;
    Ok(attachment::body(capture, wanted).await?)
}

/// Write a capture as another tool has it
///
/// `curl` is a command that sends the same bytes again, to this server; for a body that cannot be written into it, it holds an
/// address with the bin's key, to download the body from. `httpie`, `fetch`, `python` and `powershell` are commands likewise; what one of
/// these cannot send is said in a comment. `http` is the request as raw HTTP/1.1, `har` a log of this one request (HAR 1.2). Of a body that was cut, or is masked for the key,
/// `http` has the bytes that are there, and says in `Content-Length` how many those are.
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
        content((String = "text/plain"), (serde_json::Value = "application/json"), (Vec<u8> = "application/octet-stream"))))
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
        .map_err(web::Error::of_capture(n))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete captures
///
/// All of them, or with a filter those that it lets through. Numbering goes on where it was. `…/captures/count` tells how many
/// they are before.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}/captures",
    operation_id = "clear_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("q" = Option<String>, Query, description = "A filter", example = "status:5xx"),
    ),
    responses(
        (status = 204, description = "All captures are gone"),
        (status = 200, description = "With a filter: how many are gone", body = wire::Deleted),
    )
)]
pub(super) async fn clear(
    State(app): State<Arc<App>>,
    VisitByToken(bin): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    let bin = bin.writes()?;
    let (filter, []) = query::filtered(&uri, [], app.clock.now())?;
    let Some(filter) = filter else {
        app.store.clear(&bin.bin).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    if filter.is_empty() {
        // It lets everything through, which is hardly what was meant by sending one.
        return Err(Error(web::Error::Invalid {
            field: "q",
            problem: "expected a filter; leave it out to delete all captures".to_owned(),
        }));
    }
    let deleted = bin.delete_matching(&*app.store, &filter).await?;
    Ok(Json(wire::Deleted { deleted }).into_response())
}

/// Count captures
///
/// As far as can be told in a moment: `is_all` is false where there may be more.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/count",
    operation_id = "count_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("q" = Option<String>, Query, description = "A filter", example = "status:5xx"),
    ),
    responses((status = 200, description = "How many captures the filter lets through", body = wire::Count))
)]
pub(super) async fn count(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    let (filter, []) = query::filtered(&uri, [], app.clock.now())?;
    let counted = visit
        .count(&*app.store, &filter.unwrap_or_default())
        .await?;
    Ok(Json(wire::Count {
        captures: counted.number,
        is_all: counted.is_all,
    })
    .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Window, web::Error> {
        let uri = format!("/api/v1/bins/x/captures?{query}");
        window(&uri.parse().unwrap(), Timestamp::from_micros(0)).map(|(_, window)| window)
    }

    #[test]
    fn a_window_has_fifty_captures_unless_it_is_said() {
        let newest = |before, limit| Window::Newest { before, limit };
        assert_eq!(asked("").unwrap(), newest(None, 50));
        let before = Some(CaptureNumber(7));
        assert_eq!(asked("limit=200&before=7").unwrap(), newest(before, 200));
        let after = CaptureNumber(0);
        assert_eq!(
            asked("after=0&limit=1").unwrap(),
            Window::After { after, limit: 1 }
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
            ("q=%ff", "q"),
        ] {
            match asked(query).unwrap_err() {
                web::Error::Invalid { field: named, .. } => assert_eq!(named, field, "{query}"),
                web::Error::Field { field: named, .. } => assert_eq!(named, field, "{query}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
