//! From a request to a capture: which bin, the head as sent, the body within its limits, the reply, and into the store.
//!
//! Stands between [`serve`](crate::serve), which owns sockets, and the [`store`]. The reply leaves here only after
//! the store said that the capture is durable. It knows nothing of pages, API or HTML. [`Ingest::capture`] is the pipeline from
//! top to bottom; [`address`] says which bin, [`wire`] what the head looked like, [`receive`] reads the body, [`origin`] says
//! who sent it, [`reply`] builds what the sender hears.
//!
//! Whatever a sender does, it leaves a trace: a body over the limit or cut short is a capture that says so, a head that cannot
//! be read is a refusal on the bin that it names.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

pub mod address;
mod handshake;
mod link;
pub mod origin;
mod receive;
mod relayed;
mod reply;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;
use tracing::field::Empty;

pub use address::Addressed;
pub use link::{Link, Waiting};
pub use reply::Answer;

use self::receive::{Budget, End, Receiving};
use self::wire::{Started, WireHead};
use crate::config::Config;
use crate::config::log::SPANS;
use crate::forward::Visits;
use crate::metrics::metrics;
use crate::model::head::without_fragment;
use crate::model::{
    Bin, Body, BodyState, Capture, CaptureLine, CaptureNumber, Clock, Draft, Envelope, Fault, Head,
    Headers, Reason, Refusal, Reply, Timestamp, Version,
};
use crate::relay::Relay;
use crate::reply::Replies;
use crate::store::{self, Store};
use crate::{provider, verdict};

/// Takes captures.
#[derive(Debug)]
pub struct Ingest {
    store: Arc<dyn Store>,
    config: Arc<Config>,
    clock: Clock,
    budget: Budget,
    /// The public address, where there is one.
    base: Option<String>,
    replies: Arc<Replies>,
    relay: Arc<Relay>,
    /// Who is told of handshakes that were answered.
    visits: Option<Visits>,
    /// One permit for each aborted capture on its way to the store.
    aborted: Arc<Semaphore>,
}

/// How long a sender is left without an answer at most.
const HANG: Duration = Duration::from_hours(1);

/// How many aborted captures [`Ingest::settle`] can wait for.
const ABORTED: u32 = 1 << 20;

impl Ingest {
    /// A pipeline into that store.
    pub fn new(
        store: Arc<dyn Store>,
        config: Arc<Config>,
        clock: Clock,
        relay: Arc<Relay>,
    ) -> Self {
        let budget = Budget::new(&config.limits);
        let base = config.listen.public_base();
        Self {
            replies: Arc::new(Replies::new(Arc::clone(&store), base.clone())),
            store,
            base,
            visits: None,
            config,
            clock,
            budget,
            relay,
            aborted: Arc::new(Semaphore::new(ABORTED as usize)),
        }
    }

    /// The same, which tells of handshakes that it answered.
    #[must_use]
    pub fn telling(mut self, visits: Visits) -> Self {
        self.visits = Some(visits);
        self
    }

    /// Waits until what connections left behind when they ended is stored.
    pub async fn settle(&self) {
        self.aborted.acquire_many(ABORTED).await.ok(); // It is never closed.
    }

    /// The bin that a request is for; `None` when it is for hookwell itself.
    pub fn addressed(&self, parts: &Parts) -> Option<Addressed> {
        address::of(parts, &self.config.listen)
    }

    /// Captures a request that is [addressed](Self::addressed) to a bin, and answers it.
    pub async fn capture(
        &self,
        addressed: Addressed,
        request: Request<Incoming>,
        link: &Link,
    ) -> Answer {
        let wire = link.begin();
        let span = tracing::info_span!(
            target: SPANS,
            "capture",
            otel.kind = "server",
            http.response.status_code = Empty,
        );
        let answer = self
            .capture_begun(addressed, request, wire, link)
            .instrument(span.clone())
            .await;
        span.record("http.response.status_code", answer.status.as_u16());
        drop(span);
        match answer.fault {
            Some(Fault::Close | Fault::Reset | Fault::Hang) => metrics().left_without_reply(),
            _ => metrics().replied(answer.status.as_u16()),
        }
        if let Some(Fault::Hang) = answer.fault {
            // Whoever hangs up is noticed as with a stream: nothing will be answered.
            link.begin_stream();
            tokio::time::sleep(HANG).await;
        }
        if !answer.is_slow() {
            link.end();
        }
        answer
    }

