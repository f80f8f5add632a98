//! One reader of one bin.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::model::{Bin, CaptureLine, CaptureNumber};
use crate::store::{self, Change, Store, Window};

/// How many captures a reader may have missed and still be given one by one; beyond it the list has to be read anew.
const CATCH_UP: u64 = 1000;

/// How many captures are read from the store at once.
const PAGE: usize = 100;

/// What a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A capture came.
    Captured(Box<CaptureLine>),
    /// A capture was deleted.
    Deleted(CaptureNumber),
    /// All captures were deleted.
    Cleared,
    /// The bin's settings were changed.
    Updated,
    /// A request was refused.
    Refused,
    /// Too much was missed: read the list anew. What comes next begins after this number.
    Resync(CaptureNumber),
    /// The bin is gone. The stream ends.
    Gone,
}

/// A stream of [`Event`]s: what was missed, then what is new; every capture once, in order.
///
/// It holds a place (the last number it gave), not a queue of captures: what is new is read from the store from that place on,
/// so that a slow reader costs nothing but its own place.
#[derive(Debug)]
pub struct Subscription {
    store: Arc<dyn Store>,
    bin: Arc<Bin>,
    /// The last number that was given; `None` until the first look at the store.
    place: Option<CaptureNumber>,
    /// The newest number that is known to be there.
    newest: Option<CaptureNumber>,
    ready: VecDeque<Event>,
    changes: broadcast::Receiver<Change>,
    stopping: watch::Receiver<bool>,
    over: bool,
}

impl Subscription {
    pub(super) fn new(
        store: Arc<dyn Store>,
        bin: Arc<Bin>,
        after: Option<CaptureNumber>,
        changes: broadcast::Receiver<Change>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            bin,
            place: after,
            newest: None,
            ready: VecDeque::new(),
            changes,
            stopping,
            over: false,
        }
    }

    /// The next event; `None` when the bin is gone, the server stops, or the reader must come back to read again.
    ///
    /// # Errors
    /// What the store says when it cannot be read; the reader should come back later.
    pub async fn next(&mut self) -> store::Result<Option<Event>> {
        if self.place.is_none() || self.newest.is_none() {
            self.look().await?;
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.over || *self.stopping.borrow() {
                return Ok(None);
            }
            if self.place < self.newest {
                self.catch_up().await?;
                continue;
            }
            tokio::select! {
                change = self.changes.recv() => match change {
                    Ok(change) => self.take(&change),
                    Err(RecvError::Lagged(_)) => self.look().await?,
                    Err(RecvError::Closed) => return Ok(None),
                },
                _ = self.stopping.changed() => return Ok(None),
            }
        }
    }

    /// Asks the store for the newest number.
    async fn look(&mut self) -> store::Result<()> {
        let newest = self
            .store
            .lines(
                &self.bin,
                Window::Newest {
                    before: None,
                    limit: 1,
                },
            )
            .await?;
        let newest = newest.first().map_or(CaptureNumber(0), |line| line.n);
        self.newest = self.newest.max(Some(newest));
        // A place ahead of the newest is from another database or from before a clear: nothing new has such a number yet.
        self.place = self.place.or(self.newest);
        Ok(())
    }

    /// Reads a page of what is new; or gives up on it when it is too much.
    async fn catch_up(&mut self) -> store::Result<()> {
        let (place, newest) = (
            self.place.unwrap_or(CaptureNumber(0)),
            self.newest.unwrap_or(CaptureNumber(0)),
        );
        if newest.0 - place.0 > CATCH_UP {
            self.place = Some(newest);
            self.ready.push_back(Event::Resync(newest));
            return Ok(());
        }
        let lines = self
            .store
            .lines(
                &self.bin,
                Window::After {
                    after: place,
                    limit: PAGE,
                },
            )
            .await?;
        // Numbers that are missing here were deleted meanwhile.
        self.place = if lines.len() < PAGE {
            Some(lines.last().map_or(newest, |last| last.n.max(newest)))
        } else {
            lines.last().map(|last| last.n)
        };
        self.newest = self.newest.max(self.place);
        self.ready.extend(
            lines
                .into_iter()
                .map(|line| Event::Captured(Box::new(line))),
        );
        Ok(())
    }

    fn take(&mut self, change: &Change) {
        match *change {
            Change::Captured(_, n) => self.newest = self.newest.max(Some(n)),
            Change::Deleted(_, n) => self.ready.push_back(Event::Deleted(n)),
            Change::Cleared(_) => self.ready.push_back(Event::Cleared),
            Change::Updated(_) => self.ready.push_back(Event::Updated),
            Change::Refused(_) => self.ready.push_back(Event::Refused),
            Change::Gone(_) => {
                self.ready.push_back(Event::Gone);
                self.over = true;
            }
        }
    }
}
