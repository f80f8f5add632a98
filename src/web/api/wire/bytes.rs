//! Bodies and fields: bytes in JSON.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::head::text;
use crate::model::{Headers, MediaType, base64};

/// A header field or trailer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Header<'a> {
    /// The name as sent.
    name: Cow<'a, str>,
    /// The value; bytes that are not UTF-8 are read as Latin-1.
    value: Cow<'a, str>,
    /// The exact bytes of the value in Base64; only when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

/// The body of a capture.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Body<'a> {
    /// How many bytes were kept.
    pub(in crate::web::api) size: u64,
    /// `complete`, `truncated` (it was over the limit) or `aborted` (the sender went away).
    pub(in crate::web::api) state: &'static str,
    /// How many bytes the sender declared or sent; only when that is more than was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::web::api) sent: Option<u64>,
    /// Type and subtype of the sender's `Content-Type`, in lower case; null when there is none.
    pub(in crate::web::api) media_type: Option<String>,
    /// How `content` is to be read: `utf-8` for the text itself, `base64` for bytes that are not UTF-8. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::web::api) encoding: Option<&'static str>,
    /// The bytes that were kept, as they came: a compressed body is still compressed. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::web::api) content: Option<Cow<'a, str>>,
}

/// Bytes as a text, and how it is to be read.
pub(in crate::web::api) fn encoded(bytes: &[u8]) -> (&'static str, Cow<'_, str>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("utf-8", Cow::Borrowed(text)),
        Err(_) => ("base64", Cow::Owned(base64::encode(bytes))),
    }
}

pub(in crate::web::api) fn fields(headers: &Headers) -> Vec<Header<'_>> {
    let header = |(name, value)| Header {
        name: text(name),
        value: text(value),
        base64: base64::encode_unless_text(value),
    };
    headers.iter().map(header).collect()
}

/// `type/subtype` of `Content-Type`, without parameters (RFC 9110 section 8.3.1).
pub(in crate::web::api) fn media_type(headers: &Headers) -> Option<String> {
    let essence = MediaType::parse(&headers.get_text("content-type")?)?.essence;
    let (kind, subtype) = essence.split_once('/')?;
    (!kind.is_empty() && !subtype.is_empty()).then_some(essence)
}
