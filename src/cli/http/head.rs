//! The head of a request as it is sent: the fields in their order and case.
//!
//! hyper knows names in lower case only, but keeps beside them how they were spelled when it read them itself. So the head is
//! written once as bytes and read by hyper, in memory: what comes out is sent as it was spelled.

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

use super::Error;

/// The largest head that is sent, in bytes, and the most fields in it: more than is captured.
const LARGEST: usize = 1 << 20;
const FIELDS: usize = 10_000;

/// The head of a request; names and values are bytes, as they are sent.
///
/// # Errors
/// [`Error::Unsendable`] when it holds what no request can.
pub(in crate::cli) async fn head<'a>(
    method: &str,
    target: &str,
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<Parts, Error> {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let breaks = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    if !is_word(method) || target.is_empty() {
        return Err(Error::Unsendable);
    }
    let mut block = format!("{method} / HTTP/1.1\r\n").into_bytes();
    for (name, value) in fields {
        if breaks(name) || breaks(value) {
            return Err(Error::Unsendable);
        }
        block.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
    }
    block.extend_from_slice(b"\r\n");
    let mut parts = read(&block).await.ok_or(Error::Unsendable)?;
    parts.uri = target.parse().map_err(|_| Error::Unsendable)?;
    Ok(parts)
}

async fn read(block: &[u8]) -> Option<Parts> {
    if block.len() > LARGEST {
        return None;
    }
    // With room for what hyper answers to a head that is none: it ends only when it could say so.
    let (mut writer, reader) = tokio::io::duplex(block.len().max(4096));
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
    writer.write_all(block).await.ok()?;
    tokio::select! {
        parts = finding.recv() => parts,
        _ = reading => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_would_end_a_line_is_not_sent() {
        let fields = |name: &'static str, value: &'static str| {
            head("POST", "/", [(name.as_bytes(), value.as_bytes())])
        };
        assert!(fields("X-Case", "caf\u{e9}").await.is_ok());
        for (name, value) in [("X", "a\r\nY: b"), ("X\n", "a"), ("X Y", "a"), ("", "a")] {
            assert!(fields(name, value).await.is_err(), "{name:?} {value:?}");
        }
        assert!(head("GET /x", "/", []).await.is_err());
        assert!(head("GET", "/ x", []).await.is_err());
    }
}