    async fn capture_begun(
        &self,
        addressed: Addressed,
        request: Request<Incoming>,
        wire: Result<WireHead, Started>,
        link: &Link,
    ) -> Answer {
        let bin = match self.store.bin(&addressed.address).await {
            Ok(bin) => bin,
            Err(error) => return reply::no_bin(&error),
        };
        let (parts, mut body) = request.into_parts();
        if !has_one_host(&parts) {
            let head = wire.map(WireHead::bytes).unwrap_or_default();
            self.refuse(
                addressed.address,
                Refusal {
                    at: self.clock.now(),
                    reason: Reason::Malformed,
                    peer: link.peer,
                    head,
                },
            );
            return reply::bad_request(
                "an HTTP/1.1 request has exactly one Host header (RFC 9112 section 3.2)",
            );
        }
        let expects = parts.headers.contains_key(hyper::header::EXPECT);
        let receiving = Receiving::new(&body, self.body_limit(&bin));
        let mut pending = Pending::new(self, bin, &parts, &addressed, &wire, link, receiving);
        // A sender that waits to be told to go on is told at once that it need not.
        let end = if expects && pending.receiving.is_declared_too_large() {
            End::TooLarge
        } else {
            pending
                .receiving
                .read(&mut body, &self.budget, &self.config.limits)
                .await
        };
        self.conclude(pending, end, &parts).await
    }

    /// Stores what was received, then answers.
    async fn conclude(&self, mut pending: Pending<'_>, end: End, parts: &Parts) -> Answer {
        let bin = Arc::clone(&pending.bin);
        let (state, status) = match end {
            End::Complete => (BodyState::Complete, Some(reply::status_for(parts))),
            End::TooLarge => (BodyState::Truncated, Some(413)),
            End::TimedOut => (BodyState::Aborted, Some(408)),
            End::Malformed => (BodyState::Aborted, Some(400)),
            End::Gone => (BodyState::Aborted, None),
            End::NoMemory => (BodyState::Aborted, Some(503)),
        };
        let given = status.map_or_else(Reply::none, Reply::plain);
        let Some((draft, memory)) = pending.draft(state, given) else {
            return reply::gone_away();
        };
        if end == End::Complete && is_open(&bin, &draft) {
            match self.relay.expect(bin.id) {
                Ok(None) => {}
                expected => return self.relayed(bin, (draft, memory), parts, expected).await,
            }
        }
        let (at, peer) = (self.clock.now(), draft.envelope.peer);
        let head = draft.envelope.head.headers.block().clone();
        let begun = Instant::now();
        match self.keep(&bin, draft, memory).await {
            Ok((n, given)) => {
                if given.delay_ms > 0 && given.fault != Some(Fault::Drip) {
                    let delay = Duration::from_millis(given.delay_ms.into());
                    tokio::time::sleep(delay.saturating_sub(begun.elapsed())).await;
                }
                reply::captured(&bin, n, end, &given, parts)
            }
            Err(error) => {
                self.trace(&bin, &error, at, peer, head);
                reply::not_stored(&error)
            }
        }
    }

    /// Takes a request that hookwell itself makes, as if it had been sent: it is answered as the bin plans, for whoever reads it.
    ///
    /// # Errors
    /// What the store says when it cannot be kept.
    pub async fn take(
        &self,
        bin: &Arc<Bin>,
        envelope: Envelope,
        body: Body,
    ) -> store::Result<CaptureNumber> {
        let draft = drafted(bin, self.base.as_deref(), envelope, body);
        let (n, _) = self.keep(bin, draft, None).await?;
        Ok(n)
    }

    /// Stores a request, and gives the reply to it: the one that it was drafted with, or what the bin plans.
    async fn keep(
        &self,
        bin: &Arc<Bin>,
        draft: Draft,
        memory: Option<OwnedSemaphorePermit>,
    ) -> store::Result<(CaptureNumber, Reply)> {
        if has_plan(bin, &draft) {
            return self.planned(bin, draft, memory).await;
        }
        let given = draft.envelope.reply.clone();
        let n = self.store.append(bin, draft).await?;
        drop(memory);
        if is_handshake(&given)
            && let Some(visits) = &self.visits
        {
            visits.look_at(bin, n);
        }
        Ok((n, given))
    }

