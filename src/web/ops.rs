//! For operators: is the process alive, can it work.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;

use super::App;

/// `/healthz` and `/readyz`, answered to any host: probes use all kinds of names.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
}

/// The process answers.
async fn healthz() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// The store can write, so captures are accepted.
async fn readyz(State(app): State<Arc<App>>) -> impl IntoResponse {
    match app.store.check_ready().await {
        Ok(()) => (
            StatusCode::OK,
            [(CACHE_CONTROL, "no-store")],
            "ready\n".to_owned(),
        ),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(CACHE_CONTROL, "no-store")],
            format!("{error}\n"),
        ),
    }
}
