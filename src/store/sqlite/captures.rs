//! SQL about captures.

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::bins::Counters;
use super::row::{self, int, row_id};
use super::{attempts, events, forwards, marks, replies};
use crate::model::{Capture, CaptureLine, CaptureNumber, Draft, Keep, Scheme};
use crate::store::Window;

/// Writes drafts: prepared once for a whole batch, as looking it up for each would cost a tenth of the writing.
pub(super) struct Insert<'c>(CachedStatement<'c>);

impl<'c> Insert<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql = "INSERT INTO captures (id, received_at, took_us, method, target, path_at, version, https, host, client, peer,
             status, rule, delay_ms, state, size, sent, as_sent, trailers, headers, body)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)";
        connection.prepare_cached(sql).map(Self)
    }

    /// Writes a draft under number `n`.
    pub(super) fn run(&mut self, serial: u64, n: u64, draft: &Draft) -> rusqlite::Result<()> {
        let envelope = &draft.envelope;
        let head = &envelope.head;
        let (mut client, mut peer) = ([0; 18], [0; 18]);
        let client_length = row::ip_bytes(envelope.client, &mut client);
        let peer_length = row::peer_bytes(envelope.peer, &mut peer);
        let client = (envelope.client != envelope.peer.ip())
            .then(|| client.get(..client_length))
            .flatten();
        let trailers = (!envelope.trailers.is_empty()).then(|| envelope.trailers.block().as_ref());
        let values = params![
            row_id(serial, n),
            envelope.received_at.as_micros(),
            int(envelope.took_us),
            head.method,
            head.target,
            int(head.path_at as u64),
            head.version.code(),
            envelope.scheme == Scheme::Https,
            envelope.host,
            client,
            peer.get(..peer_length),
            envelope.reply.status,
            envelope.reply.rule,
            envelope.reply.delay_ms,
            draft.body.state.code(),
            int(draft.body.bytes.len() as u64),
            draft.body.sent.map(int),
            head.headers.is_as_sent(),
            trailers,
            head.headers.block().as_ref(),
            draft.body.bytes.as_ref(),
        ];
        self.0.execute(values).map(|_| ())
    }
}

/// The highest number that a row id holds; a reader may name any.
pub(super) const MOST: u64 = u64::MAX >> 28;

/// What a draft counts towards the bin's `keep.bytes`.
pub(super) fn weight(draft: &Draft) -> u64 {
    (draft.body.bytes.len() + draft.envelope.head.headers.block().len()) as u64
}

/// The SQL of the same weight, for rows.
const WEIGHT: &str = "size + length(headers)";

/// The row ids that are visible to readers: those above the floor, which must be the reader's own look at it.
pub(super) fn floor(connection: &Connection, serial: u64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT floor FROM bins WHERE serial = ?1")?
        .query_row([int(serial)], |found| row::count(found, 0))
}

/// Captures of a window.
pub(super) fn lines(
    connection: &Connection,
    serial: u64,
    window: Window,
) -> rusqlite::Result<Vec<CaptureLine>> {
    let snapshot = connection.unchecked_transaction()?;
    let (above, below, order, limit) = bounds(serial, floor(&snapshot, serial)?, window);
    let mut sql = snapshot.prepare_cached(&format!(
        "SELECT {} FROM captures WHERE id > ?1 AND id < ?2 ORDER BY id {order} LIMIT ?3",
        row::LINE
    ))?;
    let found = sql.query_map(params![above, below, limit], row::line)?;
    found.collect()
}

/// The row ids between which a window is, their order, and how many it holds.
fn bounds(serial: u64, floor: u64, window: Window) -> (i64, i64, &'static str, i64) {
    let (above, below, order, limit) = match window {
        Window::Newest { before, limit } => {
            (floor, before.map_or(MOST, |n| n.0.min(MOST)), "DESC", limit)
        }
        Window::After { after, limit } => (floor.max(after.0.min(MOST)), MOST, "ASC", limit),
    };
    (
        row_id(serial, above),
        row_id(serial, below),
        order,
        int(limit as u64),
    )
}

/// Those of a window that are deliveries of the same event as `n`.
pub(super) fn deliveries(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    window: Window,
) -> rusqlite::Result<Vec<CaptureLine>> {
    let snapshot = connection.unchecked_transaction()?;
    let floor = floor(&snapshot, serial)?;
    if n.0 <= floor || n.0 > MOST {
        return Ok(Vec::new());
    }
    let (above, below, order, limit) = bounds(serial, floor, window);
    // The index on `thread` gives them in the order of their ids, so that no more than the window is read.
    let mut sql = snapshot.prepare_cached(&format!(
        "SELECT {} FROM captures WHERE id IN (
           SELECT id FROM events WHERE thread = (SELECT thread FROM events WHERE id = ?1) AND id > ?2 AND id < ?3
           ORDER BY id {order} LIMIT ?4
         ) ORDER BY id {order}",
        row::LINE
    ))?;
    let values = params![row_id(serial, n.0), above, below, limit];
    let found = sql.query_map(values, row::line)?;
    found.collect()
}

