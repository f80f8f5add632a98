//! The stream of a bin in the form of smee.io, so that its client (<https://github.com/probot/smee-client>) works with the address of
//! a bin's page as its source: messages of JSON with the header fields by name, and `query`, `body` and `timestamp` beside them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Error;
use crate::live::Event;
use crate::model::form::decoded;
use crate::model::head::text;
use crate::model::{Capture, CaptureNumber, media_type};
use crate::web::access::Watch;
use crate::web::extract::BinByKey;
use crate::web::{self, App};

/// How often an idle stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The largest body that is told of; that of a larger one is left out.
const LARGEST: usize = 25 << 20;

/// Fields of one connection, which its client could not send.
const NOT_TOLD: [&str; 8] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a client asks for the stream rather than for the page.
pub(super) fn is_asked(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|accept| {
        accept
            .as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"text/event-stream")
    })
}

/// Opens the stream.
pub(super) async fn show(
    app: Arc<App>,
    bin: BinByKey,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    if let Some(n) = bin.only() {
        return Err(Error(web::Error::OneRequest(n.0)));
    }
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = last.and_then(|id| id.parse().ok()).map(CaptureNumber);
    let watch = bin.watch(&app, crate::filter::Filter::default(), after);
    let watch = watch.await?;
    let stream = Sse::new(events(app, bin, watch)).keep_alive(
        KeepAlive::new()
            .interval(KEEP_ALIVE)
            .event(sse::Event::default().event("ping").data("{}")),
    );
    let headers = [
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, stream).into_response())
}

fn events(
    app: Arc<App>,
    bin: BinByKey,
    watch: Watch,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let ready = sse::Event::default().event("ready").data("{}");
    let rest = stream::unfold((app, bin, watch), |(app, mut bin, mut watch)| async {
        loop {
            let n = match watch.next().await.ok().flatten()? {
                Event::Captured(line) => line.n,
                Event::Gone => return None,
                _ => continue,
            };
            // What is masked may have changed since; what was deleted meanwhile is not told of.
            bin = bin.again(&app).await.ok()?;
            let Ok(capture) = bin.capture(&*app.store, n).await else {
                continue;
            };
            let event = sse::Event::default()
                .id(n.to_string())
                .data(message(&capture));
            return Some((Ok(event), (app, bin, watch)));
        }
    });
    stream::iter([Ok(ready)]).chain(rest)
}

/// What the client reads.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(flatten)]
    headers: BTreeMap<String, Cow<'a, str>>,
    query: BTreeMap<String, String>,
    body: Body<'a>,
    timestamp: i64,
}

/// A body as smee.io reads it.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Json(&'a RawValue),
    Fields(BTreeMap<String, String>),
    Text(Cow<'a, str>),
}

/// The message of a capture, in one line.
fn message(capture: &Capture) -> String {
    let envelope = &capture.line.envelope;
    let mut headers: BTreeMap<String, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in envelope.head.headers.iter() {
        let name = text(name).to_ascii_lowercase();
        if NOT_TOLD.contains(&&*name) || ["query", "body", "timestamp"].contains(&&*name) {
            continue;
        }
        headers
            .entry(name)
            .and_modify(|have| *have = Cow::Owned(format!("{have}, {}", text(value))))
            .or_insert_with(|| text(value));
    }
    let message = Message {
        query: pairs(envelope.head.query().unwrap_or_default().as_bytes()),
        body: body(capture),
        timestamp: envelope.received_at.as_micros() / 1000,
        headers,
    };
    // Maps with text for keys can always be written. Outside of strings a line end is a blank, and inside there is none.
    let json = serde_json::to_string(&message).unwrap_or_default();
    json.replace(['\n', '\r'], " ")
}

fn body(capture: &Capture) -> Body<'_> {
    let bytes = &capture.body[..];
    if bytes.is_empty() || bytes.len() > LARGEST {
        return Body::Fields(BTreeMap::new());
    }
    let kind = capture.line.envelope.head.headers.get("content-type");
    if kind.is_some_and(media_type::is_form) {
        return Body::Fields(pairs(bytes));
    }
    match serde_json::from_slice(bytes) {
        Ok(json) => Body::Json(json),
        Err(_) => Body::Text(text(bytes)),
    }
}

fn pairs(query: &[u8]) -> BTreeMap<String, String> {
    let pairs = query.split(|&byte| byte == b'&');
    let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let (name, value) = pair.split_at(at);
        let value = value.strip_prefix(b"=").unwrap_or(value);
        let read = |bytes| text(&decoded(bytes)).into_owned();
        (read(name), read(value))
    });
    pairs.collect()
}
