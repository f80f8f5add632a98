//! The JSON API under `/api/v1`, for programs.
//!
//! Handlers take the bin behind the bearer key and give shapes of `wire`, made from the model. Failures are
//! `application/problem+json` (RFC 9457, [`Error`]). Routes and their descriptions are registered together, so that the
//! OpenAPI document cannot leave one out; it is served at `/api/v1/openapi.json`.
//!
//! Nothing changes on a GET, and every call but `POST /api/v1/bins` and the document needs the bin's key: there is no cookie
//! that a foreign page could make a browser send.
//!
//! To add a call: a handler with its `#[utoipa::path]`, one line in `described`. To add a setting: its field in
//! [`Settings`](crate::model::Settings) and in `change`.

mod archive;
mod attempt_shape;
mod attempts;
mod bins;
mod captures;
mod change;
mod compare;
mod error;
mod events;
mod json;
pub(in crate::web) mod listened;
mod marks;
pub mod openapi;
mod providers;
pub(in crate::web) mod query;
mod replays;
mod shares;
mod signing;
mod targets;
mod wait;
pub(in crate::web) mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use error::{Error, Problem};

use super::App;

/// Every API route. What nothing below `/api` answers is a problem too, not a page.
pub fn router() -> Router<Arc<App>> {
    let (routes, _) = described().split_for_parts();
    routes
        .method_not_allowed_fallback(method_not_allowed)
        .route("/api", any(not_found))
        .route("/api/", any(not_found))
        .route("/api/{*rest}", any(not_found))
}

/// The routes with their descriptions.
fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::preface())
        .routes(routes!(openapi::show))
        .routes(routes!(providers::index))
        .routes(routes!(bins::create))
        .routes(routes!(bins::show_own))
        .routes(routes!(bins::show, bins::update, bins::delete))
        .routes(routes!(captures::index, captures::clear))
        .routes(routes!(captures::count))
        .routes(routes!(wait::wait))
        .routes(routes!(archive::export))
        .routes(routes!(archive::import))
        .routes(routes!(captures::show, marks::update, captures::delete))
        .routes(routes!(captures::body))
        .routes(routes!(captures::export_as))
        .routes(routes!(captures::deliveries))
        .routes(routes!(attempts::create))
        .routes(routes!(replays::create))
        .routes(
            routes!(attempts::index, listened::create)
                .layer(DefaultBodyLimit::max(listened::LARGEST)),
        )
        .routes(routes!(attempts::show))
        .routes(routes!(targets::index))
        .routes(routes!(targets::retry))
        .routes(routes!(compare::show))
        .routes(routes!(events::watch))
        .routes(routes!(shares::create, shares::index, shares::revoke_all))
        .routes(routes!(shares::revoke))
}

async fn not_found() -> Error {
    Error(super::Error::NotFound)
}

async fn method_not_allowed() -> Error {
    Error(super::Error::MethodNotAllowed)
}

#[cfg(test)]
mod tests;
