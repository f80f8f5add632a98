//! SQL about replies that are more than a status. They are read with a whole capture, and not with the rows of a list.

use rusqlite::{Connection, params};

use super::row::row_id;
use crate::model::Draft;

/// Writes the reply of capture `n`, where it is more than a status.
pub(super) fn insert(
    connection: &Connection,
    serial: u64,
    n: u64,
    draft: &Draft,
) -> rusqlite::Result<()> {
    let reply = &draft.envelope.reply;
    if reply.headers.is_empty() && reply.body.is_empty() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO replies (id, headers, body) VALUES (?1, ?2, ?3)")?
        .execute(params![
            row_id(serial, n),
            reply.headers.block().as_ref(),
            reply.body.as_ref()
        ])
        .map(|_| ())
}

/// Takes the replies of captures away whose rows are: those above the first id, up to the last.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM replies WHERE id > ?1 AND id <= ?2")?
        .execute([above, upto])
        .map(|_| ())
}
