//! What waits for the writer: captures a whole batch at a time, and refusals.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::sql::closed;
use crate::model::{Bin, CaptureNumber, Draft, Refusal};
use crate::store::encode::weight;
use crate::store::{Address, Error, Result};

/// How many captures may wait.
const CAPTURES: usize = 8192;

/// How much one batch is: so many captures, or so many bytes of them, but at least one.
const BATCH: usize = 1024;
const BYTES: u64 = 16 << 20;

/// How many addresses may have refusals waiting, and how many traces are kept of each.
const REFUSED_ADDRESSES: usize = 4096;
const REFUSED_TRACES: usize = 10;

/// A capture that waits for its number.
pub(super) struct Append {
    pub(super) bin: Arc<Bin>,
    pub(super) draft: Draft,
    pub(super) answer: oneshot::Sender<Result<CaptureNumber>>,
}

/// Refusals of one address that wait to be written.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) count: u64,
    pub(super) traces: Vec<Refusal>,
}

#[derive(Default)]
struct State {
    appends: VecDeque<Append>,
    refused: HashMap<Address, Refused>,
    closed: bool,
    /// Whether the database had no room for the last that was written.
    is_full: bool,
}

/// The queue between the server's tasks and those that write.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    captures: Notify,
    refusals: Notify,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a capture. Errors: [`Error::Overloaded`], [`Error::Unavailable`] when closed.
    pub(super) fn append(&self, append: Append) -> Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        if state.appends.len() >= CAPTURES {
            return Err(Error::Overloaded);
        }
        state.appends.push_back(append);
        drop(state);
        self.captures.notify_one();
        Ok(())
    }

    /// The next batch, when there is one; `None` when the queue is closed and empty.
    pub(super) async fn batch(&self) -> Option<Vec<Append>> {
        loop {
            {
                let mut state = self.state();
                let batch = take(&mut state.appends);
                if !batch.is_empty() {
                    return Some(batch);
                }
                if state.closed {
                    return None;
                }
            }
            self.captures.notified().await; // One word is kept for whoever comes late.
        }
    }

    /// How many captures wait now.
    pub(super) fn waiting(&self) -> usize {
        self.state().appends.len()
    }

    /// Notes whether the database had room.
    pub(super) fn note_room(&self, has_room: bool) {
        self.state().is_full = !has_room;
    }

    /// Whether it had none.
    pub(super) fn is_full(&self) -> bool {
        self.state().is_full
    }

    /// All captures that wait: they are not to wait for a server that is not there.
    pub(super) fn drain(&self) -> Vec<Append> {
        self.state().appends.drain(..).collect()
    }

    /// Counts a refusal and keeps its trace; under a flood of addresses or of traces the newest are left out.
    pub(super) fn refuse(&self, address: Address, refusal: Refusal) {
        let refused = Refused {
            count: 1,
            traces: vec![refusal],
        };
        if !self.state().closed {
            self.refuse_again(address, refused);
            self.refusals.notify_one();
        }
    }

    /// Adds refusals, also those that could not be written.
    pub(super) fn refuse_again(&self, address: Address, refused: Refused) {
        let mut state = self.state();
        if state.refused.len() >= REFUSED_ADDRESSES && !state.refused.contains_key(&address) {
            return;
        }
        let entry = state.refused.entry(address).or_default();
        entry.count += refused.count;
        let room = REFUSED_TRACES.saturating_sub(entry.traces.len());
        entry.traces.extend(refused.traces.into_iter().take(room));
    }

    /// Waits until there are refusals.
    pub(super) async fn refusals_wait(&self) {
        self.refusals.notified().await;
    }

    /// Looks again at refusals that could not be written.
    pub(super) fn refusals_come(&self) {
        self.refusals.notify_one();
    }

    /// All refusals that wait.
    pub(super) fn refused(&self) -> HashMap<Address, Refused> {
        std::mem::take(&mut self.state().refused)
    }

    /// Whether it takes no more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Takes no more; what waits is still done.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.captures.notify_one();
        self.refusals.notify_one();
    }
}

/// As many as make a batch.
fn take(appends: &mut VecDeque<Append>) -> Vec<Append> {
    let mut bytes = 0;
    let fitting = appends.iter().take(BATCH).take_while(|append| {
        let is_first = bytes == 0;
        bytes += weight(&append.draft).max(1);
        is_first || bytes <= BYTES
    });
    let count = fitting.count();
    appends.drain(..count).collect()
}
