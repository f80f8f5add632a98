//! The head of a request as it is sent: the captured fields in their order and case.
//!
//! hyper knows names in lower case only, but keeps beside them how they were spelled when it read them itself. So the head is written
//! once as bytes and read by hyper, in memory: what comes out is sent as it was spelled.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::Request;
use crate::model::Headers;
use crate::model::head::end_to_end;

/// The largest head that is sent on, and the most fields in it: more than is captured.
const LARGEST: usize = 1 << 20;
const FIELDS: usize = 10_000;

/// Whether a text can be a method or the name of a field (RFC 9110 section 5.6.2).
pub fn is_token(text: &str) -> bool {
    let is_mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || is_mark(b))
}

/// Why a field cannot be sent; `None` when it can. Says the name, never the value.
pub fn field_problem(name: &str, value: &str) -> Option<String> {
    if !is_token(name) {
        return Some(format!("{name:?} is no name of a header field"));
    }
    let is_text = |b: u8| b == b'\t' || (b >= b' ' && b != 0x7f);
    (!value.bytes().all(is_text)).then(|| format!("the value of {name} has a control character"))
}

/// The fields that are sent, `Host` first.
pub(super) fn fields(request: &Request) -> Headers {
    let length = request.body.len().to_string();
    // Methods whose meaning lies in the body say so where there is none (RFC 9110 section 8.6).
    let has_meaning = matches!(&*request.method, "POST" | "PUT" | "PATCH");
    let mut has_length = request.body.is_empty() && !has_meaning;
    let mut sent: Vec<(&[u8], &[u8])> = vec![(b"Host", request.url.authority().as_bytes())];
    for (name, value) in end_to_end(request.headers.iter()) {
        if !name.eq_ignore_ascii_case(b"content-length") {
            sent.push((name, value));
        } else if !has_length {
            sent.push((name, length.as_bytes()));
            has_length = true;
        }
    }
    if !has_length {
        sent.push((b"Content-Length", length.as_bytes()));
    }
    sent.push((b"Connection", b"close"));
    Headers::from_fields(sent)
}

/// The request for hyper; `None` when it has what no request can.
pub(super) async fn read(
    request: &Request,
    fields: &Headers,
) -> Option<hyper::Request<Full<Bytes>>> {
    if !is_token(&request.method) {
        return None;
    }
    // The length stands in the way of hyper giving the head out before a body, but is never waited for.
    let mut parts = spelled(&request.method, fields.block()).await?;
    parts.uri = request.url.target().parse().ok()?;
    Some(hyper::Request::from_parts(
        parts,
        Full::new(request.body.clone()),
    ))
}

/// Whether a request can be sent at all, wherever it goes.
pub async fn can_be_sent(request: &Request) -> bool {
    read(request, &fields(request)).await.is_some()
}

/// A head of that method and these header lines, with the names as they are spelled; `None` when hyper would not send it. The
/// target is still to be set.
pub async fn spelled(method: &str, lines: &[u8]) -> Option<Parts> {
    let line = format!("{method} / HTTP/1.1\r\n");
    let head = [line.as_bytes(), lines, b"\r\n"].concat();
    if head.len() > LARGEST {
        return None;
    }
    // With room for what hyper answers to a head that is none: it ends only when it could say so.
    let (mut writer, reader) = tokio::io::duplex(head.len().max(4096));
    let (found, mut finding) = mpsc::channel(1);
    let keep = service_fn(move |request: hyper::Request<Incoming>| {
        found.try_send(request.into_parts().0).ok(); // There is one head, and room for one.
        std::future::pending::<Result<hyper::Response<Full<Bytes>>, Infallible>>()
    });
    let reading = http1::Builder::new()
        .preserve_header_case(true)
        .max_headers(FIELDS)
        .max_buf_size(LARGEST * 2)
        .serve_connection(TokioIo::new(reader), keep);
    writer.write_all(&head).await.ok()?;
    tokio::select! {
        parts = finding.recv() => parts,
        _ = reading => None,
    }
}
