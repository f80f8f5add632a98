//! SQL about requests that were refused.

use rusqlite::{Connection, params};

use super::queue::Refused;
use super::row::{self, int};
use crate::model::Refusal;
use crate::store::bounds::REFUSALS;

/// Counts refusals and keeps their traces, as part of a transaction.
pub(super) fn insert(
    connection: &Connection,
    serial: u64,
    refused: &Refused,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE bins SET refused = refused + ?2 WHERE serial = ?1")?
        .execute([int(serial), int(refused.count)])?;
    for trace in &refused.traces {
        let mut peer = [0; 18];
        let length = row::peer_bytes(trace.peer, &mut peer);
        let head = trace.head.get(..Refusal::HEAD_KEPT).unwrap_or(&trace.head);
        connection
            .prepare_cached(
                "INSERT INTO refusals (serial, at, reason, peer, head) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                int(serial),
                trace.at.as_micros(),
                trace.reason.code(),
                peer.get(..length),
                head
            ])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM refusals WHERE serial = ?1 AND rowid NOT IN
             (SELECT rowid FROM refusals WHERE serial = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2)",
        )?
        .execute([int(serial), int(REFUSALS)])?;
    Ok(())
}

/// The newest traces, newest first.
pub(super) fn newest(
    connection: &Connection,
    serial: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Refusal>> {
    let mut sql = connection.prepare_cached(&format!(
        "SELECT {} FROM refusals WHERE serial = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2",
        row::REFUSAL
    ))?;
    let found = sql.query_map([int(serial), int(limit as u64)], row::refusal)?;
    found.collect()
}
