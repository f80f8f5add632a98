//! SQL about work that one node does for all, by the server's clock: those of nodes may differ.

use std::time::Duration;

use super::sql::{self, Client};
use crate::store::{Job, Result};

/// What a node is known by while it runs.
pub(super) type Node = [u8; 16];

/// Takes a job, or keeps it, for so long from now on; `false` when another node has it.
pub(super) async fn take(client: &Client, node: &Node, job: Job, time: Duration) -> Result<bool> {
    let sql = "INSERT INTO leases (job, node, until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second')
         ON CONFLICT (job) DO UPDATE SET node = excluded.node, until = excluded.until
         WHERE leases.node = excluded.node OR leases.until < clock_timestamp()";
    let values: sql::Values<'_> = &[&job.as_str(), &node.as_slice(), &time.as_secs_f64()];
    Ok(sql::run(client, sql, values).await? > 0)
}

/// Gives back what a node has.
pub(super) async fn give_back(client: &Client, node: &Node) -> Result<()> {
    let sql = "DELETE FROM leases WHERE node = $1";
    sql::run(client, sql, &[&node.as_slice()]).await.map(|_| ())
}
