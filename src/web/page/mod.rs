//! The pages that people look at: one file and one template each, all of them usable without script.
//!
//! A handler takes the bin and what it asks the store, and gives its template's struct wrapped in [`Page`]; a failure is an
//! [`Error`], drawn by the same layout. No page knows SQL, and none builds HTML outside of its template.
//!
//! To add a page: a file here, its template, one line in [`router`].

pub mod bin;
pub mod error;
mod row;
mod text;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};

pub use error::Error;

use super::App;

/// Every page's route.
pub fn router() -> Router<Arc<App>> {
    Router::new()
}

/// An answer drawn from a template.
#[derive(Debug)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(cause) => Error::from(super::Error::Template(cause)).into_response(),
        }
    }
}
