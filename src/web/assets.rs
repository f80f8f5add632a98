//! Stylesheet, scripts and icons, compiled in.

use std::sync::Arc;

use axum::Router;

use super::App;

/// The route that assets are served under.
pub fn router() -> Router<Arc<App>> {
    Router::new()
}
