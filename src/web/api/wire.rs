//! The shapes of answers, made from the model. They borrow from it, so that a body of ten megabytes is not copied to be sent.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::export::har;
use crate::model::base64;
use crate::model::head::text;
use crate::model::{self, BinKey, CaptureNumber, Headers, MediaType, Timestamp, Usage};
use crate::web::extract::Site;

/// A bin that was just made: the one time that its key is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedBin<'a> {
    /// The bin's id, 32 hex digits.
    #[schema(example = "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    id: String,
    /// The bin's key, 32 hex digits: whoever has it may read and change the bin. It is not told again.
    #[schema(example = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    key: String,
    /// The name for people; may be empty.
    name: &'a str,
    /// Where senders send to, any path and query below it.
    #[schema(example = "https://hooks.example.com/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    capture_url: String,
    /// The bin's page, with the key in its address.
    #[schema(example = "https://hooks.example.com/b/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    inspect_url: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:30:12.123456Z")]
    created_at: Timestamp,
    /// Its settings; of secrets only the last characters.
    settings: model::Settings,
}

/// A bin, and how full it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bin<'a> {
    /// The bin's id, 32 hex digits.
    #[schema(example = "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    id: String,
    /// The name for people; may be empty.
    name: &'a str,
    /// Where senders send to, any path and query below it.
    #[schema(example = "https://hooks.example.com/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    capture_url: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:30:12.123456Z")]
    created_at: Timestamp,
    /// Its settings, of secrets only the last characters; left out for a read key.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<model::Settings>,
    /// How many captures can be read.
    captures: u64,
    /// How many of them are pinned.
    pinned: u64,
    /// Their bodies and headers, in bytes.
    bytes: u64,
    /// How many captures were dropped to make room.
    dropped: u64,
    /// How many requests were refused and left no capture.
    refused: u64,
    /// When the newest capture arrived; null before the first.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_capture_at: Option<Timestamp>,
    /// The newest requests that were refused, newest first.
    refusals: Vec<Refusal<'a>>,
}

/// A share link that was just made: the one time that its key is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedShare {
    #[serde(flatten)]
    share: Share,
    /// The read key, 32 hex digits: whoever has it may read what is shared. It is not told again.
    #[schema(example = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    key: String,
    /// The page to share.
    #[schema(example = "https://hooks.example.com/b/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    url: String,
}

/// A share link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Share {
    /// What it is revoked by; opens nothing.
    id: u64,
    /// The one capture that it shows; null for the whole bin.
    n: Option<CaptureNumber>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends by itself; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// The share links of a bin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shares {
    /// Those that have not ended, newest first.
    pub(super) shares: Vec<Share>,
}

impl CreatedShare {
    pub(super) fn new(share: &model::Share, key: &BinKey, site: &Site) -> Self {
        Self {
            share: Share::from(share),
            key: key.to_string(),
            url: site.inspect_url(key),
        }
    }
}

impl From<&model::Share> for Share {
    fn from(share: &model::Share) -> Self {
        Self {
            id: share.id,
            n: share.n,
            created_at: share.created_at,
            expires_at: share.expires_at,
        }
    }
}

/// A request that named the bin and could not be kept.
#[derive(Debug, Serialize, ToSchema)]
struct Refusal<'a> {
    /// When it was refused.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Why, as a word: `malformed`, `head_too_large`, `head_timeout`, `overloaded`, `storage_full`, `storage_failed` or
    /// `no_memory`.
    reason: &'static str,
    /// Why, as a phrase for people.
    detail: String,
    /// The other end of the connection.
    #[schema(example = "10.0.0.2:51234")]
    peer: String,
    /// The request's head as far as it was kept; bytes that are not UTF-8 are read as Latin-1.
    head: Cow<'a, str>,
}

/// Captures, and where the next ones are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Captures<'a> {
    /// The captures; their bodies are left out.
    pub(super) captures: Vec<Capture<'a>>,
    /// What to give as `before` (or `after`, if that was given) to go on; null at the end.
    pub(super) next: Option<u64>,
}

/// Captures that were waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Waited<'a> {
    /// Those that came, oldest first; their bodies are left out.
    pub(super) captures: Vec<Capture<'a>>,
    /// How far was looked; what to give as `after` to go on.
    pub(super) after: u64,
}

/// How many captures there are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Count {
    /// That many.
    pub(super) captures: u64,
    /// Whether all were looked at; else there may be more.
    pub(super) is_all: bool,
}

/// How many captures were deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deleted {
    /// That many.
    pub(super) deleted: u64,
}