    /// Stores a request to a bin that plans its replies.
    async fn planned(
        &self,
        bin: &Arc<Bin>,
        draft: Draft,
        memory: Option<OwnedSemaphorePermit>,
    ) -> store::Result<(CaptureNumber, Reply)> {
        // On a task of its own: a sender that leaves in the middle of it leaves a capture all the same.
        let done = tokio::spawn({
            let (replies, store, bin) = (
                Arc::clone(&self.replies),
                Arc::clone(&self.store),
                Arc::clone(bin),
            );
            let waited_for = Arc::clone(&self.aborted).try_acquire_owned();
            let now = self.clock.now();
            async move {
                let given = store_planned(&replies, &*store, &bin, draft, now).await;
                drop((memory, waited_for));
                given
            }
        });
        done.await
            .unwrap_or_else(|_| Err(store::Error::Unavailable("a reply failed".to_owned())))
    }

    /// Leaves a trace of a request that could not be stored.
    fn trace(&self, bin: &Bin, error: &store::Error, at: Timestamp, peer: SocketAddr, head: Bytes) {
        if let Some(reason) = reply::reason(error) {
            let refusal = Refusal {
                at,
                reason,
                peer,
                head,
            };
            self.refuse(store::Address::Id(bin.id), refusal);
        }
    }

    /// Counts a refusal, and has the bin keep its trace.
    fn refuse(&self, address: store::Address, refusal: Refusal) {
        metrics().refused(refusal.reason);
        self.store.refuse(address, refusal);
    }

    fn body_limit(&self, bin: &Bin) -> u64 {
        let unlimited = |limit: u64| if limit == 0 { u64::MAX } else { limit };
        unlimited(bin.settings.body_limit).min(unlimited(self.config.limits.max_body))
    }

    /// Leaves a trace of a head that could not be read, on the bin that it names.
    pub fn refused(&self, link: &Link, reason: Reason) {
        let head = link.refused_head();
        let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        // A space too many is one of the reasons to refuse it.
        let target = wire::request_line(first)
            .map(|(_, target)| String::from_utf8_lossy(target.trim_ascii()));
        let host = || {
            Headers::from_wire(head.clone())
                .get_text("host")
                .map(std::borrow::Cow::into_owned)
        };
        if let Some(addressed) =
            target.and_then(|target| address::in_head(&target, host, &self.config.listen))
        {
            self.store.refuse(
                addressed.address,
                Refusal {
                    at: self.clock.now(),
                    reason,
                    peer: link.peer,
                    head,
                },
            );
        }
    }
}

/// A request as it is to be stored: who sent it is recognised, and what a provider asks is answered where the plain reply would be
/// given. `base` is the server's public address, where it has one.
fn drafted(bin: &Bin, base: Option<&str>, mut envelope: Envelope, body: Body) -> Draft {
    let sender = provider::recognise(&envelope.head, &body.bytes);
    if envelope.reply.status == Some(200) && body.state == BodyState::Complete {
        let asked = handshake::reply(bin, base, &envelope, &body.bytes, sender.as_ref());
        envelope.reply = asked.unwrap_or(envelope.reply);
    }
    Draft {
        envelope,
        body,
        imported: false,
        sender,
    }
}

/// A request that was stored, as it was before.
fn drafted_again(capture: Capture) -> Draft {
    let CaptureLine {
        envelope,
        state,
        sent,
        ..
    } = capture.line;
    let sender = provider::recognise(&envelope.head, &capture.body);
    Draft {
        envelope,
        body: Body {
            bytes: capture.body,
            state,
            sent,
        },
        imported: false,
        sender,
    }
}

/// Whether the reply is to be chosen: not where a handshake was answered, or a browser asks whether it may send.
fn has_plan(bin: &Bin, draft: &Draft) -> bool {
    !Replies::is_plain(bin) && is_open(bin, draft)
}

/// Whether nothing says yet what is to be answered.
fn is_open(bin: &Bin, draft: &Draft) -> bool {
    let envelope = &draft.envelope;
    let is_preflight = bin.settings.cors
        && envelope.head.method == "OPTIONS"
        && envelope
            .head
            .headers
            .get("access-control-request-method")
            .is_some();
    draft.body.state == BodyState::Complete
        && envelope.reply.status == Some(200)
        && !is_handshake(&envelope.reply)
        && !is_preflight
}

/// Whether a reply is what a provider wanted to hear.
fn is_handshake(reply: &Reply) -> bool {
    let rule = reply.rule.as_deref();
    rule.is_some_and(|rule| rule.starts_with(verdict::HANDSHAKE))
}

