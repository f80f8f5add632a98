//! The one thread that writes.
//!
//! It takes all that waits, numbers the captures of each bin, and commits them in one transaction; only then are their senders
//! answered and the changes announced. A batch that fails is done again one by one, so that one bad row costs nobody else
//! anything. The thread outlives every caller: an answer that nobody waits for any more is dropped.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::bins::{self, Counters, Name};
use super::checkpoint::Checkpointer;
use super::purge::Purge;
use super::queue::{
    Append, Batch, Next, Queue, REFUSED_ADDRESSES, REFUSED_TRACES, Refused, closed,
};
use super::room::{Room, SMALL, shrink_log};
use super::{captures, events, forwards, marks, refusals, replies};
use crate::config::log::SPANS;
use crate::metrics::metrics;
use crate::model::{Bin, BinId, CaptureNumber, Draft};
use crate::store::cache::Cache;
use crate::store::{Address, Change, Error, Result};

/// How often a full disk is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long nothing must have come before rows are purged, unless many wait: a lone sender that sends again as soon as it has its
/// answer must not wait for a commit that is not its own.
const PAUSE: Duration = Duration::from_millis(100);

/// What a commit leads to: answers to those who wait, and what to announce.
pub(super) struct Outcome {
    pub(super) answers: Vec<(
        oneshot::Sender<Result<CaptureNumber>>,
        Result<CaptureNumber>,
    )>,
    pub(super) changes: Vec<Change>,
}

/// A bin that a transaction adds to: its counters before and after.
struct Touched<'a> {
    bin: &'a Bin,
    before: Counters,
    after: Counters,
}

/// The writer's own state.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) room: Room,
    /// Counters of bins that were written to, as of the last commit.
    counters: HashMap<u64, Counters>,
    purge: Purge,
    /// Refusals that could not be written yet.
    refused: HashMap<Address, Refused>,
    /// When a full disk was last looked at.
    looked: Instant,
    log_pages: Arc<AtomicU32>,
    checkpointer: Checkpointer,
    /// What is known of a bin is forgotten before anybody hears that it changed.
    cache: Arc<Cache>,
    outcomes: mpsc::UnboundedSender<Outcome>,
}

