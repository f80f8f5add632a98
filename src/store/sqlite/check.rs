//! Looks whether a database is whole and does not contradict itself.
//!
//! First SQLite's own look at its pages and indexes, then ours at what the tables say of each other: the counters of every bin and the
//! rows behind them, notes without their capture, and the bytes of bodies against the fingerprints that were kept of them. All of it is
//! one look, so that a server may go on writing meanwhile.

use std::path::Path;

use rusqlite::Connection;
use rustix::fs::Access;
use rustix::io::Errno;

use super::row::{self, row_id};
use super::{backup, migrate};
use crate::model::delivery::fingerprint;
use crate::store::{Error, Result};

/// How many faults are told: of a broken file there may be one for each page.
const TOLD: usize = 20;

/// What hangs on captures by their row ids.
const BESIDE: [(&str, &str); 5] = [
    ("marks", "id"),
    ("events", "id"),
    ("replies", "id"),
    ("attempts", "capture"),
    ("forwards", "capture"),
];

/// What is wrong with the database in a file, a sentence each and at most [a few](TOLD); nothing when it is sound.
///
/// # Errors
/// [`Error::Database`] when it cannot be opened; [`Error::Engine`] when it is no database; [`Error::TooNew`].
pub fn check(file: &Path) -> Result<Vec<String>> {
    // Not opened for that: when a file is closed, all locks that the process has on it are gone, SQLite's too.
    if let Err(error) = rustix::fs::access(file, Access::READ_OK) {
        let problem = match error {
            Errno::NOENT => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        let address = file.display().to_string();
        return Err(Error::Database { address, problem });
    }
    let connection = backup::look_at(file)?;
    let is_current = match migrate::known(&connection, file) {
        Err(Error::Engine(error)) if is_damage(&error) => return Ok(vec![error.to_string()]),
        known => known?,
    };
    let snapshot = connection.unchecked_transaction()?;
    let mut faults = Vec::new();
    // A fault of a page may also end the look itself.
    let looked = pages(&snapshot, &mut faults).and_then(|()| {
        if is_current && faults.is_empty() {
            contradictions(&snapshot, &mut faults)
        } else {
            Ok(())
        }
    });
    match looked {
        Ok(()) => {}
        Err(error) if is_damage(&error) => {
            faults.push(format!("it cannot be read to its end: {error}"));
        }
        Err(error) => return Err(error.into()),
    }
    faults.truncate(TOLD);
    Ok(faults)
}

/// Whether the failure is the file's: a broken page, or a value that is none of ours.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase
        ),
        _ => true,
    }
}

/// SQLite's own look.
fn pages(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut sql = connection.prepare(&format!("PRAGMA integrity_check({TOLD})"))?;
    let mut rows = sql.query([])?;
    while let Some(found) = rows.next()? {
        let fault: String = found.get(0)?;
        if fault != "ok" {
            faults.push(fault);
        }
    }
    Ok(())
}

fn contradictions(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    bins(connection, faults)?;
    let lost = "SELECT count(*) FROM captures
                WHERE NOT EXISTS (SELECT 1 FROM bins WHERE serial = captures.id >> 36)";
    tell(connection, lost, faults, "captures are of no bin")?;
    let sizes = "SELECT count(*) FROM captures WHERE length(body) <> size";
    tell(
        connection,
        sizes,
        faults,
        "captures have bodies of another size than was noted",
    )?;
    for (table, column) in BESIDE {
        let sql = format!(
            "SELECT count(*) FROM {table}
             WHERE NOT EXISTS (SELECT 1 FROM captures WHERE captures.id = {table}.{column})"
        );
        tell(
            connection,
            &sql,
            faults,
            &format!("rows of {table} are of no capture"),
        )?;
    }
    bodies(connection, faults)
}

/// Notes how many rows a query counts, where there are any.
fn tell(
    connection: &Connection,
    sql: &str,
    faults: &mut Vec<String>,
    what: &str,
) -> rusqlite::Result<()> {
    let count: i64 = connection.query_row(sql, [], |found| found.get(0))?;
    if count > 0 {
        faults.push(format!("{count} {what}"));
    }
    Ok(())
}

/// The counters of each bin, against what there is to count.
fn bins(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    let columns = "last_n, floor, purged, captures, bytes, pinned";
    let mut sql = connection.prepare(&format!("SELECT {}, {columns} FROM bins", row::BIN))?;
    let first = sql.column_count() - columns.split(", ").count();
    let mut rows = sql.query([])?;
    let mut count = connection.prepare(
        "SELECT count(*), ifnull(sum(size + length(headers)), 0),
                ifnull(sum(EXISTS (SELECT 1 FROM marks WHERE marks.id = captures.id AND pinned)), 0)
         FROM captures WHERE id > ?1 AND id <= ?2",
    )?;
    let mut within = |serial: u64, above: u64, upto: u64| {
        count.query_row([row_id(serial, above), row_id(serial, upto)], |found| {
            Ok([
                row::count(found, 0)?,
                row::count(found, 1)?,
                row::count(found, 2)?,
            ])
        })
    };
    while let Some(found) = rows.next()? {
        // Reading it is a check, too: its settings are JSON.
        let (bin, _) = row::bin(found)?;
        let number = |column: usize| row::count(found, first + column);
        let (last_n, floor, purged) = (number(0)?, number(1)?, number(2)?);
        let kept = [number(3)?, number(4)?, number(5)?];
        let mut wrong = |what: String| {
            if faults.len() < TOLD {
                // By its serial: its id would let others send to it.
                faults.push(format!("bin {}: {what}", bin.serial));
            }
        };
        if purged > floor || floor > last_n {
            wrong(format!(
                "its numbers run backwards: {purged} purged, {floor} gone, {last_n} given"
            ));
            continue;
        }
        let there = within(bin.serial, floor, last_n)?;
        if there != kept {
            wrong(format!(
                "its counters say {} captures, {} bytes and {} pinned, there are {}, {} and {}",
                kept[0], kept[1], kept[2], there[0], there[1], there[2]
            ));
        }
        let beyond = within(bin.serial, last_n, super::captures::MOST)?[0];
        if beyond > 0 {
            wrong(format!(
                "{beyond} captures have numbers that were never given"
            ));
        }
        let purged_yet_there = within(bin.serial, 0, purged)?[0];
        if purged_yet_there > 0 {
            wrong(format!(
                "{purged_yet_there} captures are there that were purged"
            ));
        }
    }
    Ok(())
}

/// The bodies of recognised deliveries, against their fingerprints.
fn bodies(connection: &Connection, faults: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut sql = connection.prepare(
        "SELECT captures.id, events.body, captures.body FROM events JOIN captures USING (id)",
    )?;
    let mut rows = sql.query([])?;
    while let Some(found) = rows.next()? {
        let (id, noted, body): (i64, Vec<u8>, Vec<u8>) =
            (found.get(0)?, found.get(1)?, found.get(2)?);
        if noted[..] != fingerprint([&body[..]])[..] && faults.len() < TOLD {
            let (serial, n) = (row::serial(id), row::number(id));
            faults.push(format!(
                "bin {serial}: the body of capture {n} is not the one that came"
            ));
        }
    }
    Ok(())
}
