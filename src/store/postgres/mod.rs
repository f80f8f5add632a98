//! The engine for many nodes: one PostgreSQL database, and any number of servers over it that know nothing of each other.
//!
//! [`writer`] adds captures, fed by [`queue`] a batch at a time: [`statements`] and [`insert`] are how, [`events`] what it has to look
//! up. All else that changes a bin is a [`change`] out of what tasks
//! have [`shared`], under the same lock of its row: that lock gives a bin one order on all nodes.
//! [`feed`] tells every node what any of them committed, in [`note`]s ([`telling`] says when), and knows by [`heard`] when it missed
//! something; [`purge`] deletes in small steps, [`days`] whole days at once; [`connect`], [`tls`], [`migrate`] and [`schema`] are the way to the server, [`moving`] that to another engine.
//! [`bins`], [`captures`], [`search`], [`leases`], [`seats`], [`marks`], [`attempts`], [`forwards`], [`shares`], [`replies`],
//! [`uses`] and [`refusals`] are the SQL, [`sql`] runs it and says what failures mean, [`row`] turns columns into the model.
//!
//! Durability: `synchronous_commit` is on in every session, whatever the server's default, so a commit is on the server's disk before
//! anybody hears of it (<https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT>).

mod attempts;
mod bins;
mod captures;
mod change;
mod connect;
mod days;
mod events;
mod feed;
mod forwards;
mod heard;
mod insert;
mod leases;
mod marks;
mod migrate;
pub(super) mod moving;
mod note;
mod purge;
mod queue;
mod refusals;
mod replies;
mod room;
mod row;
mod schema;
mod search;
mod seats;
mod shared;
mod shares;
mod sql;
mod statements;
mod telling;
mod tls;
mod uses;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_postgres::Object;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use self::change::Changing;
use self::connect::Address as Server;
use self::feed::Feed;
use self::note::Note;
use self::queue::Append;
use self::shared::Shared;
use self::sql::{Client, slow};
use self::writer::Writer;
use super::cache::Name;
use super::{
    Address, Change, ChangeFeed, Error, Found, Job, Measures, Result, Search, Store, Window,
};
use crate::model::{
    Attempt, Bin, BinId, Capture, CaptureLine, CaptureNumber, Clock, Draft, Forward, KeyHash,
    Marks, MarksChange, MaskKey, Refusal, Reply, Settings, Settled, Share, TargetState, Timestamp,
    Try, Usage,
};

/// How many batches of changes a reader of the feed may be behind.
const FEED: usize = 1024;

/// How many bins one round of the sweeper ends at most.
const SWEEP: usize = 100;

/// How long anything may take before its caller is told that the database does not answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// The store over a PostgreSQL database.
pub struct Postgres {
    shared: Arc<Shared>,
    /// Tasks that end by themselves when the queue is closed: they finish what was accepted.
    finishing: Mutex<Vec<JoinHandle<()>>>,
    /// Tasks that are cut.
    ended: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("server", &self.shared.server)
            .finish_non_exhaustive()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.shared.queue.close();
        self.end();
    }
}

