//! The live stream of a bin, for programs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;

use super::listened::listener;
use super::{Error, Problem, query, wire};
use crate::live::Event;
use crate::model::{Bin, CaptureNumber};
use crate::relay::{self, Seat};
use crate::web::access::{BinByKey, Watch};
use crate::web::extract::VisitByToken;
use crate::web::{self, App};

/// How often an idle stream shows that it is alive: proxies cut what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// After how many milliseconds a reader comes back, at least; and how much more at most, so that a thousand readers do not
/// come back to a restarted server in the same moment.
const RETRY_MS: (u64, u64) = (2000, 2000);

/// Watch a bin
///
/// Server-sent events. `capture` has a capture as lists have it, in one line of JSON, and its number as `id`; `deleted` has
/// `{"n": …}`; `marked` has a capture that was pinned, unpinned or noted on; `cleared` and `gone` have `{}`, and after `gone`, which also tells that a read key has ended, the stream ends; `resync` has `{"after": …}`: more was missed
/// than is sent one by one, so list the captures again; what comes next is above that number.
///
/// A reader that comes back with `Last-Event-ID` (or `after`) is first given what it missed, without a gap or a double. An
/// idle stream has a comment every 15 seconds. A stream that ends without `gone` is to be opened again.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/events",
    operation_id = "watch_bin",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("q" = Option<String>, Query, description = "A filter: other captures are not told of", example = "method:POST"),
        ("after" = Option<u64>, Query, description = "Begin behind this number; without it, with what is new"),
        ("respond" = Option<u64>, Query, minimum = 1, maximum = 120,
            description = "Senders wait so many seconds at most for the attempt of kind `listen` on their capture, and are given its answer. \
                For the bin's own key, and one reader at a time"),
        ("Hookwell-Listener" = Option<String>, Header, description = "Needed beside `respond`: a name by which a reader that comes back takes its own place over, and tells of its attempts"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The last id that was received; outranks `after`"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream",
            example = "id: 12\nevent: capture\ndata: {\"n\":12,\"method\":\"POST\",\"path\":\"/orders\"}\n\n"),
        (status = 409, description = "With `respond`: another reader answers for the bin", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The bin has as many watchers as it may", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn watch(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Error> {
    let names = ["after", "respond"];
    let (filter, [after, respond]) = query::filtered(&uri, names, app.clock.now())?;
    let after = last_event_id(&headers)?.or(after).map(CaptureNumber);
    let seat = match respond {
        Some(seconds) => Some(seat(&app, &visit, &headers, seconds).await?),
        None => None,
    };
    let watch = visit.watch(&app, filter.unwrap_or_default(), after).await?;
    let stream =
        Sse::new(events(visit.bin, watch, seat)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // A proxy that buffers or rewrites would hold events back.
    let headers = [
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, stream).into_response())
}

/// The seat of a listener whose answers senders wait for.
async fn seat(
    app: &App,
    visit: &BinByKey,
    headers: &HeaderMap,
    seconds: u64,
) -> Result<Seat, web::Error> {
    if !visit.can_write() {
        return Err(web::Error::ReadOnly);
    }
    let patience = Duration::from_secs(seconds);
    if seconds == 0 || patience > relay::LONGEST {
        let problem = format!("expected 1 to {}", relay::LONGEST.as_secs());
        return Err(web::Error::Invalid {
            field: "respond",
            problem,
        });
    }
    let name = listener(headers)?.ok_or_else(|| web::Error::Invalid {
        field: "Hookwell-Listener",
        problem: "expected a name beside `respond`".to_owned(),
    })?;
    let seat = app.relay.attend(&visit.bin, name, patience).await;
    seat.map_err(|error| match error {
        relay::Error::Taken => web::Error::Taken,
        relay::Error::Store(error) => error.into(),
    })
}

/// The number after which a returning reader wants to go on. Ids are ours, so anything else was never sent by us; an empty
/// one is what a reader sends that has received none.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, web::Error> {
    match headers.get("last-event-id").map(|id| id.to_str()) {
        None | Some(Ok("")) => Ok(None),
        Some(id) => id
            .ok()
            .and_then(|id| id.parse().ok())
            .map(Some)
            .ok_or_else(|| web::Error::Field {
                field: "Last-Event-ID".to_owned(),
                problem: "expected the number of a capture".to_owned(),
            }),
    }
}

fn events(
    bin: Arc<Bin>,
    watch: Watch,
    seat: Option<Seat>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let (least, spread) = RETRY_MS;
    let retry = least + uuid::Uuid::new_v4().as_u64_pair().1 % spread;
    // Also makes the head leave at once, and tells a reader behind a proxy that the stream is open.
    let hello = sse::Event::default()
        .retry(Duration::from_millis(retry))
        .comment("watching");
    let rest = stream::unfold((bin, watch, seat), |(bin, mut watch, seat)| async {
        loop {
            // What the store says when it fails is no event: the stream ends, and the reader comes back for what it missed. It also
            // does where another has its seat: then it is told so.
            let event = tokio::select! {
                event = watch.next() => event.ok().flatten()?,
                () = lost(seat.as_ref()) => return None,
            };
            if let (Event::Passed(n), Some(seat)) = (&event, &seat) {
                seat.pass(*n);
            }
            if let Some(event) = written(&bin, &event) {
                return Some((Ok(event), (bin, watch, seat)));
            }
        }
    });
    stream::iter([Ok(hello)]).chain(rest)
}

/// Waits until a listener has lost its seat; for ever where there is none.
async fn lost(seat: Option<&Seat>) {
    match seat {
        Some(seat) => seat.lost().await,
        None => std::future::pending().await,
    }
}

/// The event as it is sent; `None` for what only pages show.
fn written(bin: &Bin, event: &Event) -> Option<sse::Event> {
    let named = |name: &str| sse::Event::default().event(name);
    let event = match event {
        Event::Captured(line) => named("capture")
            .id(line.n.to_string())
            .json_data(wire::Capture::line(bin, line)),
        Event::Deleted(n) => named("deleted").json_data(json!({ "n": n })),
        Event::Marked(line) => named("marked").json_data(wire::Capture::line(bin, line)),
        Event::Cleared => named("cleared").json_data(json!({})),
        Event::Resync(after) => named("resync")
            .id(after.to_string())
            .json_data(json!({ "after": after })),
        Event::Gone => named("gone").json_data(json!({})),
        Event::Passed(_)
        | Event::Attempted(_)
        | Event::Updated
        | Event::Shared
        | Event::Refused => return None,
    };
    // The shapes are maps with text for keys: they can always be written.
    event.ok()
}
