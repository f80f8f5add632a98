//! Sends captures on to the targets of their bins.
//!
//! The queue is the store's: a capture is in it from the commit that keeps it until it was taken or given up, so that a restart, or the
//! end of this process in the middle of a call, loses nothing; it may repeat that call. For each target with something to do there is a
//! *lane*, a task of its own: a slow or dead target holds nobody else up, and while it is waited for, it costs a timer.
//!
//! How many calls there are at once has a bound, of sockets and of bytes. It is shared fairly among bins, and those to targets that
//! fail have a part of it for themselves, and go at a pace: see [`Places`].
//!
//! In a lane of concurrency 1 captures go in their order, and one that is tried again holds back those behind it.
//!
//! Here are the lanes: which there are, when each has something to do, how many go at once. [`tried`] is what happens to one capture:
//! whether it is sent, how, and when again. Neither knows how the queue is kept, nor who set the targets.

mod pace;
mod tried;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use self::pace::Pace;
pub use tried::{PATIENCE, TRIES};

use crate::metrics::metrics;
use crate::model::{BinId, Clock};
use crate::outbound::{self, Certificates, Places};
use crate::store::{self, Address, Change, ChangeFeed, Store};

/// How many captures may be on their way at once to targets that took the last one, and how large their bodies may be all together;
/// the others are not even read. Together with those below they take a third of the files that a process may often have open (1024).
const HEALTHY: u64 = 256;
const HEALTHY_BYTES: u64 = 96 << 20;

/// The same for targets that did not take the last one. What is sent there is mostly waited for in vain, and must not be what others
/// wait for.
const FAILING: u64 = 64;
const FAILING_BYTES: u64 = 32 << 20;

/// The pause between two tries of those, all together: fifty in a second.
const FAILING_PAUSE: Duration = Duration::from_millis(20);

/// How long is waited when the store does not answer, doubled that often at most, and before the clock is looked at again.
const MOST_NAPS: u32 = 6;
const NAP: Duration = Duration::from_secs(1);
const LONG_NAP: Duration = Duration::from_mins(1);

type Lane = (BinId, String);

/// Sends captures on.
#[derive(Debug)]
pub struct Forwarder {
    store: Arc<dyn Store>,
    client: outbound::Client,
    certificates: Certificates,
    clock: Clock,
    /// The server's public address, where it has one: verdicts may depend on it.
    base: Option<String>,
    lanes: Mutex<HashMap<Lane, Arc<Running>>>,
    healthy: Arc<Places>,
    failing: Arc<Places>,
    failing_pace: Pace,
}

/// A lane that runs.
#[derive(Debug, Default)]
struct Running {
    /// Whether there may be more to do than when it last looked.
    has_more: AtomicBool,
    /// Wakes it, where something was changed. One word is kept for it.
    word: Notify,
}

/// A lane's place among those that run; left also when its task panics, so that it can begin again.
struct Entry {
    forwarder: Arc<Forwarder>,
    lane: Lane,
    is_left: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        metrics().lane_over();
        if !self.is_left {
            self.forwarder.lanes().remove(&self.lane);
        }
    }
}

impl Entry {
    async fn work(mut self, running: Arc<Running>) {
        let mut failures = 0;
        loop {
            match self.forwarder.turn(&self.lane).await {
                Ok(Turn::Again) => failures = 0,
                Ok(Turn::Wait(pause)) => {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = running.word.notified() => {}
                    }
                }
                Ok(Turn::Nothing) => {
                    let mut lanes = self.forwarder.lanes();
                    // What came since the look is for another look.
                    if !running.has_more.swap(false, Ordering::AcqRel) {
                        lanes.remove(&self.lane);
                        self.is_left = true;
                        return;
                    }
                }
                Err(error) => {
                    // What was sent and could not be noted is sent again: not often, while a disk is full.
                    log(&error);
                    tokio::time::sleep(NAP * (1 << failures)).await;
                    failures = (failures + 1).min(MOST_NAPS);
                }
            }
        }
    }
}

