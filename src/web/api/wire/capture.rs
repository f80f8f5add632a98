//! A capture.

use serde::Serialize;
use utoipa::ToSchema;

use super::bytes::{Body, Header, encoded, fields, media_type};
use super::reply::Reply;
use crate::export::har;
use crate::model::{self, CaptureNumber, Timestamp};
use crate::web::api::openapi;

/// One recorded request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!(openapi::example()))]
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
    pub(in crate::web::api) fn line(bin: &model::Bin, line: &'a model::CaptureLine) -> Self {
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
            reply: Reply::new(&envelope.reply),
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
