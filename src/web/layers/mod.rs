//! What every page and API call wears, and in which order.

use std::sync::Arc;

use axum::Router;

use super::App;

/// Puts the layers around the routes.
pub fn wrap(routes: Router<Arc<App>>, _app: &Arc<App>) -> Router<Arc<App>> {
    routes
}
