//! The pages that people look at: one file and one template each, all of them usable without script.
//!
//! A handler takes the bin and what it asks the store, and gives its template's struct wrapped in [`Page`]; a failure is an
//! [`Error`], drawn by the same layout. No page knows SQL, and none builds HTML outside of its template.
//!
//! To add a page: a file here, its template, one line in [`router`].

pub mod bin;
pub mod capture;
mod compare;
mod confirm;
mod download;
pub mod error;
pub mod filter;
mod form;
mod home;
mod import;
pub mod listing;
mod mark;
mod plan;
mod providers;
pub(super) mod query;
mod recent;
mod refused;
mod replay;
mod row;
mod sample;
mod settings;
mod share;
mod signing;
mod smee;
mod stream;
mod targets;
mod text;
mod theme;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

pub use error::Error;

use super::App;
use super::layers::EDITED_LIMIT;

/// Every page's route.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home::show).post(home::create))
        .route("/providers", get(providers::show))
        .route("/theme", post(theme::choose))
        .route("/theme.css", get(theme::css))
        .route("/b/{key}", get(bin::show))
        .route("/b/{key}/stream", get(stream::show))
        .route("/b/{key}/export", get(download::all))
        .route("/b/{key}/import", get(import::show).post(import::create))
        .route("/b/{key}/forget", post(home::forget))
        .route("/b/{key}/test", post(sample::send))
        .route("/b/{key}/compare", get(compare::show))
        .route("/b/{key}/sample", get(sample::ask).post(sample::create))
        .route("/b/{key}/refused", get(refused::show))
        .route(
            "/b/{key}/clear",
            get(confirm::ask_clear).post(confirm::clear),
        )
        .route(
            "/b/{key}/delete",
            get(confirm::ask_delete).post(confirm::delete),
        )
        .route("/b/{key}/requests/{n}", get(capture::show))
        .route("/b/{key}/requests/{n}/body", get(download::body))
        .route("/b/{key}/requests/{n}/preview", get(download::preview))
        .route("/b/{key}/requests/{n}/as/{format}", get(download::export))
        .route(
            "/b/{key}/requests/{n}/delete",
            post(confirm::delete_capture),
        )
        .route("/b/{key}/share", get(share::show).post(share::create))
        .route("/b/{key}/share/{share}/revoke", post(share::revoke))
        .route("/b/{key}/requests/{n}/mark", post(mark::mark))
        .route(
            "/b/{key}/requests/{n}/replay",
            get(replay::show)
                .post(replay::create)
                .layer(DefaultBodyLimit::max(EDITED_LIMIT)),
        )
        .route(
            "/b/{key}/settings",
            get(settings::show).post(settings::update),
        )
        .route("/b/{key}/reply", post(plan::update_reply))
        .route("/b/{key}/rule", post(plan::update_rule))
        .route("/b/{key}/targets", post(targets::update))
        .route("/b/{key}/signing", post(signing::update))
        .method_not_allowed_fallback(error::method_not_allowed)
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
