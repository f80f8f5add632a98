//! What every answer of ours wears, and in which order.
//!
//! Two coats. [`wrap`] goes around pages and API and decides who may ask at all, for how long and how much. [`cover`] goes
//! around everything that [`router`](super::router) holds, assets and operations too, and around the answers that the inner
//! coat makes itself: an id, a line in the log, the headers that keep a browser safe, and an answer where there was a panic.
//! The capture path wears neither: it must take what anyone sends, from anywhere.
//!
//! A layer that answers by itself does so through `failure`, so that a program gets a problem document and a person a page.
//!
//! To add a layer: a file here and one line in one of the two functions, with the reason why it stands there.

mod compress;
mod deadline;
pub mod headers;
mod host;
mod log;
mod panic;
pub mod request_id;
mod site;
mod size;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::{App, Error};

/// The largest form or API body, in bytes: settings are small.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The largest form with a whole request in it to be sent on, in bytes: head and body in their most wasteful spelling.
pub const EDITED_LIMIT: usize = 256 * 1024;

/// How long an answer may take to begin. A stream begins at once, so it is not bound by this.
const DEADLINE: Duration = Duration::from_secs(30);

/// Whether a file is taken in: it may be large and take its time, and its handler sees to both.
fn is_import(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| route.as_str().ends_with("/import"))
}

/// Whether an attempt is told of: what was answered may be larger than settings are.
fn is_attempt(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| route.as_str().ends_with("/attempts"))
}

/// Whether the answer is held back until something happens: the question says until when.
fn is_wait(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| route.as_str().ends_with("/captures/wait"))
}

/// Whether somebody else is asked, whose answer is waited for.
fn is_replay(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| route.as_str().ends_with("/replay"))
}

/// Puts the layers of pages and API around their routes.
pub fn wrap(routes: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    let deadline = deadline::Deadline {
        usual: DEADLINE,
        replay: DEADLINE + app.config.outbound.timeout,
    };
    // The first line is the innermost layer: requests meet them from the last line to the first.
    routes
        // Nearest to the handlers, since it is their extractors that count the bytes.
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        // What declares to be too large is not even handed to them.
        .layer(from_fn_with_state(BODY_LIMIT, size::guard))
        // Around the reading of the body, so that a slow one is bound too.
        .layer(from_fn_with_state(deadline, deadline::hold))
        // Outside of the deadline: what is late is the handler, not the compression of what it gave.
        .layer(compress::layer())
        // Unsafe methods from other sites; needs the host that the host layer made sure of.
        .layer(site::csrf(&app.config.listen))
        // Safe methods from other sites, where those would tell secrets; also gives csrf's refusals their form.
        .layer(from_fn_with_state(Arc::clone(app), site::guard))
        // First of all: whoever comes by a foreign name is not answered at all, not even with a refusal of another kind.
        .layer(from_fn_with_state(Arc::clone(app), host::guard))
}

/// Puts the layers of every answer around all routes.
pub fn cover<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        // Assets must not become service workers either, so this is not in the inner coat.
        .layer(from_fn(site::refuse_service_workers))
        // Inside of the headers and the log, so that the answer to a panic has both.
        .layer(from_fn(panic::catch))
        // Around all that can answer, so that no answer is without them.
        .layer(from_fn(headers::set))
        // Sees the answer as it leaves.
        .layer(from_fn(log::write))
        // Outermost: the log's line and every failure below speak of the id.
        .layer(from_fn(request_id::give))
}

/// Whether a program asks, rather than a person.
fn is_api(uri: &Uri) -> bool {
    let path = uri.path();
    path == "/api" || path.starts_with("/api/")
}

/// A failure in the form that fits the address: a problem document for programs, a page for people.
fn failure(uri: &Uri, error: Error) -> Response {
    if is_api(uri) {
        super::api::Error(error).into_response()
    } else {
        super::page::Error(error).into_response()
    }
}

#[cfg(test)]
mod tests;
