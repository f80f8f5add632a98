//! From a request to a capture: which bin, the head as sent, the body within its limits, the reply, and into the store.
//!
//! Stands between [`serve`](crate::serve), which owns sockets, and the [`store`]. The reply leaves here only after
//! the store said that the capture is durable. It knows nothing of pages, API or HTML. [`Ingest::capture`] is the pipeline from
//! top to bottom; [`address`] says which bin, [`wire`] and [`head`] what the head looked like, [`receive`] reads the body, [`origin`]
//! says who sent it, [`pending`] holds what came so far, [`reply`] builds what the sender hears. Where there is more to hear than that
//! it was kept, [`planned`] and [`relayed`] find out what.
//!
//! Whatever a sender does, it leaves a trace: a body over the limit or cut short is a capture that says so, a head that cannot
//! be read is a refusal on the bin that it names.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

pub mod address;
mod handshake;
mod head;
mod link;
pub mod origin;
mod pending;
mod planned;
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

use self::pending::Pending;
use self::planned::{has_plan, is_handshake, is_open};
use self::receive::{Budget, End, Receiving};
use self::wire::{Started, WireHead};
use crate::config::Config;
use crate::config::log::SPANS;
use crate::forward::Visits;
use crate::metrics::metrics;
use crate::model::{
    Bin, Body, BodyState, CaptureNumber, Clock, Draft, Envelope, Fault, Headers, Reason, Refusal,
    Reply, Timestamp,
};
use crate::provider;
use crate::relay::Relay;
use crate::reply::Replies;
use crate::store::{self, Store};

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
            match self.relay.expect(&bin) {
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

/// Whether the request names one host, as HTTP/1.1 has it; HTTP/1.0 may name none, HTTP/2 names it elsewhere.
fn has_one_host(parts: &Parts) -> bool {
    parts.version != hyper::Version::HTTP_11
        || parts.headers.get_all(hyper::header::HOST).iter().count() == 1
}
