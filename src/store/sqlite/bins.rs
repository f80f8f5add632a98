//! SQL about bins.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::events;
use super::row::{self, int};
use crate::model::{Alias, Bin, BinId, KeyHash, Settings, Timestamp, Usage};
pub(super) use crate::store::cache::Name;
pub(super) use crate::store::counters::Counters;
use crate::store::{Error, Result};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The bin of that name, and when it went away if it did; `None` when there never was one.
pub(super) fn find(
    connection: &Connection,
    name: &Name,
) -> rusqlite::Result<Option<(Bin, Option<Timestamp>)>> {
    let by = |column: &str| {
        format!(
            "SELECT {} FROM bins WHERE {column} = ?1 ORDER BY gone_at IS NOT NULL, serial DESC LIMIT 1",
            row::BIN
        )
    };
    match name {
        Name::Id(id) => connection
            .prepare_cached(&by("id"))?
            .query_row([id.as_bytes()], row::bin),
        Name::Alias(alias) => connection
            .prepare_cached(&by("alias"))?
            .query_row([alias.as_str()], row::bin),
        Name::Key(key) => connection
            .prepare_cached(&by("key_hash"))?
            .query_row([key.as_bytes()], row::bin),
    }
    .optional()
}

/// A failure of a write that may be about the alias.
fn write_error(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::ConstraintViolation;
    match &error {
        rusqlite::Error::SqliteFailure(failure, Some(text))
            if failure.code == ConstraintViolation && text.contains("alias") =>
        {
            Error::AliasTaken
        }
        _ => error.into(),
    }
}

fn json(settings: &Settings) -> Result<String> {
    serde_json::to_string(settings)
        .map_err(|cause| Error::Engine(rusqlite::Error::ToSqlConversionFailure(cause.into())))
}

/// Makes a bin. Errors: [`Error::AliasTaken`].
pub(super) fn insert(
    connection: &Connection,
    id: BinId,
    key: KeyHash,
    settings: Settings,
    now: Timestamp,
) -> Result<Bin> {
    let alias = settings.alias.as_ref().map(Alias::as_str);
    let json = json(&settings)?;
    connection
        .prepare_cached("INSERT INTO bins (id, key_hash, alias, settings, created_at, active_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut sql| sql.insert(params![id.as_bytes(), key.as_bytes(), alias, json, now.as_micros(), now.as_micros() / DAY]))
        .map_err(write_error)
        .map(|serial| Bin { id, serial: serial.max(0).cast_unsigned(), created_at: now, settings })
}

/// Replaces the settings. Errors: [`Error::AliasTaken`].
pub(super) fn update(connection: &Connection, serial: u64, settings: &Settings) -> Result<()> {
    let alias = settings.alias.as_ref().map(Alias::as_str);
    let json = json(settings)?;
    connection
        .prepare_cached(
            "UPDATE bins SET settings = ?2, alias = ?3 WHERE serial = ?1 AND gone_at IS NULL",
        )
        .and_then(|mut sql| sql.execute(params![int(serial), json, alias]))
        .map_err(write_error)
        .map(|_| ())
}

/// Turns a bin into a tombstone that keeps nothing but its names.
pub(super) fn bury(connection: &Connection, serial: u64, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE bins SET gone_at = ?2, settings = '{}' WHERE serial = ?1",
        params![int(serial), now.as_micros()],
    )?;
    connection.execute("DELETE FROM refusals WHERE serial = ?1", [int(serial)])?;
    events::forget_times(connection, serial)
}

/// How full the bin is.
pub(super) fn usage(connection: &Connection, serial: u64) -> rusqlite::Result<Usage> {
    connection
        .prepare_cached(
            "SELECT captures, bytes, dropped, refused, last_capture_at, pinned FROM bins WHERE serial = ?1",
        )?
        .query_row([int(serial)], |found| {
            Ok(Usage {
                captures: row::count(found, 0)?,
                bytes: row::count(found, 1)?,
                dropped: row::count(found, 2)?,
                refused: row::count(found, 3)?,
                last_capture_at: found.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros),
                pinned: row::count(found, 5)?,
            })
        })
}

/// The counters of a bin, as of the last commit.
pub(super) fn counters(connection: &Connection, serial: u64) -> rusqlite::Result<Counters> {
    connection
        .prepare_cached("SELECT last_n, floor, captures, bytes, dropped, last_capture_at, gone_at, pinned, pinned_bytes FROM bins WHERE serial = ?1")?
        .query_row([int(serial)], |found| {
            Ok(Counters {
                last_n: row::count(found, 0)?,
                floor: row::count(found, 1)?,
                captures: row::count(found, 2)?,
                bytes: row::count(found, 3)?,
                dropped: row::count(found, 4)?,
                last_capture_at: found.get(5)?,
                gone_at: found.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
                pinned: row::count(found, 7)?,
                pinned_bytes: row::count(found, 8)?,
                passed: row::count(found, 1)?,
            })
        })
}

/// Writes the counters, as part of the transaction that changed them. The day, which has an index, only when it is another; what is
/// pinned, which no append changes, likewise.
pub(super) fn save_counters(
    connection: &Connection,
    serial: u64,
    before: &Counters,
    counters: &Counters,
) -> rusqlite::Result<()> {
    let day = |counters: &Counters| counters.last_capture_at.map(|at| at / DAY);
    if day(before) != day(counters) {
        connection
            .prepare_cached("UPDATE bins SET active_day = ?2 WHERE serial = ?1")?
            .execute(params![int(serial), day(counters)])?;
    }
    let pinned = |counters: &Counters| (counters.pinned, counters.pinned_bytes);
    if pinned(before) != pinned(counters) {
        connection
            .prepare_cached("UPDATE bins SET pinned = ?2, pinned_bytes = ?3 WHERE serial = ?1")?
            .execute([
                int(serial),
                int(counters.pinned),
                int(counters.pinned_bytes),
            ])?;
    }
    connection
        .prepare_cached(
            "UPDATE bins SET last_n = ?2, floor = ?3, captures = ?4, bytes = ?5, dropped = ?6, last_capture_at = ?7 WHERE serial = ?1",
        )?
        .execute(params![
            int(serial),
            int(counters.last_n),
            int(counters.floor),
            int(counters.captures),
            int(counters.bytes),
            int(counters.dropped),
            counters.last_capture_at
        ])
        .map(|_| ())
}

/// Bins of which rows are still to be purged, and at most how many.
pub(super) fn unpurged(connection: &Connection) -> rusqlite::Result<BTreeMap<u64, u64>> {
    let mut sql =
        connection.prepare("SELECT serial, floor - purged FROM bins WHERE purged < floor")?;
    sql.query_map([], |found| {
        Ok((row::count(found, 0)?, row::count(found, 1)?))
    })?
    .collect()
}

/// Bins whose time is over: the days of their `keep` have gone by since the last capture. At most `limit` of them, among the
/// bins that were quiet for a day.
pub(super) fn expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Bin>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM bins WHERE gone_at IS NULL AND active_day <= ?1
             AND json_extract(settings, '$.keep.days') > 0
             AND ifnull(last_capture_at, created_at) < ?2 - json_extract(settings, '$.keep.days') * ?3
             ORDER BY active_day LIMIT ?4",
            row::BIN
        ))?
        .query_map(params![now.minus_micros(DAY).as_micros() / DAY, now.as_micros(), DAY, int(limit as u64)], row::bin)?
        .map(|found| found.map(|(bin, _)| bin))
        .collect()
}
