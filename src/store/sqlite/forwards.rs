//! SQL about captures that are to be sent on, and the targets that they go to.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row::{self, int, row_id};
use crate::model::{Bin, BinId, CaptureNumber, Forward, Settled, TargetState, Timestamp};

/// Queues a capture for every target of its bin, in the transaction that writes it.
pub(super) fn enqueue(
    connection: &Connection,
    bin: &Bin,
    n: u64,
    at: Timestamp,
) -> rusqlite::Result<()> {
    for target in &bin.settings.targets {
        connection
            .prepare_cached(
                "INSERT INTO forwards (capture, serial, target, due_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                row_id(bin.serial, n),
                int(bin.serial),
                target.url,
                at.as_micros()
            ])?;
    }
    Ok(())
}

/// Takes away what waits of captures whose rows go: those above the first id, up to the last.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM forwards WHERE capture > ?1 AND capture <= ?2")?
        .execute([above, upto])
        .map(|_| ())
}

/// Bins and targets for which something waits, those left out that are paused.
pub(super) fn lanes(connection: &Connection) -> rusqlite::Result<Vec<(BinId, String)>> {
    let mut sql = connection.prepare_cached(
        "SELECT DISTINCT bins.id, forwards.target FROM forwards JOIN bins ON bins.serial = forwards.serial
         WHERE forwards.dead = 0 AND bins.gone_at IS NULL",
    )?;
    let found = sql.query_map([], |found| {
        let id = found.get_ref(0)?.as_blob()?.try_into().unwrap_or_default();
        Ok((BinId::from_bytes(id), found.get(1)?))
    })?;
    found.collect()
}

/// What is read of one that is queued; the size stands before all that is large in the row of its capture.
macro_rules! queued {
    ($rest:literal) => {
        concat!(
            "SELECT id, capture, target, tries, due_at, COALESCE((SELECT size FROM captures WHERE captures.id = forwards.capture), 0),
             EXISTS (SELECT 1 FROM failing WHERE failing.serial = forwards.serial AND failing.target = forwards.target)
             FROM forwards ",
            $rest
        )
    };
}

fn forward(row: &Row<'_>) -> rusqlite::Result<Forward> {
    Ok(Forward {
        id: row::count(row, 0)?,
        n: CaptureNumber(row::number(row.get(1)?)),
        target: row.get(2)?,
        tries: row.get(3)?,
        due_at: Timestamp::from_micros(row.get(4)?),
        size: row::count(row, 5)?,
        is_failing: row.get(6)?,
    })
}

/// What waits for a target, the first come first; nothing when it is paused.
pub(super) fn waiting(
    connection: &Connection,
    serial: u64,
    target: &str,
    limit: usize,
) -> rusqlite::Result<Vec<Forward>> {
    let mut sql = connection.prepare_cached(queued!(
        "WHERE serial = ?1 AND target = ?2 AND dead = 0
         AND NOT EXISTS (SELECT 1 FROM failing WHERE serial = ?1 AND target = ?2 AND paused_at IS NOT NULL)
         ORDER BY id LIMIT ?3"
    ))?;
    let found = sql.query_map(params![int(serial), target, int(limit as u64)], forward)?;
    found.collect()
}

