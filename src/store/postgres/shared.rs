//! What the tasks of a node share, and what they do with it.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::{RwLock, broadcast};

use super::change::Changing;
use super::connect::Address as Server;
use super::purge::Purge;
use super::queue::{Queue, Refused};
use super::sql::slow;
use super::{PATIENCE, bins, leases, refusals, uses};
use crate::model::{Bin, Clock, Timestamp};
use crate::store::cache::{Cache, Name};
use crate::store::{Address, Change, Error, Result};

/// How long refusals are gathered, and how long is waited when they could not be written.
const GATHER: Duration = Duration::from_millis(20);
const AGAIN: Duration = Duration::from_secs(2);

/// What tasks share.
pub(super) struct Shared {
    pub(super) server: Arc<Server>,
    pub(super) pool: Pool,
    pub(super) cache: Arc<Cache>,
    pub(super) queue: Arc<Queue>,
    pub(super) purge: Arc<Purge>,
    pub(super) feed: broadcast::Sender<Arc<[Change]>>,
    pub(super) clock: Clock,
    /// Whose jobs are this node's.
    pub(super) node: leases::Node,
    /// Read while something is changed; written when all is to be finished.
    pub(super) gate: Arc<RwLock<()>>,
}

impl Shared {
    /// Begins a change of a bin.
    pub(super) async fn change(&self, serial: u64) -> Result<Changing> {
        Changing::begin(&self.pool, serial).await
    }

    /// Commits a change, and sees to what it left to purge.
    pub(super) async fn commit(
        &self,
        changing: Changing,
        serial: u64,
        changes: &[Change],
    ) -> Result<()> {
        let has_more = changing.has_more_to_purge();
        changing.commit(changes).await?;
        if has_more {
            self.purge.later(serial);
        }
        Ok(())
    }

    /// Ends a bin: its addresses answer that it is gone.
    pub(super) async fn bury(&self, bin: &Bin, now: Timestamp) -> Result<()> {
        let mut changing = self.change(bin.serial).await?;
        changing.counters.clear();
        let client = changing.client()?;
        bins::bury(client, bin.serial, now).await?;
        uses::reset(client, bin.serial).await?;
        self.commit(changing, bin.serial, &[Change::Gone(bin.id)])
            .await?;
        self.cache.forget(bin);
        Ok(())
    }

    /// Gives back what jobs this node has; where that fails, their time ends them.
    pub(super) async fn give_jobs_back(&self) {
        let giving = async {
            let client = self.pool.get().await?;
            leases::give_back(&client, &self.node).await
        };
        if !matches!(tokio::time::timeout(PATIENCE, giving).await, Ok(Ok(()))) {
            tracing::debug!("the jobs of this node are free when their time is over");
        }
    }

    /// Writes refusals as they come, until the queue is closed.
    pub(super) async fn write_refusals(self: Arc<Self>) {
        loop {
            if !self.queue.is_closed() {
                self.queue.refusals_wait().await;
                tokio::time::sleep(GATHER).await;
            }
            let is_last = self.queue.is_closed();
            let mut failed = None;
            for (address, refused) in self.queue.refused() {
                if failed.is_none() {
                    let written =
                        tokio::time::timeout(PATIENCE, self.write_refused(&address, &refused));
                    failed = written.await.unwrap_or_else(|_| Err(slow())).err();
                }
                if failed.is_some() {
                    self.queue.refuse_again(address, refused);
                }
            }
            if let Some(error) = failed {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "traces of refused requests could not be written yet"
                );
                if !is_last {
                    tokio::time::sleep(AGAIN).await;
                    self.queue.refusals_come();
                }
            }
            if is_last {
                return;
            }
        }
    }

    async fn write_refused(&self, address: &Address, refused: &Refused) -> Result<()> {
        let found = {
            let client = self.pool.get().await?;
            bins::find(&client, &Name::from(address)).await?
        };
        let Some((bin, None)) = found else {
            return Ok(());
        };
        let changing = match self.change(bin.serial).await {
            Err(Error::Gone { .. }) => return Ok(()),
            other => other?,
        };
        refusals::insert(changing.client()?, bin.serial, refused).await?;
        changing.commit(&[Change::Refused(bin.id)]).await
    }
}
