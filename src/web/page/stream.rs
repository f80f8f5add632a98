//! What the page of a bin is told as it happens: rendered rows and small statuses, as server-sent events.
//!
//! Rows are those of the page ([`CaptureRow`]). In a burst several of them go as one event, so that a browser
//! has fewer things to do; a single one goes at once. No body is ever sent.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;

use super::filter::Filtered;
use super::listing::Count;
use super::row::CaptureRow;
use super::{Error, query};
use crate::live::Event;
use crate::model::{CaptureLine, CaptureNumber, Clock, Timestamp};
use crate::store::{self, Store};
use crate::web::access::Watch;
use crate::web::extract::Visit;
use crate::web::{self, App};

/// How often an idle stream shows that it is alive: proxies cut what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// After how many milliseconds a browser comes back, at least; and how much more at most, so that a thousand pages do not come
/// back to a restarted server in the same moment.
const RETRY_MS: (u64, u64) = (1000, 2000);

/// How many rows an event has at most.
const ROWS: usize = 50;

/// Rows that come within this time of the last event wait for one another: long enough to gather in a burst, short enough
/// that nobody sees it.
const BURST: Duration = Duration::from_millis(5);

/// How often the number of requests is told at most.
const COUNT: Duration = Duration::from_secs(1);

/// Opens the stream. To a bin that is gone the answer is 204, upon which a browser does not come back.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: Result<Visit, Error>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Error> {
    let bin = match bin {
        Ok(Visit(bin)) => bin,
        Err(Error(
            web::Error::Gone { .. } | web::Error::ShareOver { .. } | web::Error::UnknownBin,
        )) => {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Err(error) => return Err(error),
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = last
        .and_then(|id| id.parse().ok())
        .or_else(|| query::number(&uri, "after"))
        .map(CaptureNumber);
    let filtered = Filtered::from_uri(&uri, app.clock.now());
    let watch = bin.watch(&app, filtered.filter.clone(), after).await?;
    let watcher = Watcher {
        store: Arc::clone(&app.store),
        clock: app.clock.clone(),
        filtered,
        watch,
        pending: None,
        last_rows: None,
        count: String::new(),
        count_told: None,
        count_pause: COUNT,
        passed: None,
        count_at: Some(Instant::now()),
    };
    let stream = Sse::new(watcher.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // A proxy that buffers or rewrites would hold events back.
    let headers = [
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, stream).into_response())
}

/// One open page.
#[derive(Debug)]
struct Watcher {
    store: Arc<dyn Store>,
    clock: Clock,
    filtered: Filtered,
    watch: Watch,
    /// What came behind the rows of a burst and is to be told next.
    pending: Option<Event>,
    /// When rows were told last.
    last_rows: Option<Instant>,
    /// The count as it was told last.
    count: String,
    /// When it was looked at last.
    count_told: Option<Instant>,
    /// How long not to look at it after that.
    count_pause: Duration,
    /// The last of the captures that the filter leaves out: a page that comes back goes on behind it.
    passed: Option<CaptureNumber>,
    /// When to tell it next; `None` when nothing happened that would change it.
    count_at: Option<Instant>,
}

/// What there is to tell next.
enum Next {
    Event(Event),
    Count,
    End,
}

impl Watcher {
    fn events(self) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
        let (least, spread) = RETRY_MS;
        let retry = least + uuid::Uuid::new_v4().as_u64_pair().1 % spread;
        // Also makes the head leave at once, and tells the page that the stream is open.
        let hello = sse::Event::default()
            .retry(Duration::from_millis(retry))
            .comment("watching");
        let rest = stream::unfold(self, |mut watcher| async {
            // When the store cannot be read the stream ends, and the browser comes back for what it missed.
            let event = watcher.next().await.ok().flatten()?;
            Some((Ok(event), watcher))
        });
        stream::iter([Ok(hello)]).chain(rest)
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> store::Result<Option<sse::Event>> {
        // A browser passes over an event without data.
        let named = |name: &str| sse::Event::default().event(name).data("{}");
        loop {
            let event = match self.wait().await? {
                Next::End => return Ok(None),
                // What is done now and then is on the heap while it lasts: most of the time a page waits, and many may be open.
                Next::Count => match Box::pin(self.recount()).await? {
                    Some(count) => return Ok(Some(count)),
                    None => continue,
                },
                Next::Event(event) => event,
            };
            if !matches!(event, Event::Updated | Event::Gone) {
                let soonest = self
                    .count_told
                    .map_or_else(Instant::now, |told| told + self.count_pause);
                self.count_at.get_or_insert(soonest);
            }
            return Ok(Some(match event {
                Event::Captured(line) => Box::pin(self.rows(*line)).await,
                Event::Passed(n) => {
                    self.passed = Some(n);
                    continue;
                }
                Event::Deleted(n) => sse::Event::default().event("deleted").data(n.to_string()),
                Event::Marked(line) => {
                    let row = self.row(&line, self.clock.now());
                    sse::Event::default().event("marked").data(rendered(&row))
                }
                Event::Cleared => named("cleared"),
                Event::Updated => named("updated"),
                Event::Shared => continue,
                Event::Refused => named("refused"),
                Event::Resync(after) => named("resync").id(after.to_string()),
                Event::Gone => named("gone"),
            }));
        }
    }

    /// Waits for the next event, or until the count is due.
    async fn wait(&mut self) -> store::Result<Next> {
        if let Some(event) = self.pending.take() {
            return Ok(Next::Event(event));
        }
        let event = match self.count_at {
            // Before anything else, or a stream of rows without a pause would never have its count.
            Some(at) if at <= Instant::now() => return Ok(Next::Count),
            // `Watch::next` keeps its place when it is dropped, so that to stop waiting for it loses nothing.
            Some(at) => match tokio::time::timeout_at(at, self.watch.next()).await {
                Ok(event) => event?,
                Err(_) => return Ok(Next::Count),
            },
            None => self.watch.next().await?,
        };
        Ok(event.map_or(Next::End, Next::Event))
    }

    /// The count, when it reads otherwise than the one that was told last.
    async fn recount(&mut self) -> store::Result<Option<sse::Event>> {
        self.count_at = None;
        self.count_told = Some(Instant::now());
        let began = Instant::now();
        let count = Count::read(self.watch.bin(), &*self.store, &self.filtered).await?;
        // Counting what a filter lets through can take a while: it is done less often then.
        self.count_pause = COUNT.max(began.elapsed() * 50);
        let count = rendered(&count);
        if count == self.count {
            return Ok(None);
        }
        self.count.clone_from(&count);
        let event = sse::Event::default().event("count").data(count);
        Ok(Some(match self.passed.take() {
            Some(n) => event.id(n.to_string()),
            None => event,
        }))
    }

    fn row(&self, line: &CaptureLine, now: Timestamp) -> CaptureRow {
        CaptureRow::new(line, &self.watch.bin().key, &self.filtered, now, None)
    }

    /// The row of `first`, with those that follow within the time of a burst. Newest first, as the list has them.
    async fn rows(&mut self, first: CaptureLine) -> sse::Event {
        let now = Instant::now();
        let until = self.last_rows.map_or(now, |last| (last + BURST).max(now));
        let mut lines = vec![first];
        while lines.len() < ROWS {
            match tokio::time::timeout_at(until, self.watch.next()).await {
                Ok(Ok(Some(Event::Captured(line)))) => lines.push(*line),
                Ok(Ok(Some(other))) => {
                    self.pending = Some(other);
                    break;
                }
                // What failed or ended will do so again when it is asked next.
                Ok(Ok(None) | Err(_)) | Err(_) => break,
            }
        }
        self.last_rows = Some(Instant::now());
        self.passed = None;
        let newest = lines.last().map(|line| line.n.to_string());
        let now = self.clock.now();
        let html: String = lines
            .iter()
            .rev()
            .map(|line| rendered(&self.row(line, now)))
            .collect();
        let event = sse::Event::default().event("row").data(html);
        event.id(newest.unwrap_or_default())
    }
}

/// A template's text. None that is used here can fail; were one to, the page would show nothing rather than end its stream.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
