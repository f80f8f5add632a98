//! HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>): what browsers and proxies keep requests in.
//!
//! What HAR has no room for stands in each entry's `_hookwell`, by the names that the API has: bytes that are not UTF-8, header lines
//! as they were sent, trailers, how a body ended, what was answered. [`import`](crate::import) reads it back.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Serialize;

use super::{Format, Kind, Source, Url};
use crate::model::head::{text, without_fragment};
use crate::model::{Envelope, Headers, Timestamp, base64};

/// A log of one capture.
pub static FORMAT: Format = Format {
    name: "har",
    label: "HAR",
    extension: "har",
    kind: Kind::File,
    media_type: "application/json",
    write: |source| [begin().as_bytes(), &entry(source), END.as_bytes()].concat(),
};

/// What stands after the last entry.
pub const END: &str = "\n]}}\n";

/// What stands before the first entry; between two is a comma.
pub fn begin() -> String {
    format!(
        r#"{{"log":{{"version":"1.2","creator":{{"name":"hookwell","version":"{}"}},"entries":[{}"#,
        env!("CARGO_PKG_VERSION"),
        "\n"
    )
}

/// What no URL may have (RFC 3986).
const ODD: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    started_date_time: Timestamp,
    time: f64,
    request: Request<'a>,
    response: Response,
    cache: Empty,
    timings: Timings,
    #[serde(rename = "_hookwell")]
    own: Own<'a>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    method: &'a str,
    url: String,
    http_version: &'static str,
    cookies: Vec<Pair<'a>>,
    headers: Vec<Pair<'a>>,
    query_string: Vec<Pair<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData<'a>>,
    headers_size: usize,
    body_size: usize,
}

#[derive(Serialize)]
struct Pair<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'a> {
    mime_type: Cow<'a, str>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [Empty; 0],
    headers: [Empty; 0],
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: &'static str,
    headers_size: i8,
    body_size: i8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: u8,
    mime_type: &'static str,
}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: u8,
    receive: u8,
}

/// What only hookwell knows to say.
#[derive(Serialize)]
struct Own<'a> {
    n: u64,
    took_us: u64,
    target: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    http_version: &'static str,
    scheme: &'static str,
    host: &'a str,
    client: String,
    peer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<Exact<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_headers: Option<String>,
    headers_as_sent: bool,
    trailers: Vec<Exact<'a>>,
    body: OwnBody,
    reply: OwnReply<'a>,
}

#[derive(Serialize)]
struct Exact<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Serialize)]
struct OwnBody {
    size: u64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

#[derive(Serialize)]
struct OwnReply<'a> {
    status: Option<u16>,
    rule: Option<&'a str>,
    delay_ms: u32,
}

/// One entry of the log.
pub fn entry(source: &Source<'_>) -> Vec<u8> {
    let line = &source.capture.line;
    let envelope = &line.envelope;
    let version = envelope.head.version.as_str();
    #[expect(clippy::cast_precision_loss, reason = "2^53 µs are centuries")]
    let time = envelope.took_us as f64 / 1000.0;
    let entry = Entry {
        started_date_time: envelope.received_at,
        time,
        request: Request::new(source),
        response: Response {
            status: envelope.reply.status.unwrap_or(0),
            status_text: "",
            http_version: version,
            cookies: [],
            headers: [],
            content: Content {
                size: 0,
                mime_type: "",
            },
            redirect_url: "",
            headers_size: -1,
            body_size: -1,
        },
        cache: Empty {},
        timings: Timings {
            send: time,
            wait: 0,
            receive: 0,
        },
        own: Own::new(source),
    };
    // It has text for keys and no number that JSON has not: it can always be written.
    serde_json::to_vec(&entry).unwrap_or_default()
}

