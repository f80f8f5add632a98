//! A failure as a page: what, why, what now.

use axum::response::{IntoResponse, Response};

/// A failure of a page; an HTML page when sent.
#[derive(Debug)]
pub struct Error(pub crate::web::Error);

impl<E: Into<crate::web::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let text = format!("{}: {}", self.0.title(), self.0);
        (self.0.status(), text).into_response()
    }
}

/// Any address that nothing else answers.
pub async fn not_found() -> Error {
    Error(crate::web::Error::NotFound)
}
