//! A short random id for each request: what a person can quote, and an operator find in the log.

use std::fmt;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Names a request of a page or an API call; 12 random hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId(u64);

impl RequestId {
    fn random() -> Self {
        // The upper 48 bits of a UUIDv4 are random; its version stands behind them.
        Self(uuid::Uuid::new_v4().as_u64_pair().0 >> 16)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

/// The id of the request that is being answered; `None` outside of one, and in a body that is streamed later.
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(|id| *id).ok()
}

/// Gives the request its id: for log lines by a span, for failures by [`current`], for the client as `X-Request-Id`.
pub(super) async fn give(request: Request, next: Next) -> Response {
    // Always our own: one that the client chose could be made to look like another's.
    let id = RequestId::random();
    let span = tracing::info_span!("request", %id);
    let mut response = CURRENT.scope(id, next.run(request)).instrument(span).await;
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    response
}
