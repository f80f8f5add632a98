//! One line in the log for each request.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::metrics::metrics;
use crate::web::{Cause, Error};

/// Writes method, route, status and time taken; for a 5xx also why. The route is the template, never the address: that has
/// keys in it. No header value and no body is ever written.
pub(super) async fn write(request: Request, next: Next) -> Response {
    let began = Instant::now();
    // A method can be any token; hyper lets no other byte through, and escaping costs nothing.
    let method = request.method().as_str().escape_debug().to_string();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;

    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let status = response.status().as_u16();
    metrics().responded(status);
    let duration_ms = began.elapsed().as_millis();
    if response.status().is_server_error() {
        let cause = response
            .extensions()
            .get::<Cause>()
            .map_or_else(|| "not known".to_owned(), |cause| chain(&cause.0));
        tracing::error!(method, route, status, duration_ms, cause, "failed");
    } else if is_background(route) {
        tracing::debug!(method, route, status, duration_ms, "answered");
    } else {
        tracing::info!(method, route, status, duration_ms, "answered");
    }
    response
}

/// Routes that are asked so often, and say so little, that their lines would hide the others.
fn is_background(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics") || route.starts_with("/static/")
}

/// The failure and what it came from, on one line.
fn chain(error: &Error) -> String {
    let mut text = match error {
        Error::Panicked(message) => format!("panic: {message}"),
        other => other.to_string(),
    };
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a String cannot fail.
        write!(text, ": {cause}").ok();
        source = cause.source();
    }
    text.escape_debug().to_string()
}
