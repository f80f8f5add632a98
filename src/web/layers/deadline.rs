//! No handler runs for ever.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::{failure, is_import, is_replay, is_wait};
use crate::web::Error;

/// How long answers may take to begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// Any but those.
    pub(super) usual: Duration,
    /// Those that wait for the answer of somebody else.
    pub(super) replay: Duration,
}

/// Answers 503 when the handler has not begun its answer in time; the handler is dropped, and with it what it waited for.
pub(super) async fn hold(
    State(deadline): State<Deadline>,
    request: Request,
    next: Next,
) -> Response {
    if is_import(&request) || is_wait(&request) {
        return next.run(request).await;
    }
    let limit = if is_replay(&request) {
        deadline.replay
    } else {
        deadline.usual
    };
    let uri = request.uri().clone();
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| failure(&uri, Error::TimedOut(limit)))
}
