//! Deletes the rows of captures that are gone for readers already: a little at a time, beside all else.
//!
//! Every node purges what it raised the floor of, and now and then looks for what another left behind; two that purge the same bin
//! only find less to do. What came to a bin that ended by itself goes with its day ([`days`](super::days)).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;

use super::row::int;
use super::sql::{self, Client};
use super::{bins, captures};
use crate::store::Result;

/// How many rows a statement deletes at most.
const ROWS: i64 = 256;

/// How long is waited before, so that a few captures that come one by one do not cost a purge each.
const PAUSE: Duration = Duration::from_millis(100);

/// How long is waited when it failed.
const AGAIN: Duration = Duration::from_secs(5);

/// How many bins that others left are taken at a time.
const LEFT: usize = 1000;

/// The bins with rows to purge.
#[derive(Debug, Default)]
pub(super) struct Purge {
    waiting: Mutex<BTreeSet<u64>>,
    wake: Notify,
}

impl Purge {
    /// Notes that rows of a bin are to be purged.
    pub(super) fn later(&self, serial: u64) {
        self.add([serial]);
    }

    fn add(&self, serials: impl IntoIterator<Item = u64>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(serials);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Looks for what was left by a node that is no more.
    pub(super) async fn look(&self, client: &Client) -> Result<()> {
        let left = bins::unpurged(client, LEFT).await?;
        if !left.is_empty() {
            self.add(left);
        }
        Ok(())
    }

    /// Purges, for ever.
    pub(super) async fn run(&self, pool: &Pool) {
        loop {
            self.wake.notified().await;
            tokio::time::sleep(PAUSE).await;
            while let Some(serial) = self.next() {
                if let Err(error) = purge(pool, serial).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "rows could not be purged yet"
                    );
                    tokio::time::sleep(AGAIN).await;
                    self.later(serial);
                }
            }
        }
    }

    fn next(&self) -> Option<u64> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_first()
    }
}

/// Purges all that there is to purge of a bin.
async fn purge(pool: &Pool, serial: u64) -> Result<()> {
    let client = pool.get().await?;
    let serial = int(serial);
    loop {
        let Some((above, floor, has_ended)) = bins::to_purge(&client, serial).await? else {
            return Ok(());
        };
        let upto = floor.min(above.saturating_add(ROWS));
        let delete = captures::deleting_range(has_ended);
        sql::all(&client, &delete, &[&serial, &above, &upto]).await?;
        let sql = "UPDATE bins SET purged = $2 WHERE serial = $1 AND purged < $2";
        sql::run(&client, sql, &[&serial, &upto]).await?;
    }
}
