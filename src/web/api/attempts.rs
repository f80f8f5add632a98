//! Sending one capture on, and what came of it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::attempt_shape::{self as wire, AttemptList, Copies, Replayed};
use super::json::{self, JsonBody};
use super::{Error, Problem};
use crate::forward::{Edit, Order};
use crate::model::{Headers, base64};
use crate::outbound::{field_problem, is_token};
use crate::web::extract::{AttemptId, Number, OwnerByToken};
use crate::web::replay::{self, MOST_COPIES};
use crate::web::{self, App};

/// How a capture is to be sent on. What is left out stays as it was captured.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Where to: http or https.
    #[schema(max_length = 2048, example = "https://staging.example.com/webhooks")]
    url: String,
    /// Whether path and query of the capture go behind those of `url`.
    #[serde(default)]
    keep_path: bool,
    /// The provider by whose scheme it is signed anew, with the time of sending and the bin's first secret of it; `own` for the
    /// bin's own `signature`; null keeps the signature that it has.
    #[serde(default)]
    #[schema(example = "stripe")]
    sign: Option<String>,
    /// Another method.
    #[serde(default)]
    method: Option<String>,
    /// Other header fields, in the place of all that it has.
    #[serde(default)]
    headers: Option<Vec<Field>>,
    /// Another body, as text.
    #[serde(default)]
    body: Option<String>,
    /// Another body, as Base64.
    #[serde(default)]
    body_base64: Option<String>,
    /// That many copies at once, to see whether the other side takes one event once.
    #[serde(default)]
    #[schema(minimum = 2, maximum = 20)]
    copies: Option<usize>,
}

/// A header field to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Field {
    /// The name.
    name: String,
    /// The value.
    value: String,
}

pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> web::Error {
    web::Error::Invalid {
        field,
        problem: problem.into(),
    }
}

impl Replay {
    fn order(self) -> Result<Order, web::Error> {
        let url = replay::url(&self.url)?;
        if self.method.as_deref().is_some_and(|m| !is_token(m)) {
            return Err(invalid("method", "expected a method such as POST"));
        }
        let fields = self.headers.unwrap_or_default();
        if let Some(problem) = fields.iter().find_map(|f| field_problem(&f.name, &f.value)) {
            return Err(invalid("headers", problem));
        }
        let headers = (!fields.is_empty()).then(|| {
            let pairs = fields.iter();
            Headers::from_fields(pairs.map(|f| (f.name.as_bytes(), f.value.as_bytes())))
        });
        let body = match (self.body, self.body_base64) {
            (Some(_), Some(_)) => {
                return Err(invalid("body", "give body or body_base64, not both"));
            }
            (Some(text), None) => Some(Bytes::from(text)),
            (None, Some(text)) => {
                let bytes = base64::decode(&text);
                let bytes = bytes.ok_or_else(|| invalid("body_base64", "this is not Base64"))?;
                Some(bytes.into())
            }
            (None, None) => None,
        };
        Ok(Order {
            url,
            keep_path: self.keep_path,
            sign: self.sign,
            edit: Edit {
                method: self.method,
                headers,
                set: Vec::new(),
                body,
            },
        })
    }
}

pub(super) fn required<T: serde::de::DeserializeOwned>(
    body: Option<Value>,
) -> Result<T, web::Error> {
    let empty = || Value::Object(serde_json::Map::new());
    json::read(body.unwrap_or_else(empty), "")
}

/// Replay a capture
///
/// Sends it to another URL: byte for byte, but for `Host` and the fields of one connection; or with another method, other fields or
/// another body; or signed anew. Redirects are not followed. Only public addresses are called, and those of `--allow-outbound`: others are
/// answered 422 and leave no attempt. Any other failure is an attempt with an `error`.
///
/// With `copies`, all are sent at once, and the answers are compared.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/captures/{n}/replay",
    operation_id = "replay_capture",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    request_body(content = Replay, content_type = "application/json"),
    responses(
        (status = 201, description = "What came of it; with `copies` of each of them", body = Replayed<'_>),
        (status = 422, description = "The address is none that may be called, or a field has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let replay: Replay = required(body)?;
    let copies = replay.copies;
    let order = replay.order()?;
    let Some(copies) = copies else {
        let attempt = replay::one(&app, &bin, number.0, &order).await?;
        let made = Replayed::One(wire::Attempt::whole(&attempt));
        return Ok((StatusCode::CREATED, Json(made)).into_response());
    };
    if !(2..=MOST_COPIES).contains(&copies) {
        return Err(invalid("copies", format!("expected 2 to {MOST_COPIES}")).into());
    }
    let attempts = replay::copies(&app, &bin, number.0, &order, copies).await?;
    let made = Replayed::Copies(Copies::new(&attempts));
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// List attempts
///
/// What was tried to send a capture on, newest first, without the content of the answers' bodies.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/attempts",
    operation_id = "list_attempts",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    responses((status = 200, description = "The attempts", body = AttemptList<'_>))
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
) -> Result<Response, Error> {
    let n = number.0;
    bin.capture(&*app.store, n).await?;
    let attempts = app.store.attempts(&bin.bin, n).await?;
    let attempts = attempts.iter().map(wire::Attempt::line).collect();
    Ok(Json(AttemptList { attempts }).into_response())
}

/// Show an attempt
///
/// With the body of the answer, up to 1 MiB of it.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/{n}/attempts/{attempt}",
    operation_id = "show_attempt",
    tag = "attempts",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
        ("attempt" = u64, Path, description = "The attempt's id"),
    ),
    responses((status = 200, description = "The attempt", body = wire::Attempt<'_>))
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    OwnerByToken(bin): OwnerByToken,
    number: Number<Error>,
    attempt: AttemptId<Error>,
) -> Result<Response, Error> {
    let found = app.store.attempt(&bin.bin, number.0, attempt.0).await?;
    let found = found.ok_or(web::Error::NotFound)?;
    Ok(Json(wire::Attempt::whole(&found)).into_response())
}
