//! The OpenAPI document: what is said once for all calls, and where it is served.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, Required};

use super::Problem;

/// How the document calls the bin's key.
const KEY: &str = "key";

/// The document's beginning; the calls are added where they are registered.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hookwell",
        description = "Bins that accept any HTTP request, and the captures they hold. Times are RFC 3339 in UTC with \
                       microseconds. Failures are problem documents (RFC 9457)."
    ),
    tags(
        (name = "bins", description = "An address that accepts any request, with its settings"),
        (name = "captures", description = "Recorded requests, numbered inside their bin"),
        (name = "attempts", description = "Captures that were sent on: replays, targets, and what came of it"),
        (name = "shares", description = "Links for others, who may only look"),
        (name = "about", description = "This document"),
    ),
    components(schemas(Problem))
)]
struct Preface;

/// The document without its calls.
pub(super) fn preface() -> utoipa::openapi::OpenApi {
    let mut document = Preface::openapi();
    let key = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("32 hex digits")
        .description(Some(
            "The bin's key, from the answer that made the bin. The key of a share link may only read, and sees what the bin's \
             settings name as masked. The bin's id alone opens nothing.",
        ))
        .build();
    document
        .components
        .get_or_insert_with(Components::new)
        .add_security_scheme(KEY, SecurityScheme::Http(key));
    document.security = Some(vec![SecurityRequirement::new(
        KEY,
        std::iter::empty::<String>(),
    )]);
    document
}

/// The whole document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = super::described().to_openapi();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_failures(operation);
            leave_body_out(operation);
            leave_bytes_bare(operation);
        }
    }
    document
}

/// This document
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "show_document",
    tag = "about",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = Object))
)]
pub(super) async fn show() -> impl IntoResponse {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
        // The document is made of maps with text for keys: it can always be written.
        serde_json::to_vec(&document()).unwrap_or_default().into()
    });
    ([(header::CONTENT_TYPE, "application/json")], TEXT.clone())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
        &mut item.put,
    ]
    .into_iter()
    .flatten()
}

/// Describes the failures that calls have in common: those of the key, of parameters, and any other one.
fn add_failures(operation: &mut Operation) {
    let has_query = has_query(operation);
    let responses = &mut operation.responses.responses;
    let mut add = |status: &str, response: Response| {
        responses
            .entry(status.to_owned())
            .or_insert(RefOr::T(response));
    };
    if operation.security.is_none() {
        add("401", problem("No key was sent"));
        add(
            "403",
            problem("It is the key of a share link, which may not do this"),
        );
        add(
            "404",
            problem("The key opens no bin of this id, or there is no such capture"),
        );
        add(
            "410",
            problem("The bin was deleted or expired, or the share link has ended"),
        );
    }
    if has_query {
        add(
            "422",
            problem(
                "A parameter is unknown or has a value that cannot be; of a filter, `position` says where",
            ),
        );
    }
    add("default", problem("Any other failure"));
}

fn has_query(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .any(|parameter| parameter.parameter_in == ParameterIn::Query)
}

/// Says of bodies that may be left out that they may: the macro can only say that they may be null, which they may not.
fn leave_body_out(operation: &mut Operation) {
    if matches!(
        operation.operation_id.as_deref(),
        Some("create_bin" | "create_share" | "retry_targets")
    ) && let Some(RefOr::T(body)) = &mut operation.request_body
    {
        body.required = Some(Required::False);
    }
}

/// Bytes are told by their media type alone (OpenAPI 3.1, "Considerations for File Uploads"): the macro makes a list of numbers of
/// them.
fn leave_bytes_bare(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(content)) = response.content.get_mut("application/octet-stream")
        {
            content.schema = None;
        }
    }
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description(description)
        .content(
            "application/problem+json",
            Content::new(Some(RefOr::Ref(schema))),
        )
        .build()
}

/// A capture, for the document.
pub(super) fn example() -> Value {
    json!({
        "n": 12, "bin": "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b",
        "received_at": "2026-11-25T09:30:12.123456Z", "took_us": 412,
        "method": "POST", "target": "/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b/orders?x=1", "path": "/orders", "query": "x=1",
        "http_version": "HTTP/1.1", "scheme": "https", "host": "hooks.example.com",
        "client": "203.0.113.7", "peer": "10.0.0.2:51234",
        "headers": [
            {"name": "Content-Type", "value": "application/json"},
            {"name": "X-Odd", "value": "caf\u{e9}", "base64": "Y2Fm6Q=="}
        ],
        "headers_as_sent": true,
        "trailers": [],
        "body": {"size": 12, "state": "complete", "media_type": "application/json", "encoding": "utf-8",
                 "content": "{\"paid\":true}"},
        "reply": {"status": 200, "rule": null, "delay_ms": 0},
        "pinned": false, "note": "", "imported": false,
        "provider": null, "event": null, "verdict": null, "delivery": null
    })
}
