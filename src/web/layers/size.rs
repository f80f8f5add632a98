//! Large bodies are for the capture path.

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

use super::{EDITED_LIMIT, failure, is_attempt, is_import, is_replay};
use crate::web::{Error, api, archive};

/// Answers 413 to a body that is declared larger than `limit`, before any of it is read and whatever the route does with it:
/// a sender that waits to be told to go on is told at once that it need not.
pub(super) async fn guard(State(limit): State<usize>, request: Request, next: Next) -> Response {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    // What is no number hyper has refused already.
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let (limit, error) = if is_import(&request) {
        (archive::import::LARGEST, Error::FileTooLarge)
    } else if is_replay(&request) {
        (EDITED_LIMIT as u64, Error::TooLarge)
    } else if is_attempt(&request) {
        (api::listened::LARGEST as u64, Error::TooLarge)
    } else {
        (limit as u64, Error::TooLarge)
    };
    if declared.is_some_and(|length| length > limit) {
        return failure(request.uri(), error);
    }
    next.run(request).await
}
