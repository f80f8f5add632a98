//! A panic costs one answer, not the server.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;

use super::failure;
use crate::web::Error;

/// Answers 500 where a handler panicked. tower-http's layer does the same, but does not know the address, and so not whether
/// a page or a problem document is due.
pub(super) async fn catch(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    // What the handler shares with others is behind locks that survive a panic, or is only read.
    AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| failure(&uri, Error::Panicked(message(panic.as_ref()))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
        .to_owned()
}
