//! SQL about how often the sequences of rules were used.

use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::Timestamp;
use crate::store::Result;
use crate::store::bounds::USES_KEPT;

/// How many old counts go at once.
const SWEEP: u64 = 10_000;

/// Counts one more, and says how many there were before.
pub(super) async fn count(
    client: &Client,
    serial: u64,
    rule: &str,
    key: &[u8],
    now: Timestamp,
) -> Result<u64> {
    let sql = "INSERT INTO uses (serial, rule, key, used, at) VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (serial, rule, key) DO UPDATE SET used = uses.used + 1, at = excluded.at RETURNING used";
    let values: sql::Values<'_> = &[&int(serial), &rule.as_bytes(), &key, &now.as_micros()];
    let used = sql::one(client, sql, values).await?;
    let used = used.map(|used| row::count(&used, 0)).transpose()?;
    Ok(used.unwrap_or(0).saturating_sub(1))
}

/// Begins all sequences of a bin anew.
pub(super) async fn reset(client: &Client, serial: u64) -> Result<()> {
    let sql = "DELETE FROM uses WHERE serial = $1";
    sql::run(client, sql, &[&int(serial)]).await.map(|_| ())
}

/// Takes away counts that were not used for long; says whether there may be more.
pub(super) async fn sweep(client: &Client, now: Timestamp) -> Result<bool> {
    let sql = "DELETE FROM uses WHERE (serial, rule, key) IN (SELECT serial, rule, key FROM uses WHERE at < $1 LIMIT $2)";
    let gone = sql::run(client, sql, &[&(now.as_micros() - USES_KEPT), &int(SWEEP)]).await?;
    Ok(gone == SWEEP)
}