/// What was given up, the latest first.
pub(super) fn dead(
    connection: &Connection,
    serial: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Forward>> {
    let mut sql = connection.prepare_cached(queued!(
        "WHERE serial = ?1 AND dead = 1 ORDER BY id DESC LIMIT ?2"
    ))?;
    let found = sql.query_map([int(serial), int(limit as u64)], forward)?;
    found.collect()
}

/// Notes what became of a try. Gives since when the target fails.
pub(super) fn settle(
    connection: &Connection,
    serial: u64,
    forward: &Forward,
    settled: Settled,
    now: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let id = int(forward.id);
    match settled {
        Settled::Done => connection
            .prepare_cached("DELETE FROM forwards WHERE id = ?1")?
            .execute([id])?,
        Settled::Again(due_at) => connection
            .prepare_cached("UPDATE forwards SET tries = tries + 1, due_at = ?2 WHERE id = ?1")?
            .execute([id, due_at.as_micros()])?,
        Settled::Dead => connection
            .prepare_cached("UPDATE forwards SET tries = tries + 1, dead = 1 WHERE id = ?1")?
            .execute([id])?,
    };
    if settled == Settled::Done {
        connection
            .prepare_cached(
                "DELETE FROM failing WHERE serial = ?1 AND target = ?2 AND paused_at IS NULL",
            )?
            .execute(params![int(serial), forward.target])?;
        return Ok(None);
    }
    let since = connection
        .prepare_cached(
            "INSERT INTO failing (serial, target, since) VALUES (?1, ?2, ?3)
             ON CONFLICT (serial, target) DO UPDATE SET since = since RETURNING since",
        )?
        .query_row(
            params![int(serial), forward.target, now.as_micros()],
            |found| found.get(0),
        )?;
    Ok(Some(Timestamp::from_micros(since)))
}

/// Tries nothing more for a target.
pub(super) fn pause(
    connection: &Connection,
    serial: u64,
    target: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE failing SET paused_at = ?3 WHERE serial = ?1 AND target = ?2 AND paused_at IS NULL")?
        .execute(params![int(serial), target, now.as_micros()])
        .map(|_| ())
}

/// Puts what was given up back into the queue, and goes on with paused targets: one, or all of the bin's.
pub(super) fn retry(
    connection: &Connection,
    serial: u64,
    target: Option<&str>,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("DELETE FROM failing WHERE serial = ?1 AND (?2 IS NULL OR target = ?2)")?
        .execute(params![int(serial), target])?;
    let retried = connection
        .prepare_cached("UPDATE forwards SET dead = 0, tries = 0, due_at = ?3 WHERE serial = ?1 AND dead = 1 AND (?2 IS NULL OR target = ?2)")?
        .execute(params![int(serial), target, now.as_micros()])?;
    Ok(retried as u64)
}

/// Forgets what waits for a target that is none any more.
pub(super) fn forget(connection: &Connection, serial: u64, target: &str) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM forwards WHERE serial = ?1 AND target = ?2",
        "DELETE FROM failing WHERE serial = ?1 AND target = ?2",
    ] {
        connection
            .prepare_cached(sql)?
            .execute(params![int(serial), target])?;
    }
    Ok(())
}

/// Forgets what waits for all but the targets that the bin has.
pub(super) fn keep_only(connection: &Connection, bin: &Bin) -> rusqlite::Result<()> {
    let known = connection
        .prepare_cached("SELECT DISTINCT target FROM forwards WHERE serial = ?1 UNION SELECT target FROM failing WHERE serial = ?1")?
        .query_map([int(bin.serial)], |found| found.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let targets = &bin.settings.targets;
    for target in known {
        if targets.iter().all(|kept| kept.url != target) {
            forget(connection, bin.serial, &target)?;
        }
    }
    Ok(())
}

/// How it goes with each target of the bin, in their order.
pub(super) fn states(connection: &Connection, bin: &Bin) -> rusqlite::Result<Vec<TargetState>> {
    let serial = int(bin.serial);
    let mut states = BTreeMap::<String, TargetState>::new();
    let mut sql = connection.prepare_cached(
        "SELECT target, dead, count(*) FROM forwards WHERE serial = ?1 GROUP BY target, dead",
    )?;
    let mut found = sql.query([serial])?;
    while let Some(found) = found.next()? {
        let state = states.entry(found.get(0)?).or_default();
        let count = row::count(found, 2)?;
        if found.get(1)? {
            state.dead = count;
        } else {
            state.waiting = count;
        }
    }
    let mut sql = connection
        .prepare_cached("SELECT since, paused_at FROM failing WHERE serial = ?1 AND target = ?2")?;
    let of = |target: &crate::model::Target| {
        let failing: Option<(i64, Option<i64>)> = sql
            .query_row(params![serial, target.url], |found| {
                Ok((found.get(0)?, found.get(1)?))
            })
            .optional()?;
        Ok(TargetState {
            target: target.url.clone(),
            failing_since: failing.map(|(since, _)| Timestamp::from_micros(since)),
            paused_at: failing.and_then(|(_, at)| at).map(Timestamp::from_micros),
            ..states.remove(&target.url).unwrap_or_default()
        })
    };
    bin.settings.targets.iter().map(of).collect()
}