/// One capture; `None` when it is not there.
pub(super) fn capture(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
) -> rusqlite::Result<Option<Capture>> {
    let snapshot = connection.unchecked_transaction()?;
    if n.0 <= floor(&snapshot, serial)? || n.0 > MOST {
        return Ok(None);
    }
    let mut sql = snapshot.prepare_cached(&format!(
        "SELECT {}, {} FROM captures WHERE id = ?1",
        row::LINE,
        row::WHOLE
    ))?;
    sql.query_row([row_id(serial, n.0)], row::whole).optional()
}

/// The bodies of those captures that are there.
pub(super) fn bodies(
    connection: &Connection,
    serial: u64,
    numbers: &[CaptureNumber],
) -> rusqlite::Result<Vec<(CaptureNumber, Bytes)>> {
    let snapshot = connection.unchecked_transaction()?;
    let floor = floor(&snapshot, serial)?;
    let mut sql = snapshot.prepare_cached("SELECT body FROM captures WHERE id = ?1")?;
    let mut found = Vec::with_capacity(numbers.len());
    for &n in numbers.iter().filter(|n| n.0 > floor && n.0 <= MOST) {
        let body = sql
            .query_row([row_id(serial, n.0)], |found| row::bytes(found, 0))
            .optional()?;
        found.extend(body.map(|body| (n, body)));
    }
    Ok(found)
}

/// The next newer and the next older number around `n`.
pub(super) fn neighbours(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
) -> rusqlite::Result<(Option<CaptureNumber>, Option<CaptureNumber>)> {
    let snapshot = connection.unchecked_transaction()?;
    let floor = floor(&snapshot, serial)?;
    let n = n.0.min(MOST);
    let one = |sql: &str, from: u64, to: u64| -> rusqlite::Result<Option<CaptureNumber>> {
        let found: Option<Option<i64>> = snapshot
            .prepare_cached(sql)?
            .query_row([row_id(serial, from), row_id(serial, to)], |found| {
                found.get(0)
            })
            .optional()?;
        Ok(found.flatten().map(|id| CaptureNumber(row::number(id))))
    };
    let newer = one(
        "SELECT min(id) FROM captures WHERE id > ?1 AND id < ?2",
        n.max(floor),
        MOST,
    )?;
    let older = one(
        "SELECT max(id) FROM captures WHERE id > ?1 AND id < ?2",
        floor,
        n,
    )?;
    Ok((newer, older))
}

/// Deletes what other tables hold of captures above the first row id, up to the last. Marks are not among it: who counts pins has to
/// look at them.
fn purge_beside(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    events::purge(connection, above, upto)?;
    replies::purge(connection, above, upto)?;
    attempts::purge(connection, above, upto)?;
    forwards::purge(connection, above, upto)
}

/// Deletes the row of one capture with its marks, and takes it off the counters; says whether it was there.
pub(super) fn delete(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    counters: &mut Counters,
) -> rusqlite::Result<bool> {
    if n.0 <= counters.floor {
        return Ok(false);
    }
    let id = row_id(serial, n.0.min(MOST));
    let sql = format!("DELETE FROM captures WHERE id = ?1 RETURNING {WEIGHT}");
    let deleted = connection
        .prepare_cached(&sql)?
        .query_row([id], |found| row::count(found, 0))
        .optional()?;
    let Some(weight) = deleted else {
        return Ok(false);
    };
    counters.captures = counters.captures.saturating_sub(1);
    counters.bytes = counters.bytes.saturating_sub(weight);
    purge_beside(connection, id - 1, id)?;
    if marks::delete(connection, id)?.pinned {
        counters.pinned = counters.pinned.saturating_sub(1);
        counters.pinned_bytes = counters.pinned_bytes.saturating_sub(weight);
    }
    Ok(true)
}

/// What a capture that can be read counts towards `keep.bytes`; `None` when there is none of that number.
pub(super) fn weight_of(
    connection: &Connection,
    serial: u64,
    n: CaptureNumber,
    counters: &Counters,
) -> rusqlite::Result<Option<u64>> {
    if n.0 <= counters.floor {
        return Ok(None);
    }
    connection
        .prepare_cached(&format!("SELECT {WEIGHT} FROM captures WHERE id = ?1"))?
        .query_row([row_id(serial, n.0.min(MOST))], |found| {
            row::count(found, 0)
        })
        .optional()
}

