//! A stranger's bytes as files to keep; pages and API answer with the same.
//!
//! Neither their type nor a name that they were sent with is repeated, so that no browser finds a reason to show them as a page
//! of ours; and if one did, it would be in a sandbox.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::extract::Site;
use crate::export::{Format, Source};
use crate::model::Capture;

/// The media type of bytes that are nothing in particular.
const OCTETS: &str = "application/octet-stream";

/// The body of a capture, to the byte.
pub(super) fn body(capture: Capture, site: &Site) -> Response {
    let name = source(&capture, site).body_file();
    attachment(OCTETS, &name, capture.body)
}

/// A capture in the form of another tool.
pub(super) fn export(capture: &Capture, format: &Format, site: &Site) -> Response {
    let bytes = (format.write)(&source(capture, site));
    let media_type = match std::str::from_utf8(&bytes) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => OCTETS,
    };
    let name = format!("request-{}.{}", capture.line.n, format.extension);
    attachment(media_type, &name, bytes.into())
}

fn source<'a>(capture: &'a Capture, site: &'a Site) -> Source<'a> {
    Source {
        capture,
        base: &site.base,
    }
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