/// Chooses the reply to a request, stores both, and gives the reply that was made.
async fn store_planned(
    replies: &Replies,
    store: &dyn Store,
    bin: &Arc<Bin>,
    mut draft: Draft,
    now: Timestamp,
) -> store::Result<(CaptureNumber, Reply)> {
    let chosen = replies.choose(bin, &draft).await?;
    if chosen.is_fixed() {
        let given = chosen.make(&draft, bin, None, now);
        draft.envelope.reply = given.clone();
        let n = store.append(bin, draft).await?;
        return Ok((n, given));
    }
    draft.envelope.reply = chosen.announced();
    let n = store.append(bin, draft.clone()).await?;
    let made = {
        let bin = Arc::clone(bin);
        // A template may take its time.
        tokio::task::spawn_blocking(move || chosen.make(&draft, &bin, Some(n), now)).await
    };
    let given = made.unwrap_or_else(|_| Reply {
        error: Some("it could not be made: the log says why".to_owned()),
        ..Reply::plain(200)
    });
    match store.answered(bin, n, given.clone()).await {
        // The capture is there; what was answered to it is told as far as it was known before.
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, "a reply could not be noted on its capture"),
    }
    Ok((n, given))
}

/// Whether the request names one host, as HTTP/1.1 has it; HTTP/1.0 may name none, HTTP/2 names it elsewhere.
fn has_one_host(parts: &Parts) -> bool {
    parts.version != hyper::Version::HTTP_11
        || parts.headers.get_all(hyper::header::HOST).iter().count() == 1
}

/// A capture that is being received. When its future is dropped half-way, because the sender went away, what came so far is
/// stored as aborted: nothing that reached the server is lost.
struct Pending<'a> {
    ingest: &'a Ingest,
    bin: Arc<Bin>,
    envelope: Option<Envelope>,
    started: Started,
    receiving: Receiving,
}

impl<'a> Pending<'a> {
    fn new(
        ingest: &'a Ingest,
        bin: Arc<Bin>,
        parts: &Parts,
        addressed: &Addressed,
        wire: &Result<WireHead, Started>,
        link: &Link,
        receiving: Receiving,
    ) -> Self {
        let started = match wire {
            Ok(head) => head.started,
            Err(started) => *started,
        };
        let origin = origin::of(
            link.peer,
            &parts.headers,
            &ingest.config.listen.trusted_proxies,
        );
        let host = origin.host.unwrap_or_else(|| {
            let authority = parts
                .uri
                .authority()
                .map(|authority| authority.as_str().to_owned());
            let header = || {
                parts
                    .headers
                    .get(hyper::header::HOST)
                    .map(|host| crate::model::head::text(host.as_bytes()).into_owned())
            };
            authority.or_else(header).unwrap_or_default()
        });
        let envelope = Envelope {
            received_at: started.at,
            took_us: 0,
            head: head(parts, addressed.prefix, wire.as_ref().ok()),
            scheme: origin.scheme,
            host,
            client: origin.client,
            peer: link.peer,
            trailers: Headers::default(),
            reply: Reply::none(),
        };
        Self {
            ingest,
            bin,
            envelope: Some(envelope),
            started,
            receiving,
        }
    }

    /// The draft as far as it came; once.
    fn draft(
        &mut self,
        state: BodyState,
        reply: Reply,
    ) -> Option<(Draft, Option<OwnedSemaphorePermit>)> {
        let mut envelope = self.envelope.take()?;
        envelope.took_us =
            u64::try_from(self.started.instant.elapsed().as_micros()).unwrap_or(u64::MAX);
        envelope.trailers = std::mem::take(&mut self.receiving.trailers);
        envelope.reply = reply;
        let (body, memory) = self.receiving.finish(state);
        let base = self.ingest.base.as_deref();
        Some((drafted(&self.bin, base, envelope, body), memory))
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let (Some((draft, memory)), Ok(runtime)) = (
            self.draft(BodyState::Aborted, Reply::none()),
            tokio::runtime::Handle::try_current(),
        ) {
            let (store, bin) = (Arc::clone(&self.ingest.store), Arc::clone(&self.bin));
            let waited_for = Arc::clone(&self.ingest.aborted).try_acquire_owned();
            runtime.spawn(async move {
                if let Err(error) = store.append(&bin, draft).await {
                    tracing::debug!(%error, "an aborted capture was not stored");
                }
                drop((memory, waited_for));
            });
        }
    }
}

/// The head as it was on the wire where the tape has it, else as hyper read it.
fn head(parts: &Parts, prefix: usize, wire: Option<&WireHead>) -> Head {
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
