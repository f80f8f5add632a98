//! For operators: is the process alive, can it work, how does it do.
//!
//! What is counted has a door of its own ([`metrics_router`]): who may send to a bin need not see how busy the whole server is, and
//! a scraper still gets in when senders hold all connections.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::App;
use crate::metrics::{self, Asked, metrics};

/// `/healthz` and `/readyz`, answered to any host: probes use all kinds of names.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
}

/// `/metrics`, for the address that is set aside for it.
pub fn metrics_router(app: &Arc<App>) -> Router {
    let routes = Router::new()
        .route("/metrics", get(show_metrics))
        .fallback(|| async { (StatusCode::NOT_FOUND, "only /metrics is served here\n") });
    super::layers::cover(routes).with_state(Arc::clone(app))
}

/// All that is counted, in Prometheus's form.
async fn show_metrics(State(app): State<Arc<App>>) -> Response {
    // A store that cannot say how it stands is no reason to be silent about the rest.
    let measures = app.store.measure().await.unwrap_or_default();
    let text = metrics().text(Asked {
        store_bytes: measures.bytes,
        waiting: measures.waiting,
        watchers: app.hub.watchers() as u64,
    });
    match text {
        Ok(text) => {
            let headers = [
                (CONTENT_TYPE, metrics::CONTENT_TYPE),
                (CACHE_CONTROL, "no-store"),
            ];
            (headers, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
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
