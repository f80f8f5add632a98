//! The JSON API under `/api/v1`, for programs.
//!
//! Handlers take the bin behind the bearer key and give shapes of `wire`, made from the model. Failures are
//! `application/problem+json` (RFC 9457). Routes and their descriptions are registered together, so that the OpenAPI document
//! cannot leave one out.
//!
//! To add a call: a handler with its `#[utoipa::path]`, one line in [`router`].

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};

use super::App;

/// Every API route.
pub fn router() -> Router<Arc<App>> {
    Router::new()
}

/// A failure of an API call; `application/problem+json` when sent.
#[derive(Debug)]
pub struct Error(pub super::Error);

impl<E: Into<super::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.0.status(), self.0.to_string()).into_response()
    }
}
