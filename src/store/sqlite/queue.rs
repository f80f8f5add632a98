//! What waits for the writer: handed over a whole batch at a time, with one wake-up each way.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::writer::Writer;
use crate::model::{Bin, CaptureNumber, Draft, Refusal};
use crate::store::{Address, Error, Result};

/// How many captures may wait. A batch takes all that wait, so that this is many times what the disk needs to be busy.
const CAPTURES: usize = 8192;

/// How long a batch is kept open for captures that are expected to join it: about what one sync of a fast disk takes.
const GATHER: Duration = Duration::from_micros(150);

/// How many addresses may have refusals waiting, and how many traces are kept of each.
pub(super) const REFUSED_ADDRESSES: usize = 4096;
pub(super) const REFUSED_TRACES: usize = 10;

/// A capture that waits for its number.
pub(super) struct Append {
    pub(super) bin: Arc<Bin>,
    pub(super) draft: Draft,
    pub(super) answer: oneshot::Sender<Result<CaptureNumber>>,
}

/// Any other work on the writer's thread.
pub(super) type Task = Box<dyn FnOnce(&mut Writer) + Send>;

/// Refusals of one address that wait to be written.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) count: u64,
    pub(super) traces: Vec<Refusal>,
}

/// A batch for the writer.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) appends: Vec<Append>,
    pub(super) tasks: Vec<Task>,
    pub(super) refused: HashMap<Address, Refused>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.tasks.is_empty() && self.refused.is_empty()
    }
}

#[derive(Default)]
struct State {
    batch: Batch,
    closed: bool,
    /// How many captures the writer sleeps for; `None` while it works. Only then is it woken.
    sleeps_for: Option<usize>,
}

impl State {
    /// Whether there is no reason to wake a writer that sleeps for so many captures.
    fn may_sleep(&self, captures: usize) -> bool {
        let Batch {
            appends,
            tasks,
            refused,
        } = &self.batch;
        appends.len() < captures && tasks.is_empty() && refused.is_empty() && !self.closed
    }
}

/// The queue between the server's tasks and the writer's thread.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

/// What the writer gets when it asks for work.
pub(super) enum Next {
    Work(Batch),
    /// Nothing came in the time it was ready to wait.
    Idle,
    /// The queue is closed and empty.
    Closed,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let woken = state
            .sleeps_for
            .is_some_and(|captures| !state.may_sleep(captures));
        if woken {
            state.sleeps_for = None;
        }
        drop(state);
        if woken {
            self.wake.notify_one();
        }
    }

    /// Adds a capture. Errors: [`Error::Overloaded`], [`Error::Unavailable`] when closed.
    pub(super) fn append(&self, append: Append) -> Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        if state.batch.appends.len() >= CAPTURES {
            return Err(Error::Overloaded);
        }
        state.batch.appends.push(append);
        self.wake(state);
        Ok(())
    }

    /// Adds other work; it is done after the captures that wait. Errors: [`Error::Unavailable`] when closed.
    pub(super) fn task(&self, task: Task) -> Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        state.batch.tasks.push(task);
        self.wake(state);
        Ok(())
    }

    /// Counts a refusal and keeps its trace; under a flood of addresses or of traces the newest are left out.
    pub(super) fn refuse(&self, address: Address, refusal: Refusal) {
        let mut state = self.state();
        let closed = state.closed;
        let refused = &mut state.batch.refused;
        if closed || (refused.len() >= REFUSED_ADDRESSES && !refused.contains_key(&address)) {
            return;
        }
        let entry = refused.entry(address).or_default();
        entry.count += 1;
        if entry.traces.len() < REFUSED_TRACES {
            entry.traces.push(refusal);
        }
        self.wake(state);
    }

    /// All that waits. When nothing does it sleeps for something to come, but no longer than `idle`; `None` is for ever. When
    /// something does, but fewer captures than `expected`, it gives the others a moment: a larger batch costs hardly more.
    pub(super) fn next(&self, idle: Option<Duration>, expected: usize) -> Next {
        let mut state = self.state();
        if state.may_sleep(1) && idle != Some(Duration::ZERO) {
            state = self.sleep(state, 1, idle);
        }
        if state.may_sleep(expected) && !state.may_sleep(1) {
            state = self.sleep(state, expected, Some(GATHER));
        }
        if !state.batch.is_empty() {
            return Next::Work(std::mem::take(&mut state.batch));
        }
        if state.closed {
            Next::Closed
        } else {
            Next::Idle
        }
    }

    fn sleep<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        captures: usize,
        longest: Option<Duration>,
    ) -> MutexGuard<'a, State> {
        state.sleeps_for = Some(captures);
        let sleeps = |state: &mut State| state.may_sleep(captures);
        state = match longest {
            None => self
                .wake
                .wait_while(state, sleeps)
                .unwrap_or_else(PoisonError::into_inner),
            Some(longest) => {
                self.wake
                    .wait_timeout_while(state, longest, sleeps)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        state.sleeps_for = None;
        state
    }

    /// How many captures wait now.
    pub(super) fn waiting(&self) -> usize {
        self.state().batch.appends.len()
    }

    /// Takes no more; what waits is still done.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        self.wake(state);
    }
}

/// What a closed store answers.
pub(super) fn closed() -> Error {
    Error::Unavailable("it is closing".to_owned())
}
