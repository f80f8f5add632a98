//! SQL about how often the sequences of rules were used.

use rusqlite::{Connection, params};

use super::row::int;
use crate::model::Timestamp;
use crate::store::bounds::USES_KEPT;

/// How many old counts go at once.
const SWEEP: u64 = 10_000;

/// Counts one more, and says how many there were before.
pub(super) fn count(
    connection: &Connection,
    serial: u64,
    rule: &str,
    key: &[u8],
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let sql = "INSERT INTO uses (serial, rule, key, used, at) VALUES (?1, ?2, ?3, 1, ?4)
         ON CONFLICT (serial, rule, key) DO UPDATE SET used = used + 1, at = excluded.at RETURNING used";
    let used: i64 = connection
        .prepare_cached(sql)?
        .query_row(params![int(serial), rule, key, now.as_micros()], |found| {
            found.get(0)
        })?;
    Ok((used - 1).max(0).cast_unsigned())
}

/// Begins all sequences of a bin anew.
pub(super) fn reset(connection: &Connection, serial: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM uses WHERE serial = ?1")?
        .execute([int(serial)])
        .map(|_| ())
}

/// Takes away counts that were not used for long; says whether there may be more.
pub(super) fn sweep(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM uses WHERE (serial, rule, key) IN (SELECT serial, rule, key FROM uses WHERE at < ?1 LIMIT ?2)";
    let gone = connection
        .prepare_cached(sql)?
        .execute(params![now.as_micros() - USES_KEPT, int(SWEEP)])?;
    Ok(gone as u64 == SWEEP)
}
