//! The embedded engine: one SQLite file in a data folder, for one server.
//!
//! [`writer`] is the one thread that writes, fed by [`queue`] a batch at a time; [`reader`] holds read-only connections that
//! never wait for it; [`checkpoint`] empties the write-ahead log in the background, [`purge`] deletes in small steps; [`folder`]
//! opens the database, [`room`] is for the day the disk is full; [`backup`](mod@backup) and [`check`](mod@check) work on a database
//! beside its server, or without one, [`moving`] takes all of it to another engine. [`bins`], [`captures`],
//! [`search`], [`events`], [`marks`], [`attempts`], [`forwards`], [`shares`], [`replies`], [`uses`] and [`refusals`] are the SQL, [`row`] turns
//! columns into the model.
//!
//! Durability: WAL with `synchronous=FULL`, so a commit is on the disk before anybody hears of it
//! (<https://www.sqlite.org/pragma.html#pragma_synchronous>).

mod attempts;
mod backup;
mod bins;
mod captures;
mod check;
mod checkpoint;
mod events;
mod folder;
mod forwards;
mod marks;
mod migrate;
pub(super) mod moving;
mod purge;
mod queue;
mod reader;
mod refusals;
mod replies;
mod room;
mod row;
mod search;
mod seats;
mod shares;
mod uses;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{broadcast, mpsc, oneshot};

pub use self::backup::{Error as BackupError, backup, restore};
pub use self::check::check;

use self::bins::Name;
use self::checkpoint::Checkpointer;
use self::queue::{Append, Queue, closed};
use self::reader::Readers;
use self::room::Room;
use self::writer::{Outcome, Writer};
use super::cache::Cache;
use super::{
    Address, Change, ChangeFeed, Error, Found, Job, Measures, Result, Search, Store, Window,
};
use crate::config::StoreConfig;
use crate::model::{
    Attempt, Bin, BinId, Capture, CaptureLine, CaptureNumber, Clock, Draft, Forward, KeyHash,
    Marks, MarksChange, MaskKey, Refusal, Reply, Settings, Settled, Share, TargetState, Timestamp,
    Try, Usage,
};

/// The database in a data folder.
pub fn file_in(data: &Path) -> PathBuf {
    data.join(folder::FILE)
}

/// How many batches of changes a reader of the feed may be behind.
const FEED: usize = 1024;

/// How many bins one round of the sweeper ends at most.
const SWEEP: usize = 100;

/// The embedded store.
pub struct Sqlite {
    queue: Arc<Queue>,
    readers: Arc<Readers>,
    cache: Arc<Cache>,
    feed: broadcast::Sender<Arc<[Change]>>,
    full: Arc<AtomicBool>,
    clock: Clock,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held as long as the store is open: a second server on the folder is refused.
    lock: Mutex<Option<File>>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("full", &self.full)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the database in the data folder, which is made where it is missing. To be called inside a tokio runtime.
    pub(super) fn open(config: &StoreConfig, clock: Clock) -> Result<Self> {
        let folder = &config.data;
        let lock = folder::lock(folder)?;
        let path = folder.join(folder::FILE);
        let mut connection = folder::connect(folder, &path)?;
        migrate::run(&mut connection, &path)?;
        moving::refuse_unfinished(&connection, folder)?;
        let full = Arc::<AtomicBool>::default();
        let (outcomes, receiver) = mpsc::unbounded_channel();
        let cache = Arc::<Cache>::default();
        let writer = Writer::new(
            connection,
            Room::new(folder, Arc::clone(&full)),
            Checkpointer::start(&path)?,
            Arc::clone(&cache),
            outcomes,
        )?;
        let queue = Arc::<Queue>::default();
        let (feed, _) = broadcast::channel(FEED);
        tokio::spawn(dispatch(receiver, feed.clone()));
        let waiting = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer.run(&waiting));
        let thread = thread.map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self {
            queue,
            readers: Arc::new(Readers::new(path)),
            cache,
            feed,
            full,
            clock,
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(lock)),
        })
    }

    async fn find(&self, name: Name) -> Result<Arc<Bin>> {
        let miss = match self.cache.get(&name) {
            Ok(answer) => return answer,
            Err(miss) => miss,
        };
        let wanted = name.clone();
        let found = self
            .readers
            .read(move |connection| bins::find(connection, &wanted))
            .await?;
        self.cache.keep(miss, name, found)
    }

    /// Runs work on the writer's thread.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.queue.task(Box::new(move |writer| {
            answer.send(work(writer)).ok(); // The caller may have gone away; the work is done.
        }))?;
        answered.await.map_err(|_| closed())?
    }

    /// Ends bins: their addresses answer that they are gone.
    fn bury(writer: &mut Writer, bin: &Bin, now: Timestamp) -> Result<()> {
        writer.change(bin.serial, |transaction, counters| {
            counters.clear();
            bins::bury(transaction, bin.serial, now)?;
            uses::reset(transaction, bin.serial)?;
            Ok(((), Change::Gone(bin.id)))
        })
    }
}