/// One recorded request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(super::openapi::example()))]
pub(in crate::web) struct Capture<'a> {
    /// Its number inside the bin: 1, 2, 3 …
    n: u64,
    /// The bin's id.
    bin: String,
    /// When the first byte of the request arrived.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// From the first byte of the request to the last of its body, in microseconds.
    took_us: u64,
    /// The method as sent, known or not.
    method: &'a str,
    /// The request target as sent.
    target: &'a str,
    /// The path below the bin, as sent.
    path: &'a str,
    /// The query as sent, without its `?`; null when there is no `?`.
    query: Option<&'a str>,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
    http_version: &'static str,
    /// `http` or `https`, as the sender used it.
    scheme: &'static str,
    /// The host that the sender addressed; empty when it named none.
    host: &'a str,
    /// The sender's address: the peer's, or what trusted proxies say of it.
    client: String,
    /// The other end of the connection, with its port.
    peer: String,
    /// The header fields in the order they came, repeated ones included.
    headers: Vec<Header<'a>>,
    /// Whether order and case of the header fields are those of the wire; not so for HTTP/2, which has no case.
    headers_as_sent: bool,
    /// All header lines to the byte in Base64; only where names and values do not say them, as there are other blanks or line ends than
    /// usual. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_headers: Option<String>,
    /// Fields that came after the body.
    trailers: Vec<Header<'a>>,
    /// The body.
    body: Body<'a>,
    /// What was answered.
    reply: Reply<'a>,
    /// Whether it stays when others are dropped to make room.
    pinned: bool,
    /// What somebody noted on it; may be empty.
    note: &'a str,
    /// Whether it was not received here, but taken from a file.
    imported: bool,
    /// The known sender that this is from; null when it was not recognised.
    provider: Option<&'a str>,
    /// What the provider says happened; null when it says nothing.
    event: Option<Event<'a>>,
    /// The outcome of the signature check; null when the sender is not known, and the bin has neither secrets nor a scheme of its own. In a
    /// single capture, `hint` and `cause` say why a signature does not fit, where that was found.
    verdict: Option<&'a model::Verdict>,
    /// Which arrival of the event this is; null where that cannot be told.
    delivery: Option<Delivery>,
}

/// What a provider says happened.
#[derive(Debug, Serialize, ToSchema)]
struct Event<'a> {
    /// Its id, the same in every delivery; null when there is none.
    id: Option<&'a str>,
    /// What happened, in the provider's words.
    r#type: Option<&'a str>,
    /// When, by the provider's clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// Which arrival of its event a capture is.
#[derive(Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the model's, by the names of the API"
)]
struct Delivery {
    /// 1 for the first, 2 for the next.
    number: u64,
    /// The number of the capture that was the first; it may be gone by now.
    first: u64,
    /// The number of the one before; null for the first.
    previous: Option<u64>,
    /// Whether the body is that of the one before.
    same_body: bool,
    /// Whether the event's type is that of the one before.
    same_type: bool,
    /// Whether the very same signed request, signed time included, came before.
    replayed: bool,
    /// Whether a later event of the same provider came before, by the provider's clock.
    out_of_order: bool,
}

/// A header field or trailer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Header<'a> {
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
pub(super) struct Body<'a> {
    /// How many bytes were kept.
    pub(super) size: u64,
    /// `complete`, `truncated` (it was over the limit) or `aborted` (the sender went away).
    pub(super) state: &'static str,
    /// How many bytes the sender declared or sent; only when that is more than was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<u64>,
    /// Type and subtype of the sender's `Content-Type`, in lower case; null when there is none.
    pub(super) media_type: Option<String>,
    /// How `content` is to be read: `utf-8` for the text itself, `base64` for bytes that are not UTF-8. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<&'static str>,
    /// The bytes that were kept, as they came: a compressed body is still compressed. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<Cow<'a, str>>,
}

/// What the sender was answered.
#[derive(Debug, Serialize, ToSchema)]
struct Reply<'a> {
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

impl<'a> CreatedBin<'a> {
    pub(super) fn new(bin: &'a model::Bin, key: &BinKey, site: &Site) -> Self {
        Self {
            id: bin.id.to_string(),
            key: key.to_string(),
            name: &bin.settings.name,
            capture_url: site.capture_url(bin),
            inspect_url: site.inspect_url(key),
            created_at: bin.created_at,
            settings: bin.settings.masked(),
        }
    }
}

