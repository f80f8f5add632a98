//! A failure of an API call: a problem document (RFC 9457).

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::web;
use crate::web::layers::request_id;

/// A failure of an API call; `application/problem+json` when sent.
#[derive(Debug)]
pub struct Error(pub web::Error);

impl<E: Into<web::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What went wrong, as RFC 9457 writes it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says which kind of problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The kind of problem in a few words.
    #[schema(example = "Not accepted")]
    title: &'static str,
    /// The status code of the answer.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong here, and what would be right, as a sentence for people.
    #[schema(example = "keep.days: invalid type: string \"7\", expected a whole number")]
    detail: String,
    /// The field of the body, or the parameter, that is wrong; with the names of the objects around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "keep.days")]
    field: Option<String>,
    /// The character of a filter where it goes wrong, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    position: Option<usize>,
    /// The line where the body stops being JSON, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column in that line, from 1; 0 for the end of the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// The id of the request, to find it in the server's log; for failures of the server only.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Problem {
    fn new(error: &web::Error) -> Self {
        let field = match error {
            web::Error::Invalid { field, .. } => Some((*field).to_owned()),
            web::Error::Field { field, .. } => Some(field.clone()),
            web::Error::Filter(_) => Some("q".to_owned()),
            _ => None,
        };
        let position = match error {
            web::Error::Filter(cause) => Some(cause.position),
            _ => None,
        };
        let (line, column) = match error {
            web::Error::NotJson(cause) => (Some(cause.line()), Some(cause.column())),
            _ => (None, None),
        };
        let request_id = error
            .status()
            .is_server_error()
            .then(|| request_id::current().map(|id| id.to_string()))
            .flatten();
        Self {
            kind: "about:blank",
            title: error.title(),
            status: error.status().as_u16(),
            detail: error.to_string(),
            field,
            position,
            line,
            column,
            request_id,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let mut response = (error.status(), axum::Json(Problem::new(&error))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if matches!(error, web::Error::Unauthorized) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = error.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.status().is_server_error() {
            response
                .extensions_mut()
                .insert(web::Cause(Arc::new(error)));
        }
        response
    }
}
