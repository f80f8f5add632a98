//! Requests to a bin whose listener answers: stored, then answered with what comes back from it.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;

use super::Ingest;
use super::receive::End;
use super::reply::{self, Answer};
use crate::model::{Bin, Body, Capture, CaptureLine, CaptureNumber, Draft, Fault, Reply};
use crate::provider;
use crate::relay::Ticket;
use crate::reply::{RELAYED, Replies, instead, relayed};

impl Ingest {
    /// Stores a request, waits for the listener's answer, and gives it. Where none comes the bin's own reply is given, and the capture
    /// says why.
    ///
    /// Whoever waits keeps nothing of the request: what the bin's reply is made from is read from the store again.
    pub(super) async fn relayed(
        &self,
        bin: Arc<Bin>,
        (mut draft, memory): (Draft, Option<OwnedSemaphorePermit>),
        parts: &Parts,
        expected: Result<Option<Ticket>, &'static str>,
    ) -> Answer {
        let (at, peer) = (self.clock.now(), draft.envelope.peer);
        let head = draft.envelope.head.headers.block().clone();
        // What is known of it until it is answered.
        draft.envelope.reply = Reply {
            rule: Some(RELAYED.to_owned()),
            ..Reply::none()
        };
        let stored = self.store.append(&bin, draft).await;
        drop(memory);
        let n = match stored {
            Ok(n) => n,
            Err(error) => {
                self.trace(&bin, &error, at, peer, head);
                return reply::not_stored(&error);
            }
        };
        let came = match expected {
            Ok(Some(ticket)) => ticket.answer(n).await,
            Ok(None) => Err("nobody answers".to_owned()),
            Err(why) => Err(why.to_owned()),
        };
        let given = match came {
            Ok(answer) => relayed(&answer, parts.method == Method::HEAD),
            Err(why) => instead(self.own(&bin, n).await, &why),
        };
        let noted = self.note(&bin, n, given.clone());
        if let Some(noted) = noted {
            noted.await.ok(); // What failed is in the log.
        }
        if given.fault != Some(Fault::Drip) {
            tokio::time::sleep(Duration::from_millis(given.delay_ms.into())).await;
        }
        reply::captured(&bin, n, End::Complete, &given, parts)
    }

    /// Notes what was answered, also where the sender leaves in this moment.
    fn note(
        &self,
        bin: &Arc<Bin>,
        n: CaptureNumber,
        given: Reply,
    ) -> Option<tokio::task::JoinHandle<()>> {
        let (store, bin) = (Arc::clone(&self.store), Arc::clone(bin));
        let waited_for = Arc::clone(&self.aborted).try_acquire_owned().ok()?;
        Some(tokio::spawn(async move {
            if let Err(error) = store.answered(&bin, n, given).await {
                tracing::warn!(%error, "a reply could not be noted on its capture");
            }
            drop(waited_for);
        }))
    }

    /// The bin's own reply to a capture that is stored.
    async fn own(&self, bin: &Arc<Bin>, n: CaptureNumber) -> Reply {
        if Replies::is_plain(bin) {
            return Reply::plain(200);
        }
        let planned = async {
            let capture = self.store.capture(bin, n).await?;
            let draft = drafted_again(capture);
            let chosen = self.replies.choose(bin, &draft).await?;
            let (bin, now) = (Arc::clone(bin), self.clock.now());
            // A template may take its time.
            let making =
                tokio::task::spawn_blocking(move || chosen.make(&draft, &bin, Some(n), now));
            Ok::<_, crate::store::Error>(making.await.ok())
        };
        match planned.await {
            Ok(Some(reply)) => reply,
            Ok(None) => Reply::plain(200),
            Err(error) => {
                tracing::warn!(%error, "the bin's reply could not be chosen");
                Reply::plain(200)
            }
        }
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