/// Passes on what the writer did: one wake-up of one task for a whole batch, which then wakes the senders from inside the
/// runtime.
async fn dispatch(
    mut outcomes: mpsc::UnboundedReceiver<Outcome>,
    feed: broadcast::Sender<Arc<[Change]>>,
) {
    while let Some(Outcome { answers, changes }) = outcomes.recv().await {
        for (sender, result) in answers {
            sender.send(result).ok(); // A sender that went away does not need its answer.
        }
        if !changes.is_empty() && feed.receiver_count() > 0 {
            feed.send(changes.into()).ok(); // The last reader may have gone just now.
        }
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn create_bin(&self, id: BinId, key: KeyHash, settings: Settings) -> Result<Arc<Bin>> {
        let now = self.clock.now();
        let work = move |writer: &mut Writer| {
            if writer.room.is_full() {
                return Err(Error::Full);
            }
            let made = bins::insert(&writer.connection, id, key, settings, now);
            writer.noting_full(made)
        };
        let bin = self.write(work).await?;
        self.cache.forget(&bin);
        Ok(Arc::new(bin))
    }

    async fn bin(&self, address: &Address) -> Result<Arc<Bin>> {
        self.find(Name::from(address)).await
    }

    async fn bin_by_key(&self, key: KeyHash) -> Result<Arc<Bin>> {
        self.find(Name::Key(key)).await
    }

    async fn share(&self, key: KeyHash) -> Result<(Arc<Bin>, Share, MaskKey)> {
        let now = self.clock.now();
        let found = self
            .readers
            .read(move |connection| shares::find(connection, key))
            .await?;
        found.ok_or(Error::UnknownBin)?.open(now)
    }

    async fn shares(&self, bin: &Bin) -> Result<Vec<Share>> {
        let (serial, now) = (bin.serial, self.clock.now());
        self.readers
            .read(move |connection| shares::live(connection, serial, now))
            .await
    }

    async fn create_share(
        &self,
        bin: &Bin,
        key: KeyHash,
        n: Option<CaptureNumber>,
        expires_at: Option<Timestamp>,
    ) -> Result<Share> {
        let (serial, id, now) = (bin.serial, bin.id, self.clock.now());
        let work = move |writer: &mut Writer| {
            writer.change(serial, |transaction, counters| {
                if let Some(n) = n {
                    captures::weight_of(transaction, serial, n, counters)?
                        .ok_or(Error::UnknownCapture)?;
                }
                let share = shares::insert(transaction, serial, key, n, expires_at, now)?;
                Ok((share, Change::Shared(id)))
            })
        };
        self.write(work).await
    }

    async fn revoke_shares(&self, bin: &Bin, share: Option<u64>) -> Result<u64> {
        let (serial, id, now) = (bin.serial, bin.id, self.clock.now());
        let work = move |writer: &mut Writer| {
            writer.change(serial, |transaction, _| {
                let revoked = shares::revoke(transaction, serial, share, now)?;
                Ok((revoked, Change::Shared(id)))
            })
        };
        self.write(work).await
    }

    async fn update_bin(&self, bin: &Bin, settings: Settings) -> Result<Arc<Bin>> {
        let mut updated = bin.clone();
        let has_other_rules = updated.settings.rules != settings.rules;
        updated.settings = settings;
        let work = move |writer: &mut Writer| {
            writer.change(updated.serial, |transaction, _| {
                if has_other_rules {
                    uses::reset(transaction, updated.serial)?;
                }
                forwards::keep_only(transaction, &updated)?;
                bins::update(transaction, updated.serial, &updated.settings)?;
                Ok(((), Change::Updated(updated.id)))
            })?;
            Ok(Arc::new(updated))
        };
        self.write(work).await
    }

    async fn delete_bin(&self, bin: &Bin) -> Result<()> {
        let (bin, now) = (bin.clone(), self.clock.now());
        self.write(move |writer| Self::bury(writer, &bin, now))
            .await
    }

    async fn usage(&self, bin: &Bin) -> Result<Usage> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| bins::usage(connection, serial))
            .await
    }

    async fn append(&self, bin: &Arc<Bin>, draft: Draft) -> Result<CaptureNumber> {
        if self.full.load(Ordering::Relaxed) {
            return Err(Error::Full);
        }
        let (answer, answered) = oneshot::channel();
        self.queue.append(Append {
            bin: Arc::clone(bin),
            draft,
            answer,
        })?;
        answered
            .await
            .map_err(|_| Error::Unavailable("its writer failed".to_owned()))?
    }

    async fn count_use(&self, bin: &Bin, rule: &str, key: &[u8]) -> Result<u64> {
        let (serial, now) = (bin.serial, self.clock.now());
        let (rule, key) = (rule.to_owned(), key.to_vec());
        let work = move |writer: &mut Writer| {
            writer.change_many(serial, |transaction, _| {
                let before = uses::count(transaction, serial, &rule, &key, now)?;
                Ok((before, Vec::new()))
            })
        };
        self.write(work).await
    }

    async fn reset_uses(&self, bin: &Bin) -> Result<()> {
        let serial = bin.serial;
        let work = move |writer: &mut Writer| {
            writer.change_many(serial, |transaction, _| {
                uses::reset(transaction, serial)?;
                Ok(((), Vec::new()))
            })
        };
        self.write(work).await
    }

    async fn answered(&self, bin: &Bin, n: CaptureNumber, reply: Reply) -> Result<()> {
        let (serial, id) = (bin.serial, bin.id);
        let work = move |writer: &mut Writer| {
            writer.change_many(serial, |transaction, counters| {
                let is_there =
                    n.0 > counters.floor && replies::replace(transaction, serial, n.0, &reply)?;
                // Rows show the status.
                let changed = is_there.then_some(Change::Marked(id, n));
                Ok(((), changed.into_iter().collect()))
            })
        };
        self.write(work).await
    }

    async fn lines(&self, bin: &Bin, window: Window) -> Result<Vec<CaptureLine>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| captures::lines(connection, serial, window))
            .await
    }

    async fn search(&self, bin: &Bin, window: Window, search: Search) -> Result<Found> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| search::run(connection, serial, window, &search))
            .await
    }

    async fn capture(&self, bin: &Bin, n: CaptureNumber) -> Result<Capture> {
        let serial = bin.serial;
        let found = self
            .readers
            .read(move |connection| captures::capture(connection, serial, n))
            .await?;
        found.ok_or(Error::UnknownCapture)
    }

    async fn bodies(
        &self,
        bin: &Bin,
        numbers: Vec<CaptureNumber>,
    ) -> Result<Vec<(CaptureNumber, Bytes)>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| captures::bodies(connection, serial, &numbers))
            .await
    }

    async fn deliveries(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        window: Window,
    ) -> Result<Vec<CaptureLine>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| captures::deliveries(connection, serial, n, window))
            .await
    }

    async fn neighbours(
        &self,
        bin: &Bin,
        n: CaptureNumber,
    ) -> Result<(Option<CaptureNumber>, Option<CaptureNumber>)> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| captures::neighbours(connection, serial, n))
            .await
    }

    async fn delete_capture(&self, bin: &Bin, n: CaptureNumber) -> Result<()> {
        let (serial, id) = (bin.serial, bin.id);
        let work = move |writer: &mut Writer| {
            writer.change(serial, |transaction, counters| {
                if captures::delete(transaction, serial, n, counters)? {
                    Ok(((), Change::Deleted(id, n)))
                } else {
                    Err(Error::UnknownCapture)
                }
            })
        };
        self.write(work).await
    }

    async fn delete_captures(&self, bin: &Bin, numbers: Vec<CaptureNumber>) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        let work = move |writer: &mut Writer| {
            writer.change_many(serial, |transaction, counters| {
                let mut changes = Vec::new();
                for n in numbers {
                    if captures::delete(transaction, serial, n, counters)? {
                        changes.push(Change::Deleted(id, n));
                    }
                }
                Ok((changes.len() as u64, changes))
            })
        };
        self.write(work).await
    }

    async fn mark(&self, bin: &Bin, n: CaptureNumber, change: MarksChange) -> Result<Marks> {
        let (serial, id, keep) = (bin.serial, bin.id, bin.settings.keep);
        let work = move |writer: &mut Writer| {
            writer.change(serial, |transaction, counters| {
                let marks = marks::change(transaction, serial, n, &change, keep, counters)?;
                Ok((marks, Change::Marked(id, n)))
            })
        };
        self.write(work).await
    }

    async fn add_attempt(&self, bin: &Bin, n: CaptureNumber, tried: Try) -> Result<Attempt> {
        let (serial, id) = (bin.serial, bin.id);
        self.write(move |writer| {
            let added = writer.aside(serial, |transaction, counters| {
                captures::weight_of(transaction, serial, n, counters)?
                    .ok_or(Error::UnknownCapture)?;
                Ok(attempts::insert(transaction, serial, n, tried)?)
            })?;
            writer.announce(vec![Change::Attempted(id, n)]);
            Ok(added)
        })
        .await
    }

    async fn attempts(&self, bin: &Bin, n: CaptureNumber) -> Result<Vec<Attempt>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| attempts::lines(connection, serial, n))
            .await
    }

    async fn attempt(&self, bin: &Bin, n: CaptureNumber, id: u64) -> Result<Option<Attempt>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| attempts::find(connection, serial, n, id))
            .await
    }

    async fn lanes(&self) -> Result<Vec<(BinId, String)>> {
        self.readers.read(forwards::lanes).await
    }

    async fn forwards(&self, bin: &Bin, target: &str, limit: usize) -> Result<Vec<Forward>> {
        let (serial, target) = (bin.serial, target.to_owned());
        self.readers
            .read(move |connection| forwards::waiting(connection, serial, &target, limit))
            .await
    }

    async fn dead_forwards(&self, bin: &Bin, limit: usize) -> Result<Vec<Forward>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| forwards::dead(connection, serial, limit))
            .await
    }

    async fn settle(
        &self,
        bin: &Bin,
        forward: Forward,
        settled: Settled,
        tried: Option<Try>,
    ) -> Result<Option<Timestamp>> {
        let (serial, id, now) = (bin.serial, bin.id, self.clock.now());
        self.write(move |writer| {
            let n = forward.n;
            let (since, is_kept) = writer.aside(serial, |transaction, counters| {
                let is_there = captures::weight_of(transaction, serial, n, counters)?.is_some();
                let tried = tried.filter(|_| is_there);
                let is_kept = tried.is_some();
                if let Some(tried) = tried {
                    attempts::insert(transaction, serial, n, tried)?;
                }
                let since = forwards::settle(transaction, serial, &forward, settled, now)?;
                Ok((since, is_kept))
            })?;
            if is_kept {
                writer.announce(vec![Change::Attempted(id, n)]);
            }
            Ok(since)
        })
        .await
    }

    async fn pause_target(&self, bin: &Bin, target: &str) -> Result<()> {
        let (serial, target, now) = (bin.serial, target.to_owned(), self.clock.now());
        self.write(move |writer| {
            writer.aside(serial, |transaction, _| {
                Ok(forwards::pause(transaction, serial, &target, now)?)
            })
        })
        .await
    }

    async fn retry_forwards(&self, bin: &Bin, target: Option<String>) -> Result<u64> {
        let (serial, id, now) = (bin.serial, bin.id, self.clock.now());
        self.write(move |writer| {
            writer.change(serial, |transaction, _| {
                let retried = forwards::retry(transaction, serial, target.as_deref(), now)?;
                Ok((retried, Change::Updated(id)))
            })
        })
        .await
    }

    async fn forget_target(&self, bin: &Bin, target: &str) -> Result<()> {
        let (serial, target) = (bin.serial, target.to_owned());
        self.write(move |writer| {
            writer.aside(serial, |transaction, _| {
                Ok(forwards::forget(transaction, serial, &target)?)
            })
        })
        .await
    }

    async fn target_states(&self, bin: &Bin) -> Result<Vec<TargetState>> {
        let bin = bin.clone();
        self.readers
            .read(move |connection| forwards::states(connection, &bin))
            .await
    }

    async fn clear(&self, bin: &Bin) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        self.write(move |writer| {
            writer.change(serial, |_, counters| {
                let upto = CaptureNumber(counters.last_n);
                Ok((counters.clear(), Change::Cleared(id, upto)))
            })
        })
        .await
    }

    fn refuse(&self, address: Address, refusal: Refusal) {
        self.queue.refuse(address, refusal);
    }

    async fn refusals(&self, bin: &Bin, limit: usize) -> Result<Vec<Refusal>> {
        let serial = bin.serial;
        self.readers
            .read(move |connection| refusals::newest(connection, serial, limit))
            .await
    }

    fn changes(&self) -> ChangeFeed {
        self.feed.subscribe()
    }

    async fn sweep(&self, now: Timestamp) -> Result<bool> {
        let over = self
            .readers
            .read(move |connection| bins::expired(connection, now, SWEEP))
            .await?;
        let more = over.len() == SWEEP;
        let work = move |writer: &mut Writer| {
            over.iter()
                .try_for_each(|bin| Self::bury(writer, bin, now))?;
            Ok(uses::sweep(&writer.connection, now)?)
        };
        let old = self.write(work).await?;
        Ok(more || old)
    }

    async fn measure(&self) -> Result<Measures> {
        let waiting = Some(self.queue.waiting() as u64);
        let files = self.readers.files();
        // Stat may wait for a slow disk.
        let bytes = tokio::task::spawn_blocking(move || folder::size(&files)).await;
        Ok(Measures {
            bytes: bytes.ok(),
            waiting,
        })
    }

    async fn check_ready(&self) -> Result<()> {
        let now = self.clock.now().as_micros();
        let work = move |writer: &mut Writer| {
            if writer.room.is_full() {
                return Err(Error::Full);
            }
            let sql = "INSERT INTO heartbeat (only, at) VALUES (1, ?1) ON CONFLICT (only) DO UPDATE SET at = excluded.at";
            let beaten = writer.connection.execute(sql, [now]).map_err(Error::from);
            writer.noting_full(beaten).map(|_| ())
        };
        self.write(work).await
    }

    async fn lease(&self, _: Job, _: Duration) -> Result<bool> {
        Ok(true) // The folder is locked: there is no other node.
    }

    async fn close(&self) {
        self.queue.close();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // The thread finishes what waits and empties the log.
            let joined = tokio::task::spawn_blocking(|| thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer had failed");
            }
        }
        self.readers.close();
        self.cache.forget_all(); // What is asked from now on is asked of the readers, who say that they are closed.
        let lock = self
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(lock) = lock {
            // To close it is not enough: a process that is just being started has the file as well, until it is another program.
            lock.unlock().ok(); // Then it is closed all the same.
        }
    }
}
