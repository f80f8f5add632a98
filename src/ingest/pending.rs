//! A request that is being received, and what is left of it when its sender goes away.

use std::sync::Arc;

use hyper::http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::head::head;
use super::receive::Receiving;
use super::wire::{Started, WireHead};
use super::{Addressed, Ingest, Link, drafted, origin};
use crate::model::head::text;
use crate::model::{Bin, BodyState, Draft, Envelope, Headers, Reply};

/// A capture that is being received. When its future is dropped half-way, because the sender went away, what came so far is
/// stored as aborted: nothing that reached the server is lost.
pub(super) struct Pending<'a> {
    ingest: &'a Ingest,
    pub(super) bin: Arc<Bin>,
    envelope: Option<Envelope>,
    started: Started,
    pub(super) receiving: Receiving,
}

impl<'a> Pending<'a> {
    pub(super) fn new(
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
                    .map(|host| text(host.as_bytes()).into_owned())
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
    pub(super) fn draft(
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