/// Makes the bin fit its `keep`: the oldest captures are gone for readers with the commit that holds this. `before` are the
/// counters at the beginning of the transaction.
pub(super) fn trim(
    connection: &Connection,
    serial: u64,
    keep: Keep,
    before: &Counters,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    if !counters.are_over(keep) {
        return Ok(());
    }
    if counters.pinned > 0 {
        let added = counters.last_n - before.last_n;
        return trim_between_pins(connection, serial, keep, added, counters);
    }
    // The floor is raised, the rows are purged later.
    let mut sql = connection.prepare_cached(&format!(
        "SELECT id, {WEIGHT} FROM captures WHERE id > ?1 AND id <= ?2 ORDER BY id"
    ))?;
    let mut oldest = sql.query([
        row_id(serial, counters.floor),
        row_id(serial, counters.last_n),
    ])?;
    while counters.are_over(keep) {
        let Some(found) = oldest.next()? else { break };
        counters.floor = row::number(found.get(0)?);
        counters.captures = counters.captures.saturating_sub(1);
        counters.bytes = counters.bytes.saturating_sub(row::count(found, 1)?);
        counters.dropped += 1;
    }
    Ok(())
}

/// How many more rows are deleted at once between pinned captures than were added. There are more only after `keep` was made
/// smaller, and then the next commits do the rest: senders wait for each of them.
const BETWEEN_PINS: u64 = 64;

/// The same where captures are pinned, which stay above the floor: below the oldest of them the floor is raised, above it each row
/// is deleted by itself. The newest capture stays, even where pinned ones take all the room.
fn trim_between_pins(
    connection: &Connection,
    serial: u64,
    keep: Keep,
    added: u64,
    counters: &mut Counters,
) -> rusqlite::Result<()> {
    let mut deleted = Vec::new();
    let mut sql = connection.prepare_cached(&format!(
        "SELECT id, {WEIGHT}, EXISTS (SELECT 1 FROM marks WHERE marks.id = captures.id AND pinned)
         FROM captures WHERE id > ?1 AND id < ?2 ORDER BY id"
    ))?;
    let mut oldest = sql.query([
        row_id(serial, counters.passed.max(counters.floor)),
        row_id(serial, counters.last_n),
    ])?;
    let mut is_below_pins = counters.passed <= counters.floor;
    let most = added.saturating_add(BETWEEN_PINS);
    while counters.are_over(keep) && (deleted.len() as u64) < most {
        let Some(found) = oldest.next()? else { break };
        let id: i64 = found.get(0)?;
        counters.passed = row::number(id);
        if found.get(2)? {
            is_below_pins = false;
            continue;
        }
        if is_below_pins {
            counters.floor = counters.passed;
        } else {
            deleted.push(id);
        }
        counters.captures = counters.captures.saturating_sub(1);
        counters.bytes = counters.bytes.saturating_sub(row::count(found, 1)?);
        counters.dropped += 1;
    }
    drop(oldest);
    let mut sql = connection.prepare_cached("DELETE FROM captures WHERE id = ?1")?;
    for id in deleted {
        sql.execute([id])?;
        purge_beside(connection, id - 1, id)?;
        marks::delete(connection, id)?;
    }
    Ok(())
}

/// Deletes some rows at or below the floor, the oldest first, and says whether there are more: as many as `rows`, or as have
/// `bytes` of body between them, but at least one.
pub(super) fn purge(
    connection: &Connection,
    serial: u64,
    rows: u64,
    bytes: u64,
) -> rusqlite::Result<bool> {
    let (purged, floor) = connection
        .prepare_cached("SELECT purged, floor FROM bins WHERE serial = ?1")?
        .query_row([int(serial)], |found| {
            Ok((row::count(found, 0)?, row::count(found, 1)?))
        })?;
    let mut sql = connection.prepare_cached(
        "SELECT id, size FROM captures WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut found = sql.query(params![
        row_id(serial, purged),
        row_id(serial, floor),
        int(rows.saturating_add(1))
    ])?;
    let (mut last, mut count, mut weight) = (None, 0, 0);
    let mut more = false;
    while let Some(found) = found.next()? {
        weight += row::count(found, 1)?;
        more = count == rows || (count > 0 && weight > bytes);
        if more {
            break;
        }
        last = Some(found.get(0)?);
        count += 1;
    }
    let upto = last.filter(|_| more).map_or(floor, row::number);
    connection
        .prepare_cached("DELETE FROM captures WHERE id > ?1 AND id <= ?2")?
        .execute([row_id(serial, purged), row_id(serial, upto)])?;
    marks::purge(connection, row_id(serial, purged), row_id(serial, upto))?;
    purge_beside(connection, row_id(serial, purged), row_id(serial, upto))?;
    connection
        .prepare_cached("UPDATE bins SET purged = ?2 WHERE serial = ?1")?
        .execute([int(serial), int(upto)])?;
    Ok(more)
}
