//! What was answered to a capture.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::bytes::{Header, encoded, fields};
use crate::model;

/// What the sender was answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reply<'a> {
    /// The status; null when the sender went away before it.
    status: Option<u16>,
    /// The rule that chose it, `handshake:slack` for one; null for the bin's own reply. After `unanswered:` stands the provider whose
    /// handshake could not be answered, as the bin lacks the secret for it.
    rule: Option<&'a str>,
    /// How long it was held back on purpose, in milliseconds.
    delay_ms: u32,
    /// What went wrong with it as planned: `close`, `reset`, `hang`, `drip` or `half`. Left out where nothing did, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<model::Fault>,
    /// Why its template could not be filled in and the default reply was given. Left out where that went well, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The fields that the rule gave it. Left out where there are none, and in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header<'a>>,
    /// The body that the rule gave it. Left out where there is none, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<ReplyBody<'a>>,
}

/// The body of an answer.
#[derive(Debug, Serialize, ToSchema)]
struct ReplyBody<'a> {
    /// How many bytes it has.
    size: u64,
    /// How `content` is to be read: `utf-8` or `base64`.
    encoding: &'static str,
    /// The bytes.
    content: Cow<'a, str>,
}

impl<'a> Reply<'a> {
    pub(super) fn new(reply: &'a model::Reply) -> Self {
        Self {
            status: reply.status,
            rule: reply.rule.as_deref(),
            delay_ms: reply.delay_ms,
            headers: fields(&reply.headers),
            fault: reply.fault,
            error: reply.error.as_deref(),
            body: ReplyBody::new(&reply.body),
        }
    }
}

impl<'a> ReplyBody<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let (encoding, content) = encoded(bytes);
        (!bytes.is_empty()).then_some(Self {
            size: bytes.len() as u64,
            encoding,
            content,
        })
    }
}
