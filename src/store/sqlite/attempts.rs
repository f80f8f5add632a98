//! SQL about attempts. They go with their capture, and have a room of their own: the oldest of a bin make place for new ones.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::captures::{self, MOST};
use super::row::{self, int, row_id};
use crate::model::{
    Answer, Attempt, AttemptKind, Body, BodyState, CaptureNumber, Failure, FailureCause, Headers,
    Sent, Timestamp, Try,
};
use crate::store::bounds::{ATTEMPT_ROOM, ATTEMPT_ROW};

/// Writes an attempt on a capture that is there, and drops those that there is no more room for.
pub(super) fn insert(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    tried: Try,
) -> rusqlite::Result<Attempt> {
    let capture = row_id(serial, n.0);
    let answer = tried.answer.as_ref();
    let answered = answer.map(|answer| answer.headers.block().as_ref());
    let body = answer.map(|answer| answer.body.bytes.as_ref());
    let weight = ATTEMPT_ROW
        + tried.url.len()
        + tried.sent.headers.block().len()
        + answered.map_or(0, <[u8]>::len)
        + body.map_or(0, <[u8]>::len);
    connection
        .prepare_cached(
            "INSERT INTO attempts (capture, weight, kind, url, started_at, took_us, method, size, status, answer_size,
             answer_sent, answer_state, cause, detail, headers, answer_headers, answer_body)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)",
        )?
        .execute(params![
            capture,
            int(weight as u64),
            tried.kind.code(),
            tried.url,
            tried.started_at.as_micros(),
            int(tried.took_us),
            tried.sent.method,
            int(tried.sent.size),
            answer.map(|answer| answer.status),
            answer.map_or(0, |answer| int(answer.size)),
            answer.and_then(|answer| answer.body.sent).map(int),
            answer.map_or(0, |answer| answer.body.state.code()),
            tried.failure.as_ref().map(|failure| failure.cause.code()),
            tried.failure.as_ref().map_or("", |failure| failure.detail.as_str()),
            tried.sent.headers.block().as_ref(),
            answered.unwrap_or_default(),
            body.unwrap_or_default(),
        ])?;
    let id = connection.last_insert_rowid().cast_unsigned();
    let over = "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE capture = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)
         RETURNING weight";
    let mut freed = weights(connection, over, [capture, int(Attempt::KEPT as u64)])?;
    let taken = taken(connection, serial)? + weight as u64;
    // Never this one: it alone takes less than the room.
    while taken.saturating_sub(freed) > ATTEMPT_ROOM {
        let oldest = "DELETE FROM attempts WHERE id = (SELECT id FROM attempts WHERE capture > ?1 AND capture <= ?2 ORDER BY id LIMIT 1)
             RETURNING weight";
        match weights(
            connection,
            oldest,
            [row_id(serial, 0), row_id(serial, MOST)],
        )? {
            0 => break,
            weight => freed += weight,
        }
    }
    take(connection, serial, taken.saturating_sub(freed))?;
    Ok(Attempt { id, n, tried })
}

/// Deletes rows, and says what they took.
fn weights(connection: &Connection, sql: &str, ids: [i64; 2]) -> rusqlite::Result<u64> {
    let mut sql = connection.prepare_cached(sql)?;
    let mut deleted = sql.query(ids)?;
    let mut sum = 0;
    while let Some(row) = deleted.next()? {
        sum += row::count(row, 0)?;
    }
    Ok(sum)
}

/// How many bytes the attempts of a bin take.
fn taken(connection: &Connection, serial: u64) -> rusqlite::Result<u64> {
    let found = connection
        .prepare_cached("SELECT bytes FROM attempt_room WHERE serial = ?1")?
        .query_row([int(serial)], |found| row::count(found, 0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

fn take(connection: &Connection, serial: u64, bytes: u64) -> rusqlite::Result<()> {
    let (sql, bytes) = if bytes == 0 {
        ("DELETE FROM attempt_room WHERE serial = ?1 AND ?2 = 0", 0)
    } else {
        (
            "REPLACE INTO attempt_room (serial, bytes) VALUES (?1, ?2)",
            int(bytes),
        )
    };
    connection
        .prepare_cached(sql)?
        .execute([int(serial), bytes])
        .map(|_| ())
}

/// The columns of an attempt, for [`attempt()`]; the body's own bytes are read for one attempt only.
const LINE: &str = "id, capture, kind, url, started_at, took_us, method, size, status, answer_size, answer_sent, answer_state, \
     cause, detail, headers, answer_headers";

fn attempt(row: &Row<'_>, body: bytes::Bytes) -> rusqlite::Result<Attempt> {
    let answer = match row.get(8)? {
        None => None,
        Some(status) => Some(Answer {
            status,
            headers: Headers::from_stored(row::bytes(row, 15)?, false),
            size: row::count(row, 9)?,
            body: Body {
                bytes: body,
                state: BodyState::from_code(row.get(11)?),
                sent: row
                    .get::<_, Option<i64>>(10)?
                    .map(|sent| sent.max(0).cast_unsigned()),
            },
        }),
    };
    let failure = match row.get(12)? {
        None => None,
        Some(cause) => Some(Failure::new(
            FailureCause::from_code(cause),
            row.get::<_, String>(13)?,
        )),
    };
    Ok(Attempt {
        id: row::count(row, 0)?,
        n: CaptureNumber(row::number(row.get(1)?)),
        tried: Try {
            kind: AttemptKind::from_code(row.get(2)?),
            url: row.get(3)?,
            started_at: Timestamp::from_micros(row.get(4)?),
            took_us: row::count(row, 5)?,
            sent: Sent {
                method: row.get(6)?,
                headers: Headers::from_stored(row::bytes(row, 14)?, false),
                size: row::count(row, 7)?,
            },
            answer,
            failure,
        },
    })
}

/// The attempts on a capture, newest first, without the bytes of bodies.
pub(super) fn lines(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
) -> rusqlite::Result<Vec<Attempt>> {
    let snapshot = connection.unchecked_transaction()?;
    if n.0 <= captures::floor(&snapshot, serial)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {LINE} FROM attempts WHERE capture = ?1 ORDER BY id DESC LIMIT ?2");
    let mut sql = snapshot.prepare_cached(&sql)?;
    let found = sql.query_map(
        [row_id(serial, n.0.min(MOST)), int(Attempt::KEPT as u64)],
        |row| attempt(row, bytes::Bytes::new()),
    )?;
    found.collect()
}

/// One attempt on a capture with the body of its answer.
pub(super) fn find(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    id: u64,
) -> rusqlite::Result<Option<Attempt>> {
    let snapshot = connection.unchecked_transaction()?;
    if n.0 <= captures::floor(&snapshot, serial)? {
        return Ok(None);
    }
    let sql = format!("SELECT {LINE}, answer_body FROM attempts WHERE capture = ?1 AND id = ?2");
    snapshot
        .prepare_cached(&sql)?
        .query_row([row_id(serial, n.0.min(MOST)), int(id)], |row| {
            attempt(row, row::bytes(row, 16)?)
        })
        .optional()
}

/// Takes the attempts of captures away whose rows are: those above the first id, up to the last, all of one bin.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM attempts WHERE capture > ?1 AND capture <= ?2 RETURNING weight";
    let freed = weights(connection, sql, [above, upto])?;
    if freed > 0 {
        let serial = row::serial(upto);
        let left = taken(connection, serial)?.saturating_sub(freed);
        take(connection, serial, left)?;
    }
    Ok(())
}