impl<'a> Request<'a> {
    fn new(source: &Source<'a>) -> Self {
        let envelope = &source.capture.line.envelope;
        let head = &envelope.head;
        let body = &source.capture.body;
        let first = head.method.len() + head.target.len() + " HTTP/1.1\r\n ".len();
        Self {
            method: &head.method,
            url: url(envelope, source.base),
            http_version: head.version.as_str(),
            cookies: cookies(&head.headers),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| pair(text(name), text(value)))
                .collect(),
            query_string: query(head.query().unwrap_or_default()),
            post_data: (!body.is_empty()).then(|| PostData {
                mime_type: head.headers.get_text("content-type").unwrap_or_default(),
                text: std::str::from_utf8(body).unwrap_or_default(),
                comment: std::str::from_utf8(body)
                    .is_err()
                    .then_some("The body is not UTF-8: _hookwell.body has it in Base64"),
            }),
            headers_size: first + head.headers.block().len() + 2,
            body_size: body.len(),
        }
    }
}

impl<'a> Own<'a> {
    fn new(source: &Source<'a>) -> Self {
        let line = &source.capture.line;
        let envelope = &line.envelope;
        let head = &envelope.head;
        let body = &source.capture.body;
        let is_text = std::str::from_utf8(body).is_ok();
        let has_odd = head
            .headers
            .iter()
            .any(|(_, value)| std::str::from_utf8(value).is_err());
        Self {
            n: line.n.0,
            took_us: envelope.took_us,
            target: &head.target,
            path: head.path(),
            query: head.query(),
            http_version: head.version.as_str(),
            scheme: envelope.scheme.as_str(),
            host: &envelope.host,
            client: envelope.client.to_string(),
            peer: envelope.peer.to_string(),
            headers: has_odd.then(|| exact(&head.headers)),
            raw_headers: raw_headers(&head.headers),
            headers_as_sent: head.headers.is_as_sent(),
            trailers: exact(&envelope.trailers),
            body: OwnBody {
                size: line.size,
                state: line.state.as_str(),
                sent: line.sent,
                encoding: (!is_text).then_some("base64"),
                content: (!is_text).then(|| base64::encode(body)),
            },
            reply: OwnReply {
                status: envelope.reply.status,
                rule: envelope.reply.rule.as_deref(),
                delay_ms: envelope.reply.delay_ms,
            },
        }
    }
}

/// The header lines to the byte, in Base64, where names and values do not say them: other blanks or line ends than usual.
pub fn raw_headers(headers: &Headers) -> Option<String> {
    let usual = Headers::from_fields(headers.iter());
    (usual.block() != headers.block()).then(|| base64::encode(headers.block()))
}

fn exact(headers: &Headers) -> Vec<Exact<'_>> {
    let field = |(name, value)| Exact {
        name: text(name),
        value: text(value),
        base64: base64::encode_unless_text(value),
    };
    headers.iter().map(field).collect()
}

fn pair<'a>(name: Cow<'a, str>, value: Cow<'a, str>) -> Pair<'a> {
    Pair { name, value }
}

/// The address that the sender used, with escapes for what no URL may have. HAR's URLs have no fragment
/// (<http://www.softwareishard.com/blog/har-12-spec/#request>).
fn url(envelope: &Envelope, base: &str) -> String {
    let url = Url::of(envelope, base);
    let whole = format!("{}{}{}", url.origin, url.prefix, url.own);
    let whole = without_fragment(&whole);
    utf8_percent_encode(whole, ODD).to_string()
}

fn query(query: &str) -> Vec<Pair<'_>> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
        Cow::Owned(decoded)
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|one| {
            let (name, value) = one.split_once('=').unwrap_or((one, ""));
            pair(decoded(name), decoded(value))
        })
        .collect()
}

fn cookies(headers: &Headers) -> Vec<Pair<'static>> {
    let of_cookie = |(name, _): &(&[u8], &[u8])| name.eq_ignore_ascii_case(b"cookie");
    let mut cookies = Vec::new();
    for (_, value) in headers.iter().filter(of_cookie) {
        for one in text(value)
            .split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty())
        {
            let (name, value) = one.split_once('=').unwrap_or((one, ""));
            cookies.push(pair(
                Cow::Owned(name.to_owned()),
                Cow::Owned(value.to_owned()),
            ));
        }
    }
    cookies
}
