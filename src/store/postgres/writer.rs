//! The one task of a node that adds captures.
//!
//! It takes all that waits, locks the bins, numbers the captures of each, and commits them together: three round trips at most,
//! however many they are; what every node is told of it goes along behind the commit ([`feed`](super::feed)). What other nodes add to
//! the same bins waits for the lock, and follows. A batch that fails is done again
//! one by one, so that one bad row costs nobody else anything; when the server is not there, all that wait are told so at once.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::OptionFuture;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Row};

use super::change::{self, COUNTERS};
use super::connect::Address;
use super::insert::{BinColumns, Columns};
use super::purge::Purge;
use super::queue::{Append, Queue};
use super::row::{self, int};
use super::sql::slow;
use super::statements::Statements;
use super::telling::{Plan, Telling};
use super::{days, events, insert};
use crate::metrics::metrics;
use crate::model::{Bin, CaptureNumber};
use crate::store::bounds::BETWEEN_PINS;
use crate::store::counters::Counters;
use crate::store::encode::weight;
use crate::store::{Error, Result};

/// How long a commit may take before its senders are told that it may not be done. It may be done all the same: a sender that
/// tries again is kept twice rather than not at all.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long undoing may take before the connection is given up instead.
const UNDO: Duration = Duration::from_secs(1);

/// How many of the oldest captures are looked at, at a time, to see which are to go.
const OLDEST: u64 = 64;

/// The writer.
pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    pub(super) address: Arc<Address>,
    pub(super) purge: Arc<Purge>,
    pub(super) session: Option<Session>,
    /// Whether the last batch could not be written: that is logged once, and once that it is over.
    pub(super) is_in_trouble: bool,
}

/// A connection with all that it needs.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Statements,
    telling: Telling,
    /// Ends the connection when it is dropped.
    _task: JoinSet<()>,
}

/// A bin that a batch adds to.
pub(super) struct Touched {
    bin: Arc<Bin>,
    before: Counters,
    pub(super) after: Counters,
    /// Numbers and weights of what is added.
    added: Vec<(u64, u64)>,
    /// Numbers between pins that are to go.
    deleted: Vec<u64>,
}

/// What came of each capture of a batch.
type Numbers = Vec<Result<CaptureNumber>>;

