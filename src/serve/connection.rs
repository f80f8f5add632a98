//! One connection, from its first byte to its last.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Handler;
use super::socket::Socket;
use crate::config::LimitsConfig;
use crate::ingest::Link;
use crate::model::Reason;

/// What an HTTP/2 connection begins with (RFC 9113 section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many requests an HTTP/2 connection may have open.
const HTTP2_STREAMS: u32 = 256;

/// Serves a connection until it ends, or until it has finished what it was doing when `stop` turned true.
pub(super) async fn run<H: Handler>(
    stream: TcpStream,
    link: Arc<Link>,
    handler: Arc<H>,
    limits: &LimitsConfig,
    mut stop: watch::Receiver<bool>,
) {
    let begun = tokio::select! {
        begun = begins_with_preface(&stream, limits.head_timeout) => begun,
        // It has not asked for anything yet.
        () = super::told(&mut stop) => None,
    };
    let Some(is_http2) = begun else {
        return;
    };
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&link), limits));
    let service = {
        let (handler, link) = (Arc::clone(&handler), Arc::clone(&link));
        service_fn(move |request: Request<Incoming>| {
            let (handler, link) = (Arc::clone(&handler), Arc::clone(&link));
            // On the heap, since the connection would hold its room for as long as it is open: a watcher is open for hours.
            Box::pin(async move { handler.handle(request, link).await })
        })
    };
    let result = if is_http2 {
        link.lose();
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_header_list_size(u32::try_from(limits.max_head).unwrap_or(u32::MAX));
        builder
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20));
        let mut connection = Box::pin(builder.serve_connection(io, service));
        tokio::select! {
            result = connection.as_mut() => result,
            () = super::told(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    } else {
        let mut builder = http1::Builder::new();
        // A sender may close its half and wait for the answer. Time-outs are the socket's.
        builder
            .half_close(true)
            .header_read_timeout(None)
            .max_headers(limits.max_headers);
        builder.max_header_size(
            usize::try_from(limits.max_head)
                .unwrap_or(usize::MAX)
                .max(8192),
        );
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        tokio::select! {
            result = connection.as_mut() => result,
            () = super::told(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = result {
        if let Some(reason) = reason(&error) {
            handler.refused(&link, reason);
        }
        tracing::debug!(%error, peer = %link.peer, "a connection ended early");
    }
}

/// Whether the connection speaks HTTP/2 from the start; `None` when it said nothing in time.
async fn begins_with_preface(stream: &TcpStream, patience: Duration) -> Option<bool> {
    let look = async {
        let mut seen = [0; HTTP2_PREFACE.len()];
        loop {
            let length = stream.peek(&mut seen).await.ok()?;
            let seen = seen.get(..length)?;
            if length == 0 || !HTTP2_PREFACE.starts_with(seen) {
                return Some(false);
            }
            if length == HTTP2_PREFACE.len() {
                return Some(true);
            }
            // It may still be either; what was peeked at stays readable, so that only time tells of more.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if patience.is_zero() {
        look.await
    } else {
        tokio::time::timeout(patience, look).await.ok()?
    }
}

/// Why a connection's last request was refused; `None` when it was not.
fn reason(error: &hyper::Error) -> Option<Reason> {
    let timed_out = || {
        let io = std::error::Error::source(error)?.downcast_ref::<std::io::Error>()?;
        Some(io.kind() == std::io::ErrorKind::TimedOut)
    };
    if error.is_parse_too_large() {
        Some(Reason::HeadTooLarge)
    } else if error.is_parse() {
        Some(Reason::Malformed)
    } else if timed_out() == Some(true) {
        Some(Reason::HeadTimeout)
    } else {
        None
    }
}

/// An answer's body. As long as it is there the connection is busy, and nobody waits for another request.
#[derive(Debug)]
pub struct Answering {
    body: Body,
    link: Option<Arc<Link>>,
}

impl Answering {
    /// A body that keeps its connection busy; it must belong to a request that the link [began](Link::begin).
    pub(super) fn busy(body: Body, link: Arc<Link>) -> Self {
        if hyper::body::Body::size_hint(&body).exact().is_none() {
            link.begin_stream();
        }
        Self {
            body,
            link: Some(link),
        }
    }
}

impl From<Body> for Answering {
    fn from(body: Body) -> Self {
        Self { body, link: None }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.end();
        }
    }
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Instead of an answer: the connection is cut.
#[derive(Debug, thiserror::Error)]
#[error("the reply is to cut the connection")]
pub struct Cut;

/// The answers of a handler.
pub type HandlerResponse = Result<Response<Answering>, Cut>;
