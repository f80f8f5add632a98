//! One reader of one bin.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};

use super::hub::Topics;
use crate::metrics::metrics;
use crate::model::{Bin, BinId, CaptureLine, CaptureNumber};
use crate::store::{self, Change, Store, Window};

/// How many captures a reader may have missed and still be given one by one; beyond it the list has to be read anew.
const CATCH_UP: u64 = 1000;

/// How many captures are read from the store at once.
const PAGE: usize = 100;

/// How many attempts are told one by one to a reader that is behind.
const ATTEMPTED: usize = 8;

/// What a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A capture came.
    Captured(Box<CaptureLine>),
    /// A capture came that is not one of those that the reader watches for. A subscription knows no filters: this is for who
    /// stands between it and the reader.
    Passed(CaptureNumber),
    /// A capture was deleted.
    Deleted(CaptureNumber),
    /// The marks of a capture were changed.
    Marked(Box<CaptureLine>),
    /// There is one more attempt to send a capture on; with `None` there are too many to say of which.
    Attempted(Option<CaptureNumber>),
    /// All captures were deleted.
    Cleared,
    /// The bin's settings were changed.
    Updated,
    /// Share links of the bin were revoked.
    Shared,
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
    /// The last number that was given, or is not to be given any more.
    place: CaptureNumber,
    /// The newest number that may be given: what was announced before it has been heard.
    newest: CaptureNumber,
    ready: VecDeque<Event>,
    /// Captures whose marks were changed, to be read anew.
    marked: VecDeque<CaptureNumber>,
    /// How many attempts it was told of.
    attempts: u64,
    news: News,
    over: bool,
}

/// The captures that happened to last.
#[derive(Debug)]
pub(super) struct Newest {
    /// The newest that came.
    pub(super) n: CaptureNumber,
    /// How many attempts there were to send one on, and which they were last.
    attempts: u64,
    attempted: [CaptureNumber; ATTEMPTED],
}

impl Default for Newest {
    fn default() -> Self {
        Self {
            n: CaptureNumber(0),
            attempts: 0,
            attempted: [CaptureNumber(0); ATTEMPTED],
        }
    }
}

impl Newest {
    pub(super) fn attempted(&mut self, n: CaptureNumber) {
        let at = usize::try_from(self.attempts).unwrap_or(0) % ATTEMPTED;
        if let Some(place) = self.attempted.get_mut(at) {
            *place = n;
        }
        self.attempts += 1;
    }

    /// Of what there were attempts since there were so many.
    fn since(&self, attempts: u64) -> impl Iterator<Item = Event> + use<'_> {
        let new = self.attempts.saturating_sub(attempts);
        let is_all = new <= ATTEMPTED as u64;
        let numbers = (attempts..self.attempts).filter(move |_| is_all);
        let numbers = numbers.filter_map(|count| {
            let at = usize::try_from(count).ok()? % ATTEMPTED;
            self.attempted.get(at).copied()
        });
        let too_many = (!is_all).then_some(Event::Attempted(None));
        let told = numbers.map(|n| Event::Attempted(Some(n)));
        too_many.into_iter().chain(told)
    }
}

/// What a subscription listens to.
#[derive(Debug)]
pub(super) struct News {
    pub(super) newest: watch::Receiver<Newest>,
    pub(super) others: broadcast::Receiver<Change>,
    pub(super) stopping: watch::Receiver<bool>,
    /// Behind the receivers, so that it is dropped after them.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(super) seat: Seat,
}

/// A reader's place at its topic. Whoever leaves last takes the topic along.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) topics: Arc<Topics>,
    pub(super) bin: BinId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.topics.leave(self.bin);
    }
}

impl Subscription {
    /// A subscription that begins after a number, or with what comes after `newest`, the newest there is.
    pub(super) fn new(
        store: Arc<dyn Store>,
        bin: Arc<Bin>,
        after: Option<CaptureNumber>,
        newest: CaptureNumber,
        news: News,
    ) -> Self {
        let attempts = news.newest.borrow().attempts;
        let mut subscription = Self {
            store,
            bin,
            place: after.unwrap_or(newest),
            newest,
            ready: VecDeque::new(),
            marked: VecDeque::new(),
            attempts,
            news,
            over: false,
        };
        if subscription.place > newest {
            // The reader knows captures that are gone, or those of another database.
            subscription.resync(newest);
        }
        subscription
    }