impl Session {
    /// Connects.
    async fn open(address: &Address) -> Result<Self> {
        let (client, connection) = address.open().await?;
        let mut task = JoinSet::new();
        task.spawn(async move {
            connection.await.ok(); // Its end is seen by the client.
        });
        address.prepare(&client).await?;
        let statements = Statements::prepare(&client).await?;
        Ok(Self {
            client,
            statements,
            telling: Telling::default(),
            _task: task,
        })
    }
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        loop {
            let due = self.session.as_ref().and_then(|known| known.telling.due());
            let pause = due.map(|due| tokio::time::sleep_until(due.into()));
            let batch = tokio::select! {
                batch = queue.batch() => batch,
                Some(()) = OptionFuture::from(pause) => {
                    self.tell().await;
                    continue;
                }
            };
            let Some(batch) = batch else {
                return self.tell().await;
            };
            let turn = AssertUnwindSafe(self.append(batch)).catch_unwind();
            if turn.await.is_err() {
                // The senders of that batch are told that the store failed; the next batch has a new connection.
                tracing::error!("the writer panicked: its batch was given up");
                self.session = None;
            }
        }
    }

    /// Tells of what is not told of yet. Where that fails the connection is given up: nodes look for what they do not hear of.
    async fn tell(&mut self) {
        let is_due = |known: &mut Session| known.telling.due().is_some();
        let Some(mut session) = self.session.take_if(is_due) else {
            return;
        };
        let mut plan = session.telling.plan([], Instant::now());
        plan.tells = true;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&plan.bins];
        let tell = session.client.query(&session.statements.tell, &values);
        if matches!(tokio::time::timeout(UNDO, tell).await, Ok(Ok(_))) {
            session.telling.done(plan);
            self.session = Some(session);
        }
    }

    async fn append(&mut self, batch: Vec<Append>) {
        let began = Instant::now();
        let attempt = async {
            match self.commit(&batch).await {
                Err(error) if days::was_made_meanwhile(&error) => self.commit(&batch).await,
                done => done,
            }
        };
        let done = tokio::time::timeout(PATIENCE, attempt).await;
        let done = done.unwrap_or_else(|_| Err(slow())); // The connection is gone with what was under way.
        if done.is_err() {
            metrics().commit_failed();
        }
        match done {
            Ok(numbers) => {
                if std::mem::take(&mut self.is_in_trouble) {
                    tracing::info!("captures are written again");
                    self.queue.note_room(true);
                }
                let kept = batch.iter().zip(&numbers).filter(|(_, n)| n.is_ok());
                let weights = kept.map(|(append, _)| weight(&append.draft));
                metrics().committed(weights.clone().count(), weights.sum(), began.elapsed());
                answer(batch, numbers);
            }
            Err(Error::Full) => {
                if !std::mem::replace(&mut self.is_in_trouble, true) {
                    tracing::error!("the database has no room: captures are refused");
                }
                self.queue.note_room(false);
                let full = batch.iter().map(|_| Err(Error::Full)).collect();
                answer(batch, full);
            }
            Err(Error::Unavailable(why)) => {
                if !std::mem::replace(&mut self.is_in_trouble, true) {
                    tracing::error!(
                        why,
                        "captures cannot be written: their senders are told to try again"
                    );
                }
                let waiting = self.queue.drain();
                for append in batch.into_iter().chain(waiting) {
                    append
                        .answer
                        .send(Err(Error::Unavailable(why.clone())))
                        .ok(); // It may have gone away.
                }
            }
            Err(error) if batch.len() == 1 => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a capture cannot be written"
                );
                answer(batch, vec![Err(error)]);
            }
            Err(_) => {
                let mut batch = batch.into_iter();
                while let Some(append) = batch.next() {
                    Box::pin(self.append(vec![append])).await;
                    if self.is_in_trouble {
                        // It went away meanwhile: the others are not to wait for that one by one.
                        let unwritten = batch.by_ref().map(|append| append.answer);
                        unwritten.for_each(|answer| {
                            answer.send(Err(slow())).ok(); // It may have gone away.
                        });
                    }
                }
            }
        }
    }

    async fn commit(&mut self, batch: &[Append]) -> Result<Numbers> {
        let bins: BTreeMap<u64, &Arc<Bin>> = batch
            .iter()
            .map(|append| (append.bin.serial, &append.bin))
            .collect();
        let serials: Vec<i64> = bins.keys().map(|&serial| int(serial)).collect();
        let (mut session, locked) = self.lock(&serials).await?;
        let write = async {
            let mut counters = HashMap::new();
            for found in &locked {
                counters.insert(row::count(found, 0)?, change::counters(found, 1)?);
            }
            write(&session, batch, &counters).await
        };
        match write.await {
            Ok((numbers, raised, plan)) => {
                session.telling.done(plan);
                self.session = Some(session);
                for serial in raised {
                    self.purge.later(serial);
                }
                Ok(numbers)
            }
            Err(error) => {
                let undo = session.client.batch_execute("ROLLBACK");
                if matches!(tokio::time::timeout(UNDO, undo).await, Ok(Ok(()))) {
                    self.session = Some(session);
                }
                Err(error)
            }
        }
    }

    /// Begins a transaction that holds the bins. A connection that turns out to be lost is made anew: nothing was asked of it yet.
    async fn lock(&mut self, serials: &[i64]) -> Result<(Session, Vec<Row>)> {
        loop {
            let known = self.session.take();
            let is_fresh = known.is_none();
            let session = if let Some(session) = known {
                session
            } else {
                Session::open(&self.address).await?
            };
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&serials];
            let begin = session.client.batch_execute("BEGIN");
            let lock = session.client.query(&session.statements.lock, &values);
            match futures_util::future::join(begin, lock).await {
                (Ok(()), Ok(locked)) => return Ok((session, locked)),
                (first, second) => {
                    let error = first.err().or(second.err());
                    if is_fresh || !session.client.is_closed() {
                        return Err(error.map_or_else(slow, Error::from));
                    }
                }
            }
        }
    }
}

/// Tells senders what came of their captures.
fn answer(batch: Vec<Append>, numbers: Numbers) {
    for (append, number) in batch.into_iter().zip(numbers) {
        append.answer.send(number).ok(); // A sender that went away does not need its answer.
    }
}

/// The statement that locks bins, in one order for all.
pub(super) fn lock() -> String {
    format!("SELECT serial, {COUNTERS} FROM bins WHERE serial = ANY($1) ORDER BY serial FOR UPDATE")
}

