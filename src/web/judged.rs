//! Captures with their verdicts: read as far as that needs, judged before anything in them is masked.
//!
//! Work on more than a little is done on threads that may take their time, and a search for a mistake waits for its turn.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::Error;
use super::content::{Coding, Content, LOOKED_AT};
use crate::model::{Bin, Capture, CaptureLine, CaptureNumber, Verdict, VerdictState};
use crate::outbound::Certificates;
use crate::provider::Certificate;
use crate::store::{self, Store};
use crate::verdict::{self, Evidence};

/// From how many bytes on that are judged it is done on a thread of its own.
const LARGE: usize = 64 * 1024;

/// How many searches for a mistake go on at once: each may take the time of some hundred MACs of a body.
static SEARCHES: Semaphore = Semaphore::const_new(2);

/// The body of a capture without its content codings; `None` where it has none that can be undone.
fn undone(capture: &Capture) -> Option<Bytes> {
    let content = Content::new(&capture.line, capture.body.clone(), false, LOOKED_AT);
    matches!(content.coding, Coding::Undone { problem: None, .. }).then_some(content.bytes)
}

/// Whose captures, and under which address: all that a verdict asks for beside the capture.
#[derive(Debug, Clone)]
pub(super) struct Court {
    pub(super) bin: Arc<Bin>,
    /// The server's public address, where it has one.
    pub(super) base: Option<Arc<str>>,
    /// What is signed with.
    pub(super) certificates: Certificates,
}

impl Court {
    /// Judges captures of a list, whose bodies are read as far as that is within bounds.
    pub(super) async fn lines(
        self,
        store: &dyn Store,
        mut lines: Vec<CaptureLine>,
    ) -> store::Result<Vec<CaptureLine>> {
        let mut left = verdict::LIST_BODIES;
        let mut wanted: Vec<CaptureNumber> = Vec::new();
        for line in lines.iter_mut().filter(|line| line.verdict.is_none()) {
            if !verdict::needs_body(&self.bin, line) {
                line.verdict = self.line(line, &[]);
            } else if line.size > left.min(verdict::LIST_BODY) {
                line.verdict = Some(verdict::unread());
            } else {
                left -= line.size;
                wanted.push(line.n);
            }
        }
        if wanted.is_empty() {
            return Ok(lines);
        }
        let bodies = store.bodies(&self.bin, wanted).await?;
        let bodies: HashMap<CaptureNumber, Bytes> = bodies.into_iter().collect();
        let size: usize = bodies.values().map(Bytes::len).sum();
        let judge = move || {
            for line in &mut lines {
                if let Some(body) = bodies.get(&line.n) {
                    line.verdict = self.line(line, body);
                }
            }
            lines
        };
        if size < LARGE {
            return Ok(judge());
        }
        tokio::task::spawn_blocking(judge)
            .await
            .map_err(|_| store::Error::Unavailable("a read was cut short".to_owned()))
    }

    fn line(&self, line: &CaptureLine, body: &[u8]) -> Option<Verdict> {
        let address = verdict::certificate_url(&self.bin, line, body);
        let fetched = address.map(|address| self.certificates.at_hand(&address));
        let given = Certificate::of(fetched.as_ref().map(|came| came.as_deref()));
        verdict::of_line(&self.bin, self.base.as_deref(), line, body, given)
    }

    /// The verdict of a capture that is at hand.
    pub(super) fn verdict(&self, capture: &Capture) -> Option<Verdict> {
        self.line(&capture.line, &capture.body)
    }

    /// Judges one capture. The first one that names a certificate waits for it.
    pub(super) async fn capture(self, mut capture: Capture) -> Result<Capture, Error> {
        if let Some(address) = verdict::certificate_url(&self.bin, &capture.line, &capture.body) {
            self.certificates.fetch(&address).await.ok(); // The judge asks for it again.
        }
        let is_large = capture.body.len() >= LARGE;
        let judge = move || {
            capture.line.verdict = self.line(&capture.line, &capture.body);
            capture
        };
        if !is_large {
            return Ok(judge());
        }
        let judged = tokio::task::spawn_blocking(judge).await;
        judged.map_err(|error| Error::Panicked(error.to_string()))
    }

    /// What was checked of a capture, and why it does not fit.
    pub(super) async fn evidence(self, capture: Capture) -> Result<Option<Evidence>, Error> {
        let verdict = capture.line.verdict.as_ref();
        let is_search = verdict.is_some_and(|verdict| verdict.state == VerdictState::Invalid);
        // It is never closed.
        let _turn = if is_search {
            SEARCHES.acquire().await.ok()
        } else {
            None
        };
        let search = move || {
            let decoded = is_search.then(|| undone(&capture)).flatten();
            let address = verdict::certificate_url(&self.bin, &capture.line, &capture.body);
            let fetched = address.map(|address| self.certificates.at_hand(&address));
            verdict::evidence(
                &self.bin,
                self.base.as_deref(),
                &capture,
                decoded.as_deref(),
                Certificate::of(fetched.as_ref().map(|came| came.as_deref())),
            )
        };
        let found = tokio::task::spawn_blocking(search).await;
        found.map_err(|error| Error::Panicked(error.to_string()))
    }
}
