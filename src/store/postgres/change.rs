//! A change of one bin: a transaction that holds its row from the first statement to the commit.
//!
//! That lock is what gives every bin one order across all nodes: whoever holds it numbers, counts and announces; the next one sees
//! all of it. Where several bins are locked, it is in the order of their serials, so that nobody waits in a circle.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio_postgres::Row;

use super::feed;
use super::note::{self, Note};
use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::CaptureNumber;
use crate::store::counters::Counters;
use crate::store::{Change, Error, Result};

/// What is read of a bin when it is locked, for [`counters`].
pub(super) const COUNTERS: &str =
    "last_n, floor, captures, bytes, dropped, last_capture_at, gone_at, pinned, pinned_bytes";

/// The counters out of their columns, from that one on.
pub(super) fn counters(row: &Row, first: usize) -> Result<Counters> {
    let floor = row::count(row, first + 1)?;
    Ok(Counters {
        last_n: row::count(row, first)?,
        floor,
        captures: row::count(row, first + 2)?,
        bytes: row::count(row, first + 3)?,
        dropped: row::count(row, first + 4)?,
        last_capture_at: row.try_get(first + 5)?,
        gone_at: row::some_time(row, first + 6)?,
        pinned: row::count(row, first + 7)?,
        pinned_bytes: row::count(row, first + 8)?,
        passed: floor,
    })
}

/// How long undoing may take before the connection is given up instead.
const UNDO: Duration = Duration::from_secs(2);

/// A transaction that is under way. Dropped without a [`commit`](Self::commit), all is undone.
#[derive(Debug)]
pub(super) struct Changing {
    client: Option<Client>,
    serial: u64,
    before: Counters,
    /// The counters of the bin, to be changed along.
    pub(super) counters: Counters,
}

impl Changing {
    /// Locks the bin. Errors: [`Error::Gone`].
    pub(super) async fn begin(pool: &Pool, serial: u64) -> Result<Self> {
        let client = pool.get().await?;
        let lock = format!("SELECT {COUNTERS} FROM bins WHERE serial = $1 FOR UPDATE");
        let lock = client.prepare_cached(&lock).await?;
        // From here on the connection must not go back as it is.
        let mut changing = Self {
            client: Some(client),
            serial,
            before: Counters::default(),
            counters: Counters::default(),
        };
        let serial = int(serial);
        let (begun, locked) = {
            let client = changing.client()?;
            let (begin, values) = (client.batch_execute("BEGIN"), [&serial as _]);
            futures_util::future::join(begin, client.query_opt(&lock, &values)).await
        };
        begun?;
        let found = locked?.ok_or(Error::UnknownBin)?;
        changing.before = counters(&found, 0)?;
        changing.counters = changing.before;
        match changing.before.gone_at {
            Some(at) => Err(Error::Gone { at }),
            None => Ok(changing),
        }
    }

    /// Begins a transaction about no bin that is there.
    pub(super) async fn begin_new(pool: &Pool) -> Result<Self> {
        let changing = Self {
            client: Some(pool.get().await?),
            serial: 0,
            before: Counters::default(),
            counters: Counters::default(),
        };
        changing.client()?.batch_execute("BEGIN").await?;
        Ok(changing)
    }

    /// Commits what made a bin.
    pub(super) async fn commit_made(mut self, note: Note) -> Result<()> {
        self.commit_notes(&[note]).await
    }

    /// The connection, inside the transaction.
    pub(super) fn client(&self) -> Result<&Client> {
        self.client.as_ref().ok_or_else(sql::closed)
    }

    /// Whether the floor was raised, so that there are rows to purge.
    pub(super) fn has_more_to_purge(&self) -> bool {
        self.before.floor < self.counters.floor
    }

    /// Writes the counters, announces, and commits.
    pub(super) async fn commit(mut self, changes: &[Change]) -> Result<()> {
        // The node that wrote the newest captures may not have told of them yet.
        let last = CaptureNumber(self.before.last_n);
        let newest = changes.first().filter(|_| last.0 > 0);
        let newest = newest.map(|change| Change::Captured(change.bin(), last));
        let notes: Vec<_> = newest
            .iter()
            .chain(changes)
            .map(|change| Note::of(change, self.serial))
            .collect();
        self.commit_notes(&notes).await
    }

    async fn commit_notes(&mut self, notes: &[Note]) -> Result<()> {
        let (serial, before, after) = (int(self.serial), self.before, self.counters);
        let client = self.client()?;
        if before != after {
            let sql = "UPDATE bins SET last_n = $2, floor = $3, captures = $4, bytes = $5, dropped = $6, pinned = $7,
                 pinned_bytes = $8 WHERE serial = $1";
            let counts = [
                after.last_n,
                after.floor,
                after.captures,
                after.bytes,
                after.dropped,
                after.pinned,
                after.pinned_bytes,
            ]
            .map(int);
            let [
                last_n,
                floor,
                captures,
                bytes,
                dropped,
                pinned,
                pinned_bytes,
            ] = &counts;
            let values: sql::Values<'_> = &[
                &serial,
                last_n,
                floor,
                captures,
                bytes,
                dropped,
                pinned,
                pinned_bytes,
            ];
            sql::run(client, sql, values).await?;
        }
        let payloads = note::payloads(notes);
        if !payloads.is_empty() {
            sql::all(client, feed::TELL, &[&payloads]).await?;
        }
        client.batch_execute("COMMIT").await?;
        self.client = None;
        Ok(())
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(client));
            return;
        };
        runtime.spawn(async move {
            let undone = tokio::time::timeout(UNDO, client.batch_execute("ROLLBACK")).await;
            if !matches!(undone, Ok(Ok(()))) {
                drop(Object::take(client)); // The server undoes it when the connection ends.
            }
        });
    }
}