/// Writes a batch and commits it. Gives the numbers, the bins that have rows to purge now, and what was told.
async fn write(
    session: &Session,
    batch: &[Append],
    counters: &HashMap<u64, Counters>,
) -> Result<(Numbers, Vec<u64>, Plan)> {
    let mut touched: BTreeMap<u64, Touched> = BTreeMap::new();
    let mut numbers = Vec::with_capacity(batch.len());
    let mut rows = Vec::with_capacity(batch.len());
    for append in batch {
        let serial = append.bin.serial;
        let Some(&before) = counters.get(&serial) else {
            numbers.push(Err(Error::UnknownBin));
            continue;
        };
        if let Some(at) = before.gone_at {
            numbers.push(Err(Error::Gone { at }));
            continue;
        }
        let bin = touched.entry(serial).or_insert_with(|| Touched {
            bin: Arc::clone(&append.bin),
            before,
            after: before,
            added: Vec::new(),
            deleted: Vec::new(),
        });
        bin.bin = Arc::clone(&append.bin);
        let n = bin.add(append);
        rows.push((n, append));
        numbers.push(Ok(CaptureNumber(n)));
    }
    let trims = touched.values_mut().map(|bin| bin.trim(session));
    let trims = futures_util::future::join_all(trims);
    let (trims, events) =
        futures_util::future::join(trims, events::Columns::of(session, &rows, counters)).await;
    trims.into_iter().collect::<Result<()>>()?;
    let events = events?;

    let captures = Columns::of(&rows);
    let beside = insert::Beside::of(&rows);
    let bins = BinColumns::of(&touched);
    let deleted: Vec<(i64, Vec<i64>)> = touched
        .iter()
        .filter(|(_, bin)| !bin.deleted.is_empty())
        .map(|(&serial, bin)| (int(serial), bin.deleted.iter().map(|&n| int(n)).collect()))
        .collect();
    let serials = touched.keys().map(|&serial| int(serial));
    let plan = session.telling.plan(serials, Instant::now());
    insert::commit(session, &captures, &beside, &events, &deleted, &bins, &plan).await?;
    let raised = touched
        .iter()
        .filter(|(_, bin)| bin.before.floor < bin.after.floor)
        .map(|(&serial, _)| serial)
        .collect();
    Ok((numbers, raised, plan))
}

impl Touched {
    /// Counts one more capture, and gives it its number.
    fn add(&mut self, append: &Append) -> u64 {
        let counters = &mut self.after;
        counters.last_n += 1;
        counters.captures += 1;
        let weight = weight(&append.draft);
        counters.bytes += weight;
        // What was imported may be older than the bin, which must not be over at once by it.
        let received_at = append.draft.envelope.received_at;
        let at = received_at.max(append.bin.created_at).as_micros();
        counters.last_capture_at = counters.last_capture_at.max(Some(at));
        self.added.push((counters.last_n, weight));
        counters.last_n
    }

    /// Makes the bin fit its `keep`: the oldest captures are gone for readers with this commit. Below the oldest pinned one the floor
    /// is raised and the rows are purged later; above it each row is deleted by itself, a bounded number at once.
    async fn trim(&mut self, session: &Session) -> Result<()> {
        let keep = self.bin.settings.keep;
        let mut looked = self.after.floor;
        let mut is_below_pins = true;
        while self.is_to_be_trimmed() && looked < self.before.last_n {
            let over = match keep.captures {
                0 => 0,
                most => self.after.captures.saturating_sub(most),
            };
            let limit = int(over.clamp(OLDEST, OLDEST * OLDEST));
            let ids = [
                int(self.bin.serial),
                int(looked),
                int(self.before.last_n),
                limit,
            ];
            let [serial, above, upto, limit] = &ids;
            let oldest = &session.statements.oldest;
            let found = session
                .client
                .query(oldest, &[serial, above, upto, limit])
                .await?;
            if found.is_empty() {
                break;
            }
            for found in &found {
                if !self.is_to_be_trimmed() {
                    return Ok(());
                }
                looked = row::count(found, 0)?;
                if found.try_get(2)? {
                    is_below_pins = false;
                } else {
                    self.drop(looked, row::count(found, 1)?, is_below_pins);
                }
            }
        }
        // Of what is added itself the newest stays.
        let older = self.added.len().saturating_sub(1);
        for at in 0..older {
            if !self.is_to_be_trimmed() {
                break;
            }
            if let Some(&(n, weight)) = self.added.get(at) {
                self.drop(n, weight, is_below_pins);
            }
        }
        Ok(())
    }

    fn is_to_be_trimmed(&self) -> bool {
        let most = (self.added.len() as u64).saturating_add(BETWEEN_PINS);
        self.after.are_over(self.bin.settings.keep) && (self.deleted.len() as u64) < most
    }

    fn drop(&mut self, n: u64, weight: u64, is_below_pins: bool) {
        if is_below_pins {
            self.after.floor = n;
        } else {
            self.deleted.push(n);
        }
        self.after.captures = self.after.captures.saturating_sub(1);
        self.after.bytes = self.after.bytes.saturating_sub(weight);
        self.after.dropped += 1;
    }
}
