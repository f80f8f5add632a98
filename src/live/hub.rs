//! A channel per watched bin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

use super::Subscription;
use crate::model::{Bin, BinId, CaptureNumber};
use crate::store::{Change, Store};

/// How many changes a reader may be behind before it reads again from the store.
const BACKLOG: usize = 256;

/// The bin has as many watchers as it may.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many watchers on this bin")]
pub struct TooManyWatchers;

/// Hands out subscriptions; cheap to clone.
///
/// A bin's channel is made by its first reader and goes away with its last.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Arc<dyn Store>,
    topics: Arc<Topics>,
    max_watchers: usize,
    stopping: watch::Receiver<bool>,
}

type Topics = Mutex<HashMap<BinId, broadcast::Sender<Change>>>;

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

    /// Watches a bin. With `after` the reader is first given what came after that number; without it only what is new.
    ///
    /// # Errors
    /// [`TooManyWatchers`] when the bin has its fill.
    pub fn subscribe(
        &self,
        bin: Arc<Bin>,
        after: Option<CaptureNumber>,
    ) -> Result<Subscription, TooManyWatchers> {
        let receiver = {
            let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            let topic = topics
                .entry(bin.id)
                .or_insert_with(|| broadcast::channel(BACKLOG).0);
            if self.max_watchers != 0 && topic.receiver_count() >= self.max_watchers {
                return Err(TooManyWatchers);
            }
            topic.subscribe()
        };
        Ok(Subscription::new(
            Arc::clone(&self.store),
            bin,
            after,
            receiver,
            self.stopping.clone(),
        ))
    }

    /// How many streams are open.
    pub fn watchers(&self) -> usize {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.values().map(broadcast::Sender::receiver_count).sum()
    }
}

/// Passes changes on until the store closes.
async fn pump(mut changes: crate::store::ChangeFeed, topics: Arc<Topics>) {
    use broadcast::error::RecvError;
    loop {
        match changes.recv().await {
            Ok(batch) => {
                let mut topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
                if topics.is_empty() {
                    continue;
                }
                for change in batch.iter() {
                    let id = change.bin();
                    let unheard = topics
                        .get(&id)
                        .is_some_and(|topic| topic.send(change.clone()).is_err());
                    if unheard {
                        topics.remove(&id);
                    }
                }
            }
            Err(RecvError::Lagged(_)) => {
                // Nobody knows any more what was missed: each reader's own channel is closed, upon which it reads again.
                topics
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clear();
            }
            Err(RecvError::Closed) => return,
        }
    }
}
