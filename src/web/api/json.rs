//! JSON bodies: read within the limit, refused in our own form.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;
use crate::web;

/// The JSON of a request's body; `None` when there is no body at all, whatever its type is said to be.
#[derive(Debug)]
pub(super) struct JsonBody(pub(super) Option<Value>);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let is_json = is_json(request.headers());
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection {
                    BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                        web::Error::TooLarge
                    }
                    _ => web::Error::BadRequest("the body did not arrive whole".to_owned()),
                })?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        // Also what keeps a form on another site from posting here where a browser sends no Origin.
        if !is_json {
            return Err(web::Error::UnsupportedMediaType.into());
        }
        let value = serde_json::from_slice(&bytes).map_err(web::Error::NotJson)?;
        Ok(Self(Some(value)))
    }
}

/// Whether the type is `application/json` or ends with `+json` (RFC 6839), as `application/merge-patch+json` does.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = value.as_bytes().split(|&byte| byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    let essence = essence.to_ascii_lowercase();
    essence == b"application/json"
        || (essence.starts_with(b"application/") && essence.ends_with(b"+json"))
}

/// Reads a shape from JSON. What does not fit is named with its field, behind the names in `under`.
pub(super) fn read<T: DeserializeOwned>(value: Value, under: &str) -> Result<T, web::Error> {
    if !value.is_object() {
        let what = if under.is_empty() { "the body" } else { under };
        return Err(web::Error::Unprocessable(format!(
            "{what} must be a JSON object"
        )));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner().to_string();
        // What is missing is said of the object around it, whose path is "." when that is the whole.
        let missing = problem
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        let names = [under, if path == "." { "" } else { &path }];
        let field = names
            .into_iter()
            .chain(missing)
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(".");
        web::Error::Field {
            field,
            problem: missing.map_or_else(|| plain(&problem), |_| "is missing".to_owned()),
        }
    })
}

/// The sentence of a reader of JSON, without the names that Rust has for numbers.
fn plain(problem: &str) -> String {
    let Some((said, expected)) = problem.rsplit_once(", expected ") else {
        return problem.to_owned();
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f64" => "a number",
        other => other,
    };
    format!("{said}, expected {expected}")
}