impl Writer {
    /// A writer over an open and migrated connection.
    pub(super) fn new(
        mut connection: Connection,
        room: Room,
        checkpointer: Checkpointer,
        cache: Arc<Cache>,
        outcomes: mpsc::UnboundedSender<Outcome>,
    ) -> Result<Self> {
        let log_pages = Arc::<AtomicU32>::default();
        let pages = Arc::clone(&log_pages);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count: i32| {
            pages.store(count.max(0).cast_unsigned(), Ordering::Relaxed);
            Ok(())
        }))?;
        let purge = Purge::new(&connection)?;
        Ok(Self {
            connection,
            room,
            counters: HashMap::new(),
            purge,
            refused: HashMap::new(),
            looked: Instant::now(),
            log_pages,
            checkpointer,
            cache,
            outcomes,
        })
    }

    /// Works until the queue is closed and empty, then empties the log.
    pub(super) fn run(mut self, queue: &Queue) {
        let mut expected = 1;
        let mut resting = false;
        loop {
            let wait = if self.purge.can_go_on() {
                Some(if resting { Duration::ZERO } else { PAUSE })
            } else if self.room.is_strained() || self.purge.in_log || !self.refused.is_empty() {
                Some(LOOK_AGAIN)
            } else {
                None
            };
            let next = queue.next(wait, expected);
            if matches!(next, Next::Closed) {
                break;
            }
            resting = matches!(next, Next::Idle);
            let done = match &next {
                Next::Work(batch) => batch.appends.len(),
                Next::Idle | Next::Closed => 0,
            };
            let turn = AssertUnwindSafe(|| match next {
                Next::Work(batch) => self.work(batch),
                Next::Idle | Next::Closed => self.idle(),
            });
            if catch_unwind(turn).is_err() {
                // The senders of that batch are told that the store failed; the next batch starts from what is committed.
                tracing::error!("the writer panicked: its batch was given up");
                self.counters.clear();
            }
            // Senders that wait for an answer before they send again come back about as many as they are: those of this batch
            // and those that came meanwhile. A lone sender is never made to wait.
            expected = (done + queue.waiting()) * 3 / 4;
        }
        self.checkpointer.stop();
        shrink_log(&self.connection);
    }

    fn work(&mut self, batch: Batch) {
        if !batch.appends.is_empty() {
            self.append(batch.appends);
        }
        for task in batch.tasks {
            task(self);
        }
        for (address, refused) in batch.refused {
            self.refuse(address, refused);
        }
        self.look_for_room();
        self.write_refused();
        if self.purge.is_urgent(&self.room) {
            self.purge_some();
        }
        self.checkpointer
            .after_commit(&self.connection, self.log_pages.load(Ordering::Relaxed));
    }

    /// Looks whether a full disk has room again; also while senders go on trying, so that the queue is never empty for long.
    fn look_for_room(&mut self) {
        if self.room.is_strained() && self.looked.elapsed() >= LOOK_AGAIN {
            self.looked = Instant::now();
            self.purge.try_again();
            self.room.recover(&self.connection);
        }
    }

    /// Housekeeping while nothing waits.
    fn idle(&mut self) {
        self.look_for_room();
        self.write_refused();
        if self.purge.can_go_on() {
            self.purge_some();
        } else if self.purge.in_log {
            // What was deleted leaves the log, too.
            shrink_log(&self.connection);
            self.purge.in_log = false;
        }
    }

    fn purge_some(&mut self) {
        let pages = self.log_pages.load(Ordering::Relaxed);
        self.purge.some(&self.connection, &mut self.room, pages);
    }

    fn append(&mut self, appends: Vec<Append>) {
        let results = if self.room.is_full() {
            appends.iter().map(|_| Err(Error::Full)).collect()
        } else {
            let drafts: Vec<_> = appends
                .iter()
                .map(|append| (&*append.bin, &append.draft))
                .collect();
            self.commit_or_retry(&drafts)
        };
        let alone = appends.len() == 1;
        let mut newest: HashMap<BinId, CaptureNumber> = HashMap::new();
        let mut answers = Vec::with_capacity(appends.len());
        for (append, result) in appends.into_iter().zip(results) {
            if let Ok(n) = result {
                newest.insert(append.bin.id, n);
            }
            if alone {
                append.answer.send(result).ok(); // It need not wait for the task that wakes many with one wake-up.
            } else {
                answers.push((append.answer, result));
            }
        }
        let changes = newest
            .into_iter()
            .map(|(bin, n)| Change::Captured(bin, n))
            .collect();
        self.outcomes.send(Outcome { answers, changes }).ok(); // Nobody listens any more when the runtime is going down.
    }

    /// Commits all, or as many as can be, and says for each what became of it.
    fn commit_or_retry(&mut self, drafts: &[(&Bin, &Draft)]) -> Vec<Result<CaptureNumber>> {
        let bytes = drafts
            .iter()
            .map(|(_, draft)| captures::weight(draft))
            .sum();
        let pages = self.log_pages.load(Ordering::Relaxed);
        if !self.room.prepare(&self.connection, bytes, pages) {
            return self.commit_what_fits(drafts);
        }
        match self.commit(drafts) {
            Ok(numbers) => return numbers,
            Err(Error::Full) => {
                metrics().commit_failed();
                // The log's own room may be enough.
                shrink_log(&self.connection);
                match self.commit(drafts) {
                    Ok(numbers) => return numbers,
                    Err(Error::Full) => {
                        self.room.fill(&self.connection);
                        return drafts.iter().map(|_| Err(Error::Full)).collect();
                    }
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "a batch failed");
                    }
                }
            }
            Err(error) => {
                metrics().commit_failed();
                tracing::warn!(error = &error as &dyn std::error::Error, "a batch failed");
            }
        }
        let one = |&(bin, draft): &(&Bin, &Draft)| {
            self.commit(&[(bin, draft)])
                .and_then(|mut numbers| numbers.pop().unwrap_or_else(|| Err(closed())))
        };
        drafts.iter().map(one).collect()
    }

    /// Not all of them fit on the disk; each by itself may, and a small one where a large one does not.
    fn commit_what_fits(&mut self, drafts: &[(&Bin, &Draft)]) -> Vec<Result<CaptureNumber>> {
        match drafts {
            [(_, draft)] => {
                if captures::weight(draft) <= SMALL {
                    self.room.fill(&self.connection);
                }
                vec![Err(Error::Full)]
            }
            drafts => drafts
                .chunks(1)
                .flat_map(|draft| self.commit_or_retry(draft))
                .collect(),
        }
    }

    /// Writes the drafts in one transaction. A draft of a bin that is gone is left out; any other failure is the whole
    /// transaction's, and leaves everything as it was.
    fn commit(&mut self, drafts: &[(&Bin, &Draft)]) -> Result<Vec<Result<CaptureNumber>>> {
        let (began, mut bytes) = (Instant::now(), 0);
        let _span = tracing::info_span!(target: SPANS, "commit", captures = drafts.len()).entered();
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut insert = captures::Insert::prepare(&transaction)?;
        // Prepared when the first comes whose sender is known.
        let mut insert_event: Option<events::Insert<'_>> = None;
        let mut touched: HashMap<u64, Touched<'_>> = HashMap::new();
        let mut numbers = Vec::with_capacity(drafts.len());
        for &(bin, draft) in drafts {
            let entry = match touched.entry(bin.serial) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let known = self.counters.get(&bin.serial).copied();
                    let before =
                        known.map_or_else(|| bins::counters(&transaction, bin.serial), Ok)?;
                    entry.insert(Touched {
                        bin,
                        before,
                        after: before,
                    })
                }
            };
            let counters = &mut entry.after;
            if let Some(at) = counters.gone_at {
                numbers.push(Err(Error::Gone { at }));
                continue;
            }
            counters.last_n += 1;
            insert.run(bin.serial, counters.last_n, draft)?;
            if draft.imported {
                marks::import(&transaction, bin.serial, counters.last_n)?;
            }
            if let Some(sender) = &draft.sender {
                let insert = match &mut insert_event {
                    Some(insert) => insert,
                    none => none.insert(events::Insert::prepare(&transaction)?),
                };
                insert.run(bin.serial, counters.last_n, counters.floor, sender)?;
            }
            replies::insert(
                &transaction,
                bin.serial,
                counters.last_n,
                &draft.envelope.reply,
            )?;
            if !draft.imported {
                let at = draft.envelope.received_at;
                forwards::enqueue(&transaction, bin, counters.last_n, at)?;
            }
            counters.captures += 1;
            let weight = captures::weight(draft);
            counters.bytes += weight;
            bytes += weight;
            // What was imported may be older than the bin, which must not be over at once by it.
            let at = draft.envelope.received_at.max(bin.created_at).as_micros();
            counters.last_capture_at = counters.last_capture_at.max(Some(at));
            numbers.push(Ok(CaptureNumber(counters.last_n)));
        }
        drop((insert, insert_event));
        for (serial, Touched { bin, before, after }) in &mut touched {
            if after.gone_at.is_none() {
                captures::trim(&transaction, *serial, bin.settings.keep, before, after)?;
                bins::save_counters(&transaction, *serial, before, after)?;
            }
        }
        transaction.commit()?;
        let kept = numbers.iter().filter(|number| number.is_ok()).count();
        metrics().committed(kept, bytes, began.elapsed());
        for (serial, Touched { before, after, .. }) in touched {
            self.purge.later(serial, &before, &after);
            self.counters.insert(serial, after);
        }
        Ok(numbers)
    }

    /// Runs a change of one bin in a transaction, then announces it. `change` gets the bin's counters, to change them as well.
    pub(super) fn change<T>(
        &mut self,
        serial: u64,
        change: impl FnOnce(&Transaction<'_>, &mut Counters) -> Result<(T, Change)>,
    ) -> Result<T> {
        self.change_many(serial, |transaction, counters| {
            change(transaction, counters).map(|(value, announced)| (value, vec![announced]))
        })
    }

    /// The same where there may be many things to announce, or none.
    pub(super) fn change_many<T>(
        &mut self,
        serial: u64,
        change: impl FnOnce(&Transaction<'_>, &mut Counters) -> Result<(T, Vec<Change>)>,
    ) -> Result<T> {
        let result = (|| {
            let transaction =
                Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let before = bins::counters(&transaction, serial)?;
            if let Some(at) = before.gone_at {
                return Err(Error::Gone { at });
            }
            let mut after = before;
            let (value, announced) = change(&transaction, &mut after)?;
            bins::save_counters(&transaction, serial, &before, &after)?;
            transaction.commit()?;
            Ok((value, announced, before, after))
        })();
        self.counters.remove(&serial);
        let (value, announced, before, after) = self.noting_full(result)?;
        self.purge.later(serial, &before, &after);
        self.purge.in_log = true;
        let renewed = |change: &Change| matches!(change, Change::Updated(_) | Change::Gone(_));
        if announced.iter().any(renewed) {
            self.cache.forget_serial(serial);
        }
        self.announce(announced);
        Ok(value)
    }

    /// Runs a change beside the captures of a bin in a transaction: of what nobody waits for to be announced, and that leaves its
    /// counters as they are.
    pub(super) fn aside<T>(
        &mut self,
        serial: u64,
        change: impl FnOnce(&Transaction<'_>, &Counters) -> Result<T>,
    ) -> Result<T> {
        if self.room.is_full() {
            return Err(Error::Full);
        }
        let result = (|| {
            let transaction =
                Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let counters = bins::counters(&transaction, serial)?;
            if let Some(at) = counters.gone_at {
                return Err(Error::Gone { at });
            }
            let value = change(&transaction, &counters)?;
            transaction.commit()?;
            Ok(value)
        })();
        self.noting_full(result)
    }

    /// Tells readers what was committed.
    pub(super) fn announce(&self, changes: Vec<Change>) {
        self.outcomes
            .send(Outcome {
                answers: Vec::new(),
                changes,
            })
            .ok(); // As in `append`.
    }

    /// Passes a result on; when it says that the disk is full, captures are refused from now on.
    pub(super) fn noting_full<T>(&mut self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Full)) {
            self.room.fill(&self.connection);
        }
        result
    }

    /// Adds to the refusals that wait. However long they have to, each address has one count and its newest traces.
    fn refuse(&mut self, address: Address, refused: Refused) {
        if self.refused.len() >= REFUSED_ADDRESSES && !self.refused.contains_key(&address) {
            return;
        }
        let waiting = self.refused.entry(address).or_default();
        waiting.count += refused.count;
        waiting.traces.extend(refused.traces);
        let over = waiting.traces.len().saturating_sub(REFUSED_TRACES);
        waiting.traces.drain(..over);
    }

    /// Writes the refusals that wait; as long as the disk does not take them they go on waiting.
    fn write_refused(&mut self) {
        if self.refused.is_empty() || self.room.is_full() {
            return;
        }
        let result = (|| -> Result<Vec<Change>> {
            let transaction =
                Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let mut changes = Vec::new();
            for (address, refused) in &self.refused {
                if let Some((bin, None)) = bins::find(&transaction, &Name::from(address))? {
                    refusals::insert(&transaction, bin.serial, refused)?;
                    changes.push(Change::Refused(bin.id));
                }
            }
            transaction.commit()?;
            Ok(changes)
        })();
        match self.noting_full(result) {
            Ok(changes) => {
                self.refused.clear();
                self.outcomes
                    .send(Outcome {
                        answers: Vec::new(),
                        changes,
                    })
                    .ok(); // As in `append`.
            }
            Err(Error::Full) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "traces of refused requests could not be written yet"
                );
            }
        }
    }
}
