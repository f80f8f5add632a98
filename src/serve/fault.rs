//! Answers that go wrong as a bin has planned them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use hyper::Response;
use hyper::header::{self, HeaderValue};

use super::connection::{Answering, Cut, HandlerResponse};
use crate::ingest::{Answer, Link};
use crate::model::Fault;

/// In how many pieces a body drips at most.
const PIECES: usize = 100;

/// A capture's answer as it goes out, or that nothing does.
pub(super) fn answer(answer: Answer, link: Arc<Link>) -> HandlerResponse {
    let Answer {
        status,
        mut headers,
        body,
        fault,
        pace,
    } = answer;
    let body = match fault {
        Some(Fault::Close | Fault::Hang) => return Err(Cut),
        Some(Fault::Reset) => {
            link.reset();
            return Err(Cut);
        }
        None if body.is_empty() => Answering::from(Body::empty()),
        None => Answering::from(Body::from(body)),
        Some(Fault::Drip) => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            Answering::busy(drip(body, pace), link)
        }
        Some(Fault::Half) => {
            // One byte at least is promised, or there would be no half of it.
            let promised = body.len().max(1);
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
            Answering::busy(half(body.slice(..body.len() / 2)), link)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The body in pieces, over that time.
fn drip(body: Bytes, pace: Duration) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let count = body.len().div_ceil(size).max(1);
    let pause = pace / u32::try_from(count).unwrap_or(u32::MAX);
    let pieces = stream::unfold(body, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = left.split_to(size.min(left.len()));
        Some((Ok::<_, Cut>(piece), left))
    });
    Body::from_stream(pieces)
}

/// These bytes, then a break.
fn half(bytes: Bytes) -> Body {
    // The head has to be on its way before the break, or it would be lost with it.
    let pause = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(Cut)
    };
    Body::from_stream(stream::iter([Ok(bytes)]).chain(stream::once(pause)))
}