    /// The next event; `None` when the bin is gone, the server stops, or the reader must come back to read again. A caller
    /// that stops waiting for it loses nothing.
    ///
    /// # Errors
    /// What the store says when it cannot be read; the reader should come back later.
    pub async fn next(&mut self) -> store::Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if let Some(&n) = self.marked.front() {
                self.read_marked(n).await?;
                continue;
            }
            if self.over || *self.news.stopping.borrow() {
                return Ok(None);
            }
            // The number is looked at first: what was announced before it is among the others by then, and goes first.
            let newest = self.look();
            match self.news.others.try_recv() {
                Ok(change) => {
                    self.take(&change);
                    continue;
                }
                Err(TryRecvError::Lagged(_)) => {
                    self.resync(self.place.max(newest));
                    continue;
                }
                Err(TryRecvError::Closed) => return Ok(None),
                Err(TryRecvError::Empty) => {}
            }
            self.newest = self.newest.max(newest);
            if self.place < self.newest {
                self.catch_up().await?;
                continue;
            }
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.news.newest.changed() => if changed.is_err() { return Ok(None) },
                change = self.news.others.recv() => match change {
                    Ok(change) => self.take(&change),
                    Err(RecvError::Lagged(_)) => self.resync(self.place),
                    Err(RecvError::Closed) => return Ok(None),
                },
                _ = self.news.stopping.changed() => return Ok(None),
            }
        }
    }

    /// The newest number; attempts that were made since the last look are told.
    fn look(&mut self) -> CaptureNumber {
        let newest = self.news.newest.borrow_and_update();
        self.ready.extend(newest.since(self.attempts));
        self.attempts = newest.attempts;
        newest.n
    }

    /// Reads a page of what is new; or gives up on it when it is too much.
    async fn catch_up(&mut self) -> store::Result<()> {
        let (place, newest) = (self.place, self.newest);
        let window = Window::After {
            after: place,
            limit: PAGE,
        };
        let mut lines = self.store.lines(&self.bin, window).await?;
        // Those above are left for later: a clear that was before them may not have been heard yet.
        let all = lines.len() < PAGE;
        lines.retain(|line| line.n <= newest);
        // Numbers that are not there were deleted: nothing of them was missed.
        let Some((first, last)) = lines.first().zip(lines.last()) else {
            self.place = newest;
            return Ok(());
        };
        if newest.0 - first.n.0 >= CATCH_UP {
            self.resync(newest);
            return Ok(());
        }
        self.place = if all { newest } else { last.n };
        let events = lines
            .into_iter()
            .map(|line| Event::Captured(Box::new(line)));
        self.ready.extend(events);
        Ok(())
    }

    /// Reads a capture whose marks were changed. One that is not there any more is left out.
    async fn read_marked(&mut self, n: CaptureNumber) -> store::Result<()> {
        let window = Window::After {
            after: CaptureNumber(n.0.saturating_sub(1)),
            limit: 1,
        };
        let lines = self.store.lines(&self.bin, window).await?;
        let line = lines.into_iter().find(|line| line.n == n);
        self.ready
            .extend(line.map(|line| Event::Marked(Box::new(line))));
        self.marked.pop_front();
        Ok(())
    }

    /// Goes on after that number, and has the reader read the list anew.
    fn resync(&mut self, place: CaptureNumber) {
        metrics().resynced();
        self.place = place;
        self.ready.push_back(Event::Resync(place));
    }

    fn take(&mut self, change: &Change) {
        match *change {
            Change::Deleted(_, n) => self.ready.push_back(Event::Deleted(n)),
            Change::Marked(_, n) if n <= self.place => self.marked.push_back(n),
            // Captures have a way of their own, and those that are still to be given are read with their marks.
            Change::Captured(..)
            | Change::Marked(..)
            | Change::Attempted(..)
            | Change::Seated(_)
            | Change::Answered(..) => {}
            Change::Shared(_) => self.ready.push_back(Event::Shared),
            Change::Cleared(_, upto) if self.place <= upto => {
                self.place = upto;
                self.ready.push_back(Event::Cleared);
            }
            // The reader was already given captures from after the clear.
            Change::Cleared(..) => self.resync(self.place),
            Change::Updated(_) => self.ready.push_back(Event::Updated),
            Change::Refused(_) => self.ready.push_back(Event::Refused),
            Change::Gone(_) => {
                self.ready.push_back(Event::Gone);
                self.over = true;
            }
        }
    }
}