impl Forwarder {
    /// A forwarder; it does nothing before [`run`](Self::run).
    pub fn new(
        store: Arc<dyn Store>,
        client: outbound::Client,
        certificates: Certificates,
        clock: Clock,
        base: Option<String>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            client,
            certificates,
            clock,
            base,
            lanes: Mutex::default(),
            healthy: Places::new(HEALTHY, HEALTHY_BYTES),
            failing: Places::new(FAILING, FAILING_BYTES),
            failing_pace: Pace::new(FAILING_PAUSE),
        })
    }

    /// Works until it is dropped. What is under way then is tried again by the next that runs over this store.
    pub async fn run(self: Arc<Self>) {
        let mut changes: ChangeFeed = self.store.changes();
        let mut tasks = JoinSet::new();
        self.look_for_all(&mut tasks).await;
        loop {
            let batch = tokio::select! {
                batch = changes.recv() => batch,
                Some(_) = tasks.join_next() => continue,
            };
            match batch {
                Ok(batch) if !batch.is_empty() => {
                    for change in batch.iter() {
                        match change {
                            Change::Captured(bin, _) => {
                                self.look_for(*bin, false, &mut tasks).await;
                            }
                            Change::Updated(bin) => {
                                self.look_for(*bin, true, &mut tasks).await;
                            }
                            _ => {}
                        }
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => self.look_for_all(&mut tasks).await,
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, Arc<Running>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins every lane that has something to do.
    async fn look_for_all(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let lanes = loop {
            match self.store.lanes().await {
                Ok(lanes) => break lanes,
                Err(error) => {
                    log(&error);
                    tokio::time::sleep(NAP).await;
                }
            }
        };
        for lane in lanes {
            self.begin(lane, true, tasks);
        }
    }

    /// Begins the lanes of a bin. Those that wait for their next try are woken only for a change: under a flood of captures a dead
    /// target would cost a look for each of them.
    async fn look_for(self: &Arc<Self>, id: BinId, is_change: bool, tasks: &mut JoinSet<()>) {
        // A bin that is gone, or cannot be read now, is left to the next look.
        if let Ok(bin) = self.store.bin(&Address::Id(id)).await {
            for target in &bin.settings.targets {
                self.begin((id, target.url.clone()), is_change, tasks);
            }
        }
    }

    fn begin(self: &Arc<Self>, lane: Lane, is_change: bool, tasks: &mut JoinSet<()>) {
        let mut lanes = self.lanes();
        if let Some(running) = lanes.get(&lane) {
            running.has_more.store(true, Ordering::Release);
            if is_change {
                running.word.notify_one();
            }
            return;
        }
        let running = Arc::<Running>::default();
        lanes.insert(lane.clone(), Arc::clone(&running));
        drop(lanes);
        metrics().lane_begun();
        let entry = Entry {
            forwarder: Arc::clone(self),
            lane,
            is_left: false,
        };
        tasks.spawn(entry.work(running));
    }

    /// Does what there is to do in a lane now.
    async fn turn(&self, (id, url): &Lane) -> store::Result<Turn> {
        let bin = match self.store.bin(&Address::Id(*id)).await {
            Ok(bin) => bin,
            Err(store::Error::Gone { .. } | store::Error::UnknownBin) => return Ok(Turn::Nothing),
            Err(error) => return Err(error),
        };
        let Some(target) = bin
            .settings
            .targets
            .iter()
            .find(|target| target.url == *url)
        else {
            self.store.forget_target(&bin, url).await?;
            return Ok(Turn::Nothing);
        };
        // Of more at once, those that wait for their next try stand in nobody's way.
        let at_once = usize::try_from(target.concurrency).unwrap_or(1);
        let look = if at_once == 1 { 1 } else { at_once * 16 };
        let waiting = self.store.forwards(&bin, url, look).await?;
        let now = self.clock.now();
        let first_due = waiting.iter().map(|forward| forward.due_at).min();
        let due = waiting.into_iter().filter(|forward| forward.due_at <= now);
        let work: Vec<_> = due
            .take(at_once)
            .map(|forward| self.forward(&bin, target, forward))
            .collect();
        if work.is_empty() {
            let Some(due_at) = first_due else {
                return Ok(Turn::Nothing);
            };
            let micros = due_at.as_micros() - now.as_micros();
            let pause = Duration::from_micros(micros.max(0).cast_unsigned());
            let most = if at_once == 1 { LONG_NAP } else { NAP };
            return Ok(Turn::Wait(pause.min(most)));
        }
        // Each to its end, whatever became of the others: what is cut off in the middle is sent twice.
        let done = futures_util::future::join_all(work).await;
        done.into_iter().collect::<store::Result<()>>()?;
        Ok(Turn::Again)
    }
}

/// What a lane does next.
enum Turn {
    Again,
    Wait(Duration),
    Nothing,
}

fn log(error: &store::Error) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "the queue of captures to send on cannot be read or written; it is tried again"
    );
}
