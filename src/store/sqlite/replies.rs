//! SQL about replies that are more than a status. They are read with a whole capture, and not with the rows of a list.

use rusqlite::{Connection, params};

use super::row::row_id;
use crate::model::{Fault, Reply};
use crate::store::bounds::REPLY_BODY;

/// Writes the reply of capture `n`, where it is more than a status.
pub(super) fn insert(
    connection: &Connection,
    serial: u64,
    n: u64,
    reply: &Reply,
) -> rusqlite::Result<()> {
    let is_more = !reply.headers.is_empty()
        || !reply.body.is_empty()
        || reply.fault.is_some()
        || reply.error.is_some();
    if !is_more {
        return Ok(());
    }
    let sql = "INSERT INTO replies (id, headers, body, fault, error) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .prepare_cached(sql)?
        .execute(params![
            row_id(serial, n),
            reply.headers.block().as_ref(),
            reply.body.get(..REPLY_BODY).unwrap_or(&reply.body),
            reply.fault.map(Fault::as_str),
            reply.error,
        ])
        .map(|_| ())
}

/// Writes another reply of capture `n`; says whether the capture is there.
pub(super) fn replace(
    connection: &Connection,
    serial: u64,
    n: u64,
    reply: &Reply,
) -> rusqlite::Result<bool> {
    let id = row_id(serial, n);
    let changed = connection
        .prepare_cached("UPDATE captures SET status = ?2, rule = ?3, delay_ms = ?4 WHERE id = ?1")?
        .execute(params![id, reply.status, reply.rule, reply.delay_ms])?;
    if changed > 0 {
        purge(connection, id - 1, id)?;
        insert(connection, serial, n, reply)?;
    }
    Ok(changed > 0)
}

/// Takes the replies of captures away whose rows are: those above the first id, up to the last.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM replies WHERE id > ?1 AND id <= ?2")?
        .execute([above, upto])
        .map(|_| ())
}
