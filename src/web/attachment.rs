//! A stranger's bytes as files to keep; pages and API answer with the same.
//!
//! Neither their type nor a name that they were sent with is repeated, so that no browser finds a reason to show them as a page
//! of ours; and if one did, it would be in a sandbox.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::extract::Site;
use crate::export::{Format, Source, body_file};
use crate::model::{Bin, BinKey, Capture};

/// The media type of bytes that are nothing in particular.
const OCTETS: &str = "application/octet-stream";

/// The body of a capture, to the byte.
pub(super) fn body(capture: Capture) -> Response {
    let name = body_file(capture.line.n);
    attachment(OCTETS, &name, capture.body)
}

/// A capture in the form of another tool, for whoever has the bin's key.
pub(super) fn export(
    capture: &Capture,
    format: &Format,
    bin: &Bin,
    key: &BinKey,
    site: &Site,
) -> Response {
    let n = capture.line.n;
    let bytes = (format.write)(&Source {
        capture,
        base: &site.target_base(bin, &capture.line.envelope.head),
        body_url: &site.body_url(key, n),
    });
    let media_type = match std::str::from_utf8(&bytes) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => OCTETS,
    };
    let name = format!("request-{n}.{}", format.extension);
    attachment(media_type, &name, bytes.into())
}

fn attachment(media_type: &'static str, name: &str, bytes: Bytes) -> Response {
    let fixed = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        ),
    ];
    let disposition = format!("attachment; filename=\"{name}\"");
    (fixed, [(header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}
