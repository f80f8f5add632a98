//! The place of a sender that waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Relay;
use super::desk::{PASSED, STOPPED, Settled};
use crate::model::{Answer, Bin, CaptureNumber};

/// The place of a sender that waits; given up when it is dropped.
#[derive(Debug)]
pub struct Ticket {
    relay: Arc<Relay>,
    bin: Arc<Bin>,
    n: Option<CaptureNumber>,
    patience: Duration,
}

impl Ticket {
    pub(super) fn new(relay: Arc<Relay>, bin: Arc<Bin>, patience: Duration) -> Self {
        Self {
            relay,
            bin,
            n: None,
            patience,
        }
    }

    /// The listener's answer to a capture, once it is there.
    ///
    /// # Errors
    /// Why there is none, as a part of a sentence.
    pub async fn answer(mut self, n: CaptureNumber) -> Result<Answer, String> {
        let patience = self.patience;
        let came = tokio::time::timeout(patience, self.wait(n)).await;
        match came {
            Ok(Ok(answer)) => Ok(*answer),
            Ok(Err(why)) => Err(why.to_owned()),
            Err(_) => Err(format!("no answer within {} s", patience.as_secs_f32())),
        }
    }

    async fn wait(&mut self, n: CaptureNumber) -> Result<Box<Answer>, &'static str> {
        self.n = Some(n);
        loop {
            let settled = {
                let mut desks = self.relay.desks();
                if self.relay.is_closed.load(Ordering::Relaxed) {
                    return Err(STOPPED);
                }
                desks.entry(self.bin.id).or_default().wait(n)
            };
            let settled = match settled {
                Ok(settled) => settled,
                Err(answered) => answered.await.map_err(|_| "it left")?,
            };
            let is_told = match settled {
                Settled::Look { is_told } => is_told,
                Settled::Answer(answer) => return Ok(answer),
                Settled::Nothing(why) => return Err(why),
            };
            let found = self.relay.store.answer(&self.bin, n).await;
            match found.map(|found| found.map(|tried| Settled::of(&tried))) {
                Ok(Some(Settled::Answer(answer))) => return Ok(answer),
                Ok(Some(Settled::Nothing(why))) => return Err(why),
                Ok(_) if is_told => return Err(PASSED),
                // It is told again when there is something, or the time is over.
                Ok(_) | Err(_) => {}
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut desks = self.relay.desks();
        if let Some(desk) = desks.get_mut(&self.bin.id) {
            desk.leave(self.n);
        }
        self.relay.waiting.fetch_sub(1, Ordering::Relaxed);
        Relay::tidy(&mut desks, self.bin.id);
    }
}