impl Postgres {
    /// Connects, and brings the database to this program's schema. To be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Database`] with what is wrong, for the operator.
    pub(super) async fn open(url: &str, clock: Clock) -> Result<Self> {
        let server = Arc::new(Server::parse(url)?);
        let mut client = server.first().await?;
        migrate::run(&mut client, &server).await?;
        moving::refuse_unfinished(&client, &server).await?;
        if let Some(fault) = schema::fault(&client).await? {
            return Err(server.refuse(format!(
                "{}: were they changed by hand?",
                sql::changed(&fault)
            )));
        }
        drop(client);
        let pool = server.pool()?;
        let (feed, _) = broadcast::channel(FEED);
        let shared = Arc::new(Shared {
            server: Arc::clone(&server),
            pool,
            cache: Arc::default(),
            queue: Arc::default(),
            purge: Arc::default(),
            feed,
            clock,
            node: *uuid::Uuid::new_v4().as_bytes(),
            gate: Arc::default(),
        });
        let ear = Feed {
            address: Arc::clone(&server),
            cache: Arc::clone(&shared.cache),
            changes: shared.feed.clone(),
        };
        let listening = ear.listen().await?;
        if let Err(error) = days::make(&shared.pool, shared.clock.now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "tables for the captures of these days could not be made yet"
            );
        }
        shared.purge.look(&shared.pool.get().await?).await?;
        let writer = Writer {
            queue: Arc::clone(&shared.queue),
            address: server,
            purge: Arc::clone(&shared.purge),
            session: None,
            is_in_trouble: false,
        };
        let finishing = vec![
            tokio::spawn(writer.run()),
            tokio::spawn(Arc::clone(&shared).write_refusals()),
        ];
        let purging = Arc::clone(&shared);
        let ended = vec![
            tokio::spawn(ear.run(listening)),
            tokio::spawn(async move { purging.purge.run(&purging.pool).await }),
        ];
        Ok(Self {
            shared,
            finishing: Mutex::new(finishing),
            ended: Mutex::new(ended),
        })
    }

    /// Cuts what never ends by itself.
    fn end(&self) {
        let mut tasks = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }

    async fn find(&self, name: Name) -> Result<Arc<Bin>> {
        let miss = match self.shared.cache.get(&name) {
            Ok(answer) => return answer,
            Err(miss) => miss,
        };
        let wanted = name.clone();
        let found = self
            .read(|client| async move { bins::find(&client, &wanted).await })
            .await?;
        self.shared.cache.keep(miss, name, found)
    }

    /// Runs a read. A connection that does not answer is given up.
    async fn read<T, F>(&self, read: impl FnOnce(Arc<Client>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let client = Arc::new(self.shared.pool.get().await?);
        let reading = tokio::time::timeout(PATIENCE, read(Arc::clone(&client)));
        if let Ok(result) = reading.await {
            return result;
        }
        if let Some(client) = Arc::into_inner(client) {
            drop(Object::take(client));
        }
        Err(slow())
    }

    /// Runs a change to its end, whether or not its caller waits for it.
    async fn work<T, F>(&self, work: impl FnOnce(Arc<Shared>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let open = Arc::clone(&self.shared.gate).read_owned().await;
        let work = work(Arc::clone(&self.shared));
        let task = tokio::spawn(async move {
            let done = tokio::time::timeout(PATIENCE, work).await;
            drop(open);
            done.unwrap_or_else(|_| Err(slow()))
        });
        task.await
            .map_err(|_| Error::Unavailable("a change was cut short".to_owned()))?
    }
}

#[async_trait]
impl Store for Postgres {
    async fn create_bin(&self, id: BinId, key: KeyHash, settings: Settings) -> Result<Arc<Bin>> {
        self.work(|shared| async move {
            let changing = Changing::begin_new(&shared.pool).await?;
            let client = changing.client()?;
            let bin = bins::insert(client, id, key, settings, shared.clock.now()).await?;
            changing.commit_made(Note::made(id, bin.serial)).await?;
            shared.cache.forget(&bin);
            Ok(Arc::new(bin))
        })
        .await
    }

    async fn bin(&self, address: &Address) -> Result<Arc<Bin>> {
        self.find(Name::from(address)).await
    }

    async fn bin_by_key(&self, key: KeyHash) -> Result<Arc<Bin>> {
        self.find(Name::Key(key)).await
    }

    async fn share(&self, key: KeyHash) -> Result<(Arc<Bin>, Share, MaskKey)> {
        let now = self.shared.clock.now();
        let found = self
            .read(|client| async move { shares::find(&client, key).await })
            .await?;
        found.ok_or(Error::UnknownBin)?.open(now)
    }

    async fn shares(&self, bin: &Bin) -> Result<Vec<Share>> {
        let (serial, now) = (bin.serial, self.shared.clock.now());
        self.read(|client| async move { shares::live(&client, serial, now).await })
            .await
    }

    async fn create_share(
        &self,
        bin: &Bin,
        key: KeyHash,
        n: Option<CaptureNumber>,
        expires_at: Option<Timestamp>,
    ) -> Result<Share> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            if let Some(n) = n {
                let weight = captures::weight_of(&changing, serial, n).await?;
                weight.ok_or(Error::UnknownCapture)?;
            }
            let now = shared.clock.now();
            let share = shares::insert(changing.client()?, serial, key, n, expires_at, now).await?;
            changing.commit(&[Change::Shared(id)]).await?;
            Ok(share)
        })
        .await
    }

    async fn revoke_shares(&self, bin: &Bin, share: Option<u64>) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let now = shared.clock.now();
            let revoked = shares::revoke(changing.client()?, serial, share, now).await?;
            changing.commit(&[Change::Shared(id)]).await?;
            Ok(revoked)
        })
        .await
    }

    async fn update_bin(&self, bin: &Bin, settings: Settings) -> Result<Arc<Bin>> {
        let mut updated = bin.clone();
        let has_other_rules = updated.settings.rules != settings.rules;
        updated.settings = settings;
        self.work(move |shared| async move {
            let changing = shared.change(updated.serial).await?;
            let client = changing.client()?;
            if has_other_rules {
                uses::reset(client, updated.serial).await?;
            }
            forwards::keep_only(client, &updated).await?;
            bins::update(client, updated.serial, &updated.settings).await?;
            changing.commit(&[Change::Updated(updated.id)]).await?;
            shared.cache.forget(&updated);
            Ok(Arc::new(updated))
        })
        .await
    }

    async fn delete_bin(&self, bin: &Bin) -> Result<()> {
        let bin = bin.clone();
        self.work(move |shared| async move { shared.bury(&bin, shared.clock.now()).await })
            .await
    }

    async fn usage(&self, bin: &Bin) -> Result<Usage> {
        let serial = bin.serial;
        self.read(|client| async move { bins::usage(&client, serial).await })
            .await
    }

    async fn append(&self, bin: &Arc<Bin>, draft: Draft) -> Result<CaptureNumber> {
        let (answer, answered) = oneshot::channel();
        self.shared.queue.append(Append {
            bin: Arc::clone(bin),
            draft,
            answer,
        })?;
        answered
            .await
            .map_err(|_| Error::Unavailable("its writer failed".to_owned()))?
    }

    async fn count_use(&self, bin: &Bin, rule: &str, key: &[u8]) -> Result<u64> {
        let (serial, rule, key) = (bin.serial, rule.to_owned(), key.to_vec());
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let now = shared.clock.now();
            let before = uses::count(changing.client()?, serial, &rule, &key, now).await?;
            changing.commit(&[]).await?;
            Ok(before)
        })
        .await
    }

    async fn reset_uses(&self, bin: &Bin) -> Result<()> {
        let serial = bin.serial;
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            uses::reset(changing.client()?, serial).await?;
            changing.commit(&[]).await
        })
        .await
    }

    async fn answered(&self, bin: &Bin, n: CaptureNumber, reply: Reply) -> Result<()> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let is_there = n.0 > changing.counters.floor
                && replies::replace(changing.client()?, serial, n.0, &reply).await?;
            // Rows show the status.
            let changed = is_there.then_some(Change::Marked(id, n));
            changing.commit(changed.as_slice()).await
        })
        .await
    }

    async fn lines(&self, bin: &Bin, window: Window) -> Result<Vec<CaptureLine>> {
        let serial = bin.serial;
        self.read(|client| async move { captures::lines(&client, serial, window).await })
            .await
    }

    async fn search(&self, bin: &Bin, window: Window, search: Search) -> Result<Found> {
        let mut client = self.shared.pool.get().await?;
        let looking = search::run(&mut client, bin.serial, window, search);
        if let Ok(found) = tokio::time::timeout(PATIENCE, looking).await {
            return found;
        }
        drop(Object::take(client));
        Err(slow())
    }

    async fn capture(&self, bin: &Bin, n: CaptureNumber) -> Result<Capture> {
        let serial = bin.serial;
        let found = self
            .read(|client| async move { captures::capture(&client, serial, n).await })
            .await?;
        found.ok_or(Error::UnknownCapture)
    }

    async fn bodies(
        &self,
        bin: &Bin,
        numbers: Vec<CaptureNumber>,
    ) -> Result<Vec<(CaptureNumber, Bytes)>> {
        let serial = bin.serial;
        self.read(|client| async move { captures::bodies(&client, serial, &numbers).await })
            .await
    }

    async fn deliveries(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        window: Window,
    ) -> Result<Vec<CaptureLine>> {
        let serial = bin.serial;
        self.read(|client| async move { captures::deliveries(&client, serial, n, window).await })
            .await
    }

    async fn neighbours(
        &self,
        bin: &Bin,
        n: CaptureNumber,
    ) -> Result<(Option<CaptureNumber>, Option<CaptureNumber>)> {
        let serial = bin.serial;
        self.read(|client| async move { captures::neighbours(&client, serial, n).await })
            .await
    }

    async fn delete_capture(&self, bin: &Bin, n: CaptureNumber) -> Result<()> {
        match self.delete_captures(bin, vec![n]).await? {
            0 => Err(Error::UnknownCapture),
            _ => Ok(()),
        }
    }

    async fn delete_captures(&self, bin: &Bin, numbers: Vec<CaptureNumber>) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let mut changing = shared.change(serial).await?;
            let deleted = captures::delete(&mut changing, serial, &numbers).await?;
            let changes: Vec<_> = deleted.iter().map(|&n| Change::Deleted(id, n)).collect();
            changing.commit(&changes).await?;
            Ok(deleted.len() as u64)
        })
        .await
    }

    async fn mark(&self, bin: &Bin, n: CaptureNumber, change: MarksChange) -> Result<Marks> {
        let (serial, id, keep) = (bin.serial, bin.id, bin.settings.keep);
        self.work(move |shared| async move {
            let mut changing = shared.change(serial).await?;
            let marks = marks::change(&mut changing, serial, n, &change, keep).await?;
            changing.commit(&[Change::Marked(id, n)]).await?;
            Ok(marks)
        })
        .await
    }

    async fn add_attempt(&self, bin: &Bin, n: CaptureNumber, tried: Try) -> Result<Attempt> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let weight = captures::weight_of(&changing, serial, n).await?;
            weight.ok_or(Error::UnknownCapture)?;
            let attempt = attempts::insert(changing.client()?, serial, n, tried, false).await?;
            changing.commit(&[Change::Attempted(id, n)]).await?;
            Ok(attempt)
        })
        .await
    }

    async fn attempts(&self, bin: &Bin, n: CaptureNumber) -> Result<Vec<Attempt>> {
        let serial = bin.serial;
        self.read(|client| async move { attempts::lines(&client, serial, n).await })
            .await
    }

    async fn attempt(&self, bin: &Bin, n: CaptureNumber, id: u64) -> Result<Option<Attempt>> {
        let serial = bin.serial;
        self.read(|client| async move { attempts::find(&client, serial, n, id).await })
            .await
    }

    async fn lanes(&self) -> Result<Vec<(BinId, String)>> {
        self.read(|client| async move { forwards::lanes(&client).await })
            .await
    }

    async fn forwards(&self, bin: &Bin, target: &str, limit: usize) -> Result<Vec<Forward>> {
        let serial = bin.serial;
        self.read(|client| async move { forwards::waiting(&client, serial, target, limit).await })
            .await
    }

    async fn dead_forwards(&self, bin: &Bin, limit: usize) -> Result<Vec<Forward>> {
        let serial = bin.serial;
        self.read(|client| async move { forwards::dead(&client, serial, limit).await })
            .await
    }

    async fn settle(
        &self,
        bin: &Bin,
        forward: Forward,
        settled: Settled,
        tried: Option<Try>,
    ) -> Result<Option<Timestamp>> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let n = forward.n;
            let is_there = captures::weight_of(&changing, serial, n).await?.is_some();
            let client = changing.client()?;
            let mut announced = None;
            if let Some(tried) = tried.filter(|_| is_there) {
                attempts::insert(client, serial, n, tried, false).await?;
                announced = Some(Change::Attempted(id, n));
            }
            let now = shared.clock.now();
            let since = forwards::settle(client, serial, &forward, settled, now).await?;
            changing.commit(announced.as_slice()).await?;
            Ok(since)
        })
        .await
    }

    async fn pause_target(&self, bin: &Bin, target: &str) -> Result<()> {
        let (serial, target) = (bin.serial, target.to_owned());
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let now = shared.clock.now();
            forwards::pause(changing.client()?, serial, &target, now).await?;
            changing.commit(&[]).await
        })
        .await
    }

    async fn retry_forwards(&self, bin: &Bin, target: Option<String>) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let now = shared.clock.now();
            let retried =
                forwards::retry(changing.client()?, serial, target.as_deref(), now).await?;
            changing.commit(&[Change::Updated(id)]).await?;
            Ok(retried)
        })
        .await
    }

    async fn forget_target(&self, bin: &Bin, target: &str) -> Result<()> {
        let (serial, target) = (bin.serial, target.to_owned());
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            forwards::forget(changing.client()?, serial, &target).await?;
            changing.commit(&[]).await
        })
        .await
    }

    async fn target_states(&self, bin: &Bin) -> Result<Vec<TargetState>> {
        self.read(|client| async move { forwards::states(&client, bin).await })
            .await
    }

    async fn clear(&self, bin: &Bin) -> Result<u64> {
        let (serial, id) = (bin.serial, bin.id);
        self.work(move |shared| async move {
            let mut changing = shared.change(serial).await?;
            let upto = CaptureNumber(changing.counters.last_n);
            let cleared = changing.counters.clear();
            shared
                .commit(changing, serial, &[Change::Cleared(id, upto)])
                .await?;
            Ok(cleared)
        })
        .await
    }

    fn refuse(&self, address: Address, refusal: Refusal) {
        self.shared.queue.refuse(address, refusal);
    }

    async fn refusals(&self, bin: &Bin, limit: usize) -> Result<Vec<Refusal>> {
        let serial = bin.serial;
        self.read(|client| async move { refusals::newest(&client, serial, limit).await })
            .await
    }

    fn changes(&self) -> ChangeFeed {
        self.shared.feed.subscribe()
    }

    async fn sweep(&self, now: Timestamp) -> Result<bool> {
        let over = self
            .read(|client| async move { bins::expired(&client, now, SWEEP).await })
            .await?;
        // Bins end though days cannot: those have their turn when that is done.
        let more = over.len() == SWEEP;
        for bin in over {
            let buried = self.work(move |shared| async move { shared.bury(&bin, now).await });
            match buried.await {
                Err(Error::Gone { .. }) => {} // Another node was first.
                other => other?,
            }
        }
        self.work(move |shared| async move {
            let client = shared.pool.get().await?;
            shared.purge.look(&client).await?;
            let old = uses::sweep(&client, now).await?;
            drop(client);
            if more || old {
                return Ok(true);
            }
            let late = days::end_late(&shared.pool).await;
            let made = days::make(&shared.pool, now).await;
            let days = days::end(&shared.pool, now).await?;
            made?;
            Ok(late? || days)
        })
        .await
    }

    async fn measure(&self) -> Result<Measures> {
        let waiting = Some(self.shared.queue.waiting() as u64);
        let sql = "SELECT pg_database_size(current_database())";
        let bytes = self
            .read(|client| async move {
                let found = sql::one(&client, sql, &[]).await?;
                found.map(|found| row::count(&found, 0)).transpose()
            })
            .await?;
        Ok(Measures { bytes, waiting })
    }

    async fn check_ready(&self) -> Result<()> {
        let now = self.shared.clock.now().as_micros();
        self.work(move |shared| async move {
            let client = shared.pool.get().await?;
            let sql = "INSERT INTO heartbeat (only_one, at) VALUES (true, $1) ON CONFLICT (only_one) DO UPDATE SET at = excluded.at";
            schema::check(&client).await?;
            sql::run(&client, sql, &[&now]).await?;
            drop(client);
            if shared.queue.is_full() {
                room::look(&shared.pool).await?;
                shared.queue.note_room(true);
            }
            Ok(())
        })
        .await
    }

    async fn lease(&self, job: Job, time: Duration) -> Result<bool> {
        self.work(move |shared| async move {
            let client = shared.pool.get().await?;
            leases::take(&client, &shared.node, job, time).await
        })
        .await
    }

    async fn close(&self) {
        self.shared.queue.close();
        let finishing: Vec<_> = {
            let mut tasks = self
                .finishing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            tasks.drain(..).collect()
        };
        for task in finishing {
            if task.await.is_err() {
                tracing::error!("a task of the store had failed");
            }
        }
        self.end();
        // What is under way is finished; what is asked from now on is told that the pool is closed.
        let finished = tokio::time::timeout(PATIENCE, self.shared.gate.write()).await;
        self.shared.give_jobs_back().await;
        self.shared.pool.close();
        drop(finished);
        self.shared.cache.forget_all();
    }
}
