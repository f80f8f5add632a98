//! Requests to a bin that plans its replies: stored with the reply that was chosen for them.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::Ingest;
use crate::model::{Bin, BodyState, CaptureNumber, Draft, Reply, Timestamp};
use crate::reply::Replies;
use crate::store::{self, Store};
use crate::verdict;

impl Ingest {
    /// Stores a request to a bin that plans its replies.
    pub(super) async fn planned(
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
}

/// Whether the reply is to be chosen: not where a handshake was answered, or a browser asks whether it may send.
pub(super) fn has_plan(bin: &Bin, draft: &Draft) -> bool {
    !Replies::is_plain(bin) && is_open(bin, draft)
}

/// Whether nothing says yet what is to be answered.
pub(super) fn is_open(bin: &Bin, draft: &Draft) -> bool {
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
pub(super) fn is_handshake(reply: &Reply) -> bool {
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
