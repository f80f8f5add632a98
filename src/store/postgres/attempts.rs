//! SQL about attempts. They go with their capture, and have a room of their own: the oldest of a bin make place for new ones.

use bytes::Bytes;
use tokio_postgres::Row;

use super::row::{self, int, status_code};
use super::sql::{self, Client};
use crate::model::{
    Answer, Attempt, AttemptKind, Body, BodyState, CaptureNumber, Failure, FailureCause, Headers,
    Sent, Try,
};
use crate::store::Result;
use crate::store::bounds::{ATTEMPT_ROOM, ATTEMPT_ROW};

/// Writes an attempt on a capture that is there, under the lock of its bin, and drops those that there is no more room for. It may be
/// the answer of the listener that has the seat.
pub(super) async fn insert(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
    tried: Try,
    is_seated: bool,
) -> Result<Attempt> {
    let answer = tried.answer.as_ref();
    let answered = answer.map_or(&[][..], |answer| answer.headers.block().as_ref());
    let body = answer.map_or(&[][..], |answer| answer.body.bytes.as_ref());
    let sent = tried.sent.headers.block().as_ref();
    let weight = (ATTEMPT_ROW + tried.url.len() + sent.len() + answered.len() + body.len()) as u64;
    let failure = tried.failure.as_ref();
    let sql = "INSERT INTO attempts (serial, n, weight, kind, url, started_at, took_us, method, size, status, answer_size,
         answer_sent, answer_state, cause, detail, headers, answer_headers, answer_body, seated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id";
    let (serial, number) = (int(serial), int(n.0));
    let values: sql::Values<'_> = &[
        &serial,
        &number,
        &int(weight),
        &i16::from(tried.kind.code()),
        &tried.url.as_bytes(),
        &tried.started_at.as_micros(),
        &int(tried.took_us),
        &tried.sent.method.as_bytes(),
        &int(tried.sent.size),
        &answer.map(|answer| status_code(answer.status)),
        &answer.map_or(0, |answer| int(answer.size)),
        &answer.and_then(|answer| answer.body.sent).map(int),
        &answer.map_or(0, |answer| i16::from(answer.body.state.code())),
        &failure.map(|failure| i16::from(failure.cause.code())),
        &failure.map_or(&[][..], |failure| failure.detail.as_bytes()),
        &sent,
        &answered,
        &body,
        &is_seated,
    ];
    let made = sql::one(client, sql, values).await?;
    let id = made
        .map(|made| row::count(&made, 0))
        .transpose()?
        .unwrap_or_default();
    let sql = "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE serial = $1 AND n = $2 ORDER BY id DESC OFFSET $3)
         RETURNING weight";
    let over = sql::all(client, sql, &[&serial, &number, &int(Attempt::KEPT as u64)]).await?;
    let mut freed = sum(&over)?;
    let sql = "SELECT bytes FROM attempt_room WHERE serial = $1";
    let taken = sql::one(client, sql, &[&serial]).await?;
    let taken = taken
        .map(|taken| row::count(&taken, 0))
        .transpose()?
        .unwrap_or(0)
        + weight;
    // Never this one: it alone takes less than the room.
    while taken.saturating_sub(freed) > ATTEMPT_ROOM {
        let sql = "DELETE FROM attempts WHERE id = (SELECT id FROM attempts WHERE serial = $1 ORDER BY id LIMIT 1) RETURNING weight";
        match sum(&sql::all(client, sql, &[&serial]).await?)? {
            0 => break,
            weight => freed += weight,
        }
    }
    let sql = "INSERT INTO attempt_room (serial, bytes) VALUES ($1, $2) ON CONFLICT (serial) DO UPDATE SET bytes = excluded.bytes";
    sql::run(client, sql, &[&serial, &int(taken.saturating_sub(freed))]).await?;
    Ok(Attempt { id, n, tried })
}

fn sum(rows: &[Row]) -> Result<u64> {
    rows.iter().map(|found| row::count(found, 0)).sum()
}

/// The columns of an attempt, for [`attempt()`]; the body's own bytes are read for one attempt only.
const LINE: &str = "id, n, kind, url, started_at, took_us, method, size, status, answer_size, answer_sent, answer_state, \
     cause, detail, headers, answer_headers";

fn attempt(row: &Row, body: Bytes) -> Result<Attempt> {
    let answer = match row::status(row, 8)? {
        None => None,
        Some(status) => Some(Answer {
            status,
            headers: Headers::from_stored(row::bytes(row, 15)?, false),
            size: row::count(row, 9)?,
            body: Body {
                bytes: body,
                state: BodyState::from_code(row::code(row, 11)?),
                sent: row::some_count(row, 10)?,
            },
        }),
    };
    let cause: Option<i16> = row.try_get(12)?;
    let failure = match cause {
        None => None,
        Some(_) => Some(Failure::new(
            FailureCause::from_code(row::code(row, 12)?),
            row::words(row, 13)?,
        )),
    };
    Ok(Attempt {
        id: row::count(row, 0)?,
        n: CaptureNumber(row::count(row, 1)?),
        tried: Try {
            kind: AttemptKind::from_code(row::code(row, 2)?),
            url: row::words(row, 3)?,
            started_at: row::time(row, 4)?,
            took_us: row::count(row, 5)?,
            sent: Sent {
                method: row::words(row, 6)?,
                headers: Headers::from_stored(row::bytes(row, 14)?, false),
                size: row::count(row, 7)?,
            },
            answer,
            failure,
        },
    })
}

/// The attempts on a capture, newest first, without the bytes of bodies.
pub(super) async fn lines(client: &Client, serial: u64, n: CaptureNumber) -> Result<Vec<Attempt>> {
    let sql = format!(
        "SELECT {LINE} FROM attempts WHERE serial = $1 AND n = $2 AND n > (SELECT floor FROM bins WHERE serial = $1)
         ORDER BY id DESC LIMIT $3"
    );
    let values: sql::Values<'_> = &[&int(serial), &int(n.0), &int(Attempt::KEPT as u64)];
    let found = sql::all(client, &sql, values).await?;
    found
        .iter()
        .map(|found| attempt(found, Bytes::new()))
        .collect()
}

/// One attempt on a capture with the body of its answer.
pub(super) async fn find(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
    id: u64,
) -> Result<Option<Attempt>> {
    let sql = format!(
        "SELECT {LINE}, answer_body FROM attempts WHERE serial = $1 AND n = $2 AND id = $3
         AND n > (SELECT floor FROM bins WHERE serial = $1)"
    );
    let found = sql::one(client, &sql, &[&int(serial), &int(n.0), &int(id)]).await?;
    found
        .map(|found| attempt(&found, row::bytes(&found, 16)?))
        .transpose()
}

/// The newest attempt on a capture that the listener with the seat told of, with the body of its answer.
pub(super) async fn seated(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
) -> Result<Option<Attempt>> {
    let sql = format!(
        "SELECT {LINE}, answer_body FROM attempts WHERE serial = $1 AND n = $2 AND seated
         AND n > (SELECT floor FROM bins WHERE serial = $1) ORDER BY id DESC LIMIT 1"
    );
    let found = sql::one(client, &sql, &[&int(serial), &int(n.0)]).await?;
    found
        .map(|found| attempt(&found, row::bytes(&found, 16)?))
        .transpose()
}