impl<'a> Bin<'a> {
    pub(super) fn new(
        bin: &'a model::Bin,
        usage: &Usage,
        refusals: &'a [model::Refusal],
        site: &Site,
    ) -> Self {
        Self {
            id: bin.id.to_string(),
            name: &bin.settings.name,
            capture_url: site.capture_url(bin),
            created_at: bin.created_at,
            settings: Some(bin.settings.masked()),
            captures: usage.captures,
            pinned: usage.pinned,
            bytes: usage.bytes,
            dropped: usage.dropped,
            refused: usage.refused,
            last_capture_at: usage.last_capture_at,
            refusals: refusals.iter().map(Refusal::new).collect(),
        }
    }

    /// The same for those who may only read.
    pub(super) fn without_settings(mut self) -> Self {
        self.settings = None;
        self
    }
}

impl<'a> Refusal<'a> {
    fn new(refusal: &'a model::Refusal) -> Self {
        Self {
            at: refusal.at,
            reason: refusal.reason.as_str(),
            detail: refusal.sentence(),
            peer: refusal.peer.to_string(),
            head: text(&refusal.head),
        }
    }
}

impl<'a> Capture<'a> {
    /// A capture with its body.
    pub(in crate::web) fn whole(bin: &model::Bin, capture: &'a model::Capture) -> Self {
        let mut shape = Self::line(bin, &capture.line);
        let (encoding, content) = encoded(&capture.body);
        shape.body.encoding = Some(encoding);
        shape.body.content = Some(content);
        shape.raw_headers = har::raw_headers(&capture.line.envelope.head.headers);
        shape
    }

    /// A capture as lists and streams have it, without the content of its body.
    pub(super) fn line(bin: &model::Bin, line: &'a model::CaptureLine) -> Self {
        let model::CaptureLine {
            n, envelope, marks, ..
        } = line;
        let CaptureNumber(n) = *n;
        let recognised = line.recognised.as_ref();
        Self {
            n,
            bin: bin.id.to_string(),
            received_at: envelope.received_at,
            took_us: envelope.took_us,
            method: &envelope.head.method,
            target: &envelope.head.target,
            path: envelope.head.path(),
            query: envelope.head.query(),
            http_version: envelope.head.version.as_str(),
            scheme: envelope.scheme.as_str(),
            host: &envelope.host,
            client: envelope.client.to_string(),
            peer: envelope.peer.to_string(),
            headers: fields(&envelope.head.headers),
            headers_as_sent: envelope.head.headers.is_as_sent(),
            raw_headers: None,
            trailers: fields(&envelope.trailers),
            body: Body {
                size: line.size,
                state: line.state.as_str(),
                sent: line.sent,
                media_type: media_type(&envelope.head.headers),
                encoding: None,
                content: None,
            },
            reply: Reply {
                status: envelope.reply.status,
                rule: envelope.reply.rule.as_deref(),
                delay_ms: envelope.reply.delay_ms,
                headers: fields(&envelope.reply.headers),
                fault: envelope.reply.fault,
                error: envelope.reply.error.as_deref(),
                body: ReplyBody::new(&envelope.reply.body),
            },
            pinned: marks.pinned,
            note: &marks.note,
            imported: marks.imported,
            provider: recognised.map(|known| known.provider.as_str()),
            event: recognised
                .map(|known| &known.event)
                .filter(|event| !event.is_unknown())
                .map(|event| Event {
                    id: event.id.as_deref(),
                    r#type: event.kind.as_deref(),
                    at: event.at,
                }),
            verdict: line.verdict.as_ref(),
            delivery: recognised
                .and_then(|known| known.delivery)
                .map(Delivery::from),
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

/// Bytes as a text, and how it is to be read.
pub(super) fn encoded(bytes: &[u8]) -> (&'static str, Cow<'_, str>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("utf-8", Cow::Borrowed(text)),
        Err(_) => ("base64", Cow::Owned(base64::encode(bytes))),
    }
}

impl From<model::Delivery> for Delivery {
    fn from(delivery: model::Delivery) -> Self {
        Self {
            number: delivery.number,
            first: delivery.first.0,
            previous: delivery.previous.map(|n| n.0),
            same_body: delivery.same_body,
            same_type: delivery.same_type,
            replayed: delivery.replayed,
            out_of_order: delivery.out_of_order,
        }
    }
}

pub(super) fn fields(headers: &Headers) -> Vec<Header<'_>> {
    let header = |(name, value)| Header {
        name: text(name),
        value: text(value),
        base64: base64::encode_unless_text(value),
    };
    headers.iter().map(header).collect()
}

/// `type/subtype` of `Content-Type`, without parameters (RFC 9110 section 8.3.1).
pub(super) fn media_type(headers: &Headers) -> Option<String> {
    let essence = MediaType::parse(&headers.get_text("content-type")?)?.essence;
    let (kind, subtype) = essence.split_once('/')?;
    (!kind.is_empty() && !subtype.is_empty()).then_some(essence)
}
