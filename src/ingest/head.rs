//! The head of a capture, to the byte as it was sent where that can be told.

use hyper::http::request::Parts;

use super::wire::{self, WireHead};
use crate::model::head::without_fragment;
use crate::model::{Head, Headers, Version};

/// The head as it was on the wire where the tape has it, else as hyper read it.
pub(super) fn head(parts: &Parts, prefix: usize, wire: Option<&WireHead>) -> Head {
    let version = match parts.version {
        hyper::Version::HTTP_10 => Version::Http10,
        hyper::Version::HTTP_2 => Version::Http2,
        _ => Version::Http11,
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if let Some((target, headers)) = wire.and_then(|wire| as_sent(wire, parts, path)) {
        // An absolute target has scheme and host before the path (RFC 9112 section 3.2.2).
        let whole = without_fragment(&target).len();
        let path_at = whole.saturating_sub(path.len()) + prefix;
        return Head {
            method: parts.method.as_str().to_owned(),
            target,
            path_at,
            version,
            headers,
        };
    }
    let fields = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_bytes()));
    let headers = match parts.uri.authority() {
        // HTTP/2 names the host outside of the fields.
        Some(authority)
            if version == Version::Http2 && !parts.headers.contains_key(hyper::header::HOST) =>
        {
            Headers::from_fields(
                [(&b":authority"[..], authority.as_str().as_bytes())]
                    .into_iter()
                    .chain(fields),
            )
        }
        _ => Headers::from_fields(fields),
    };
    Head {
        method: parts.method.as_str().to_owned(),
        target: path.to_owned(),
        path_at: prefix,
        version,
        headers,
    }
}

/// Target and fields as sent, when they say what hyper read.
fn as_sent(wire: &WireHead, parts: &Parts, path: &str) -> Option<(String, Headers)> {
    let (method, target, block) = wire.parts()?;
    let target = std::str::from_utf8(target).ok()?;
    let headers = Headers::from_wire(block);
    // hyper leaves a fragment out.
    let same = method == parts.method.as_str().as_bytes()
        && without_fragment(target).ends_with(path)
        && wire::agrees(headers.iter(), &parts.headers);
    same.then(|| (target.to_owned(), headers))
}
