//! A stranger's bytes as files to keep; pages and API answer with the same.
//!
//! Neither their type nor a name that they were sent with is repeated, so that no browser finds a reason to show them as a page
//! of ours; and if one did, it would be in a sandbox.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::Error;
use super::content::{self, Content, DOWNLOADED, LOOKED_AT};
use super::extract::Site;
use crate::export::{Format, Source, body_file};
use crate::model::{Bin, BinKey, Capture};
use crate::viewer::{MediaKind, media, multipart};

/// The media type of bytes that are nothing in particular.
const OCTETS: &str = "application/octet-stream";

/// Which bytes of a body are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// As they were sent.
    Sent,
    /// With their content codings undone.
    Decoded,
    /// Those of one part of a multipart, by its address; decoded from what the part is written in, or as they were sent.
    Part { address: String, is_decoded: bool },
}

impl Wanted {
    /// The body, or the part of it with that address.
    pub(super) fn new(part: Option<String>, is_decoded: bool) -> Self {
        match part {
            Some(address) => Self::Part {
                address,
                is_decoded,
            },
            None if is_decoded => Self::Decoded,
            None => Self::Sent,
        }
    }
}

/// Whether it is the address of a part: nothing but digits and points, so that it can be written anywhere.
pub(super) fn is_address(text: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    (1..=40).contains(&text.len()) && text.bytes().all(is_one)
}

/// The body of a capture, to the byte; decoded, or a part of it, where that is wanted.
///
/// # Errors
/// When it cannot be decoded as a whole, or has no such part.
pub(super) async fn body(capture: Capture, wanted: Wanted) -> Result<Response, Error> {
    let Capture { line, body } = capture;
    let n = line.n;
    let (name, cap) = match &wanted {
        Wanted::Sent => return Ok(attachment(OCTETS, &body_file(n), body)),
        Wanted::Decoded => (format!("request-{n}-decoded.bin"), DOWNLOADED),
        Wanted::Part {
            address,
            is_decoded,
        } => {
            let decoded = if *is_decoded { "-decoded" } else { "" };
            (
                format!("request-{n}-part-{address}{decoded}.bin"),
                LOOKED_AT,
            )
        }
    };
    let (for_work, sent) = (line.clone(), body.clone());
    let work = move || {
        let content = Content::new(&for_work, sent, false, cap);
        match wanted {
            Wanted::Part {
                address,
                is_decoded,
            } => content.part(&address, is_decoded),
            Wanted::Sent | Wanted::Decoded => content.decoded(),
        }
    };
    let bytes = content::look(&line, &body, work).await??;
    Ok(attachment(OCTETS, &name, bytes))
}

/// The body of a capture, or a part of it, for a browser to draw: in an `<img>`, or in a frame of ours and nowhere else.
///
/// # Errors
/// When it is nothing that may be drawn, or there is no such part.
pub(super) async fn preview(capture: Capture, part: Option<String>) -> Result<Response, Error> {
    let Capture { line, body } = capture;
    let (for_work, sent) = (line.clone(), body.clone());
    let work = move || {
        let content = Content::new(&for_work, sent, false, LOOKED_AT);
        let whole = content.subject();
        let part = part.map(|address| multipart::part(&whole, &address).ok_or(Error::NotFound));
        let part = part.transpose()?;
        let decoded = part.as_ref().and_then(multipart::Found::decoded);
        let subject = decoded.as_ref().or(part.as_ref().map(|part| &part.sent));
        let subject = subject.unwrap_or(&whole);
        let (kind, media_type) = media::served(subject).ok_or(Error::NotFound)?;
        let bytes = match decoded {
            Some(_) => Bytes::copy_from_slice(subject.bytes),
            None => content.bytes.slice_ref(subject.bytes),
        };
        Ok::<_, Error>((kind, media_type, bytes))
    };
    let (kind, media_type, bytes) = content::look(&line, &body, work).await??;
    let policy = match kind {
        MediaKind::Image => "sandbox; default-src 'none'",
        // Without a word for scripts there are none; what is in the bytes themselves may be seen.
        MediaKind::Page => {
            "sandbox; default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'; \
             base-uri 'none'; frame-ancestors 'self'"
        }
    };
    let fixed = [(header::CONTENT_SECURITY_POLICY, policy)];
    Ok((fixed, [(header::CONTENT_TYPE, media_type)], bytes).into_response())
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
        Ok(_) => format.media_type,
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
