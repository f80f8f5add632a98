//! A topic per watched bin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

use super::Subscription;
use super::subscription::{Newest, News, Seat};
use crate::metrics::metrics;
use crate::model::{Bin, BinId, CaptureNumber};
use crate::store::{self, Address, Change, Store, Window};

/// How many changes, captures left out, a reader may be behind before it has to read the list anew.
const BACKLOG: usize = 64;

/// Why a bin cannot be watched now.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bin has as many watchers as it may.
    #[error("too many watchers on this bin")]
    TooManyWatchers,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Hands out subscriptions; cheap to clone.
///
/// A bin's topic is made by its first reader and goes away with its last.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Arc<dyn Store>,
    topics: Arc<Topics>,
    max_watchers: usize,
    stopping: watch::Receiver<bool>,
}

/// What the readers of one bin listen to.
///
/// Captures come by the thousand and are read from the store, so that of them the newest number is enough, which nobody can
/// be too slow for; attempts come as often, and the latest of them stand beside it. Whoever has seen a number there finds in
/// `others` all that was announced before it.
#[derive(Debug)]
struct Topic {
    newest: watch::Sender<Newest>,
    others: broadcast::Sender<Change>,
}

impl Default for Topic {
    fn default() -> Self {
        Self {
            newest: watch::Sender::default(),
            others: broadcast::channel(BACKLOG).0,
        }
    }
}

/// The bins that are watched.
#[derive(Debug, Default)]
pub(super) struct Topics(Mutex<HashMap<BinId, Topic>>);

impl Topics {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<BinId, Topic>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets a bin that nobody watches any more.
    pub(super) fn leave(&self, bin: BinId) {
        self.with(|topics| {
            if topics
                .get(&bin)
                .is_some_and(|topic| topic.others.receiver_count() == 0)
            {
                topics.remove(&bin);
            }
        });
    }

    fn tell(&self, changes: &[Change]) {
        self.with(|topics| {
            if topics.is_empty() {
                return;
            }
            for change in changes {
                let Some(topic) = topics.get(&change.bin()) else {
                    continue;
                };
                match change {
                    Change::Captured(_, n) => topic.newest.send_modify(|newest| newest.n = *n),
                    Change::Attempted(_, n) => {
                        topic.newest.send_modify(|newest| newest.attempted(*n));
                    }
                    // Nobody who watches sees them.
                    Change::Seated(_) | Change::Answered(..) => {}
                    // Its last reader may be leaving just now.
                    other => drop(topic.others.send(other.clone())),
                }
            }
        });
    }
}

impl Hub {
    /// A hub over the store's changes. Its subscriptions end when `stopping` turns true; `max_watchers` is per bin, 0 for any
    /// number. To be called inside a tokio runtime, since it starts the task that passes changes on.
    pub fn new(
        store: Arc<dyn Store>,
        max_watchers: usize,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let topics = Arc::<Topics>::default();
        tokio::spawn(pump(store.changes(), Arc::clone(&topics)));
        Self {
            store,
            topics,
            max_watchers,
            stopping,
        }
    }

    /// Watches a bin. With `after` the reader is first given what came after that number; without it what comes from the
    /// moment on that this returns.
    ///
    /// # Errors
    /// [`Error::TooManyWatchers`] when the bin has its fill; [`Error::Store`] when the store cannot be read.
    pub async fn subscribe(
        &self,
        bin: Arc<Bin>,
        after: Option<CaptureNumber>,
    ) -> Result<Subscription, Error> {
        let news = self.topics.with(|topics| {
            let topic = topics.entry(bin.id).or_default();
            if self.max_watchers != 0 && topic.others.receiver_count() >= self.max_watchers {
                return Err(Error::TooManyWatchers);
            }
            Ok(News {
                newest: topic.newest.subscribe(),
                others: topic.others.subscribe(),
                stopping: self.stopping.clone(),
                seat: Seat {
                    topics: Arc::clone(&self.topics),
                    bin: bin.id,
                },
            })
        })?;
        // Looked at while already listening: what comes meanwhile is seen by one of the two.
        let window = Window::Newest {
            before: None,
            limit: 1,
        };
        let lines = self.store.lines(&bin, window).await?;
        // Its end may have been announced before anybody listened.
        self.store.bin(&Address::Id(bin.id)).await?;
        let newest = lines.first().map_or(CaptureNumber(0), |line| line.n);
        Ok(Subscription::new(
            Arc::clone(&self.store),
            bin,
            after,
            newest,
            news,
        ))
    }

    /// How many streams are open.
    pub fn watchers(&self) -> usize {
        self.topics.with(|topics| {
            topics
                .values()
                .map(|topic| topic.others.receiver_count())
                .sum()
        })
    }
}

/// Passes changes on until the store closes.
async fn pump(mut changes: store::ChangeFeed, topics: Arc<Topics>) {
    use broadcast::error::RecvError;
    loop {
        match changes.recv().await {
            Ok(batch) if !batch.is_empty() => topics.tell(&batch),
            // Nobody knows any more what was missed: every reader's topic is closed, upon which it comes back to read again.
            missed @ (Ok(_) | Err(RecvError::Lagged(_))) => {
                if missed.is_err() {
                    metrics().lagged();
                }
                topics.with(HashMap::clear);
            }
            Err(RecvError::Closed) => return,
        }
    }
}
