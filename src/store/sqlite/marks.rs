//! SQL about marks: pins, notes and what was imported. They are read with the captures, by the columns of
//! [`LINE`](super::row::LINE).

use rusqlite::{Connection, OptionalExtension, params};

use super::bins::Counters;
use super::captures;
use super::row::row_id;
use crate::model::{CaptureNumber, Keep, Marks, MarksChange};
use crate::store::{Error, Result};

fn find(connection: &Connection, id: i64) -> rusqlite::Result<Marks> {
    let found = connection
        .prepare_cached("SELECT pinned, imported, note FROM marks WHERE id = ?1")?
        .query_row([id], |found| {
            Ok(Marks {
                pinned: found.get(0)?,
                imported: found.get(1)?,
                note: found.get(2)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Writes the marks of a capture, whatever they were before.
pub(super) fn write(connection: &Connection, id: i64, marks: &Marks) -> rusqlite::Result<()> {
    if *marks == Marks::default() {
        return delete(connection, id).map(|_| ());
    }
    connection
        .prepare_cached("REPLACE INTO marks (id, pinned, imported, note) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, marks.pinned, marks.imported, marks.note])
        .map(|_| ())
}

/// Marks a capture as one that came out of a file, in the transaction that writes it.
pub(super) fn import(connection: &Connection, serial: u64, n: u64) -> rusqlite::Result<()> {
    let marks = Marks {
        imported: true,
        ..Marks::default()
    };
    write(connection, row_id(serial, n), &marks)
}

/// Takes the marks of a capture away and says what they were.
pub(super) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<Marks> {
    let marks = find(connection, id)?;
    if marks != Marks::default() {
        connection
            .prepare_cached("DELETE FROM marks WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(marks)
}

/// Takes the marks of captures away whose rows are purged: those above the first id, up to the last.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM marks WHERE id > ?1 AND id <= ?2")?
        .execute([above, upto])
        .map(|_| ())
}

/// Changes the marks of a capture, and says what they are now. Errors: [`Error::UnknownCapture`], [`Error::PinsFull`].
pub(super) fn change(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    change: &MarksChange,
    keep: Keep,
    counters: &mut Counters,
) -> Result<Marks> {
    let weight = captures::weight_of(connection, serial, n, counters)?;
    let weight = weight.ok_or(Error::UnknownCapture)?;
    let id = row_id(serial, n.0);
    let mut marks = find(connection, id)?;
    counters.mark(&mut marks, change, weight, keep)?;
    write(connection, id, &marks)?;
    Ok(marks)
}
