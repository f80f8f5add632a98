//! The database as rows, for a move to or from another engine.

use std::fs::File;
use std::path::Path;

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use super::row::{number, row_id, serial};
use super::{folder, migrate};
use crate::store::Error as StoreError;
use crate::store::moving::{BYTES, Error, Kind, NUMBERED, ROWS, Result, Row, Side, Table, Value};

/// Where it stands how far a move into this database is.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS moving (only INTEGER PRIMARY KEY CHECK (only = 1), note BLOB NOT NULL) STRICT";

/// How many serials there are.
const SERIALS: i64 = 1 << 27;

/// The highest number of a capture.
const NUMBERS: i64 = (1 << 36) - 1;

/// The database in a data folder that nobody else uses.
pub(in crate::store) struct Moving {
    connection: Connection,
    name: String,
    /// Held as long as this is.
    _lock: File,
}

/// Opens the database in a folder, and brings it to this program's schema. One to move from has to be there.
///
/// # Errors
/// [`Error::NoStore`]; [`Error::Store`], as when a server uses the folder.
pub(in crate::store) fn open(path: &Path, is_source: bool) -> Result<Moving> {
    let (name, file) = (path.display().to_string(), super::file_in(path));
    if is_source && !file.is_file() {
        return Err(Error::NoStore(name));
    }
    let lock = folder::lock(path)?;
    let mut connection = folder::connect(path, &file)?;
    migrate::run(&mut connection, &file)?;
    if is_source {
        refuse_unfinished(&connection, path)?;
    }
    connection
        .pragma_update(None, "wal_autocheckpoint", 2000)
        .map_err(StoreError::from)?;
    Ok(Moving {
        connection,
        name,
        _lock: lock,
    })
}

fn is_unfinished(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'moving'")?
        .exists([])
}

/// Refuses a database that a move into was not finished.
///
/// # Errors
/// [`StoreError::Database`].
pub(super) fn refuse_unfinished(
    connection: &Connection,
    path: &Path,
) -> std::result::Result<(), StoreError> {
    if is_unfinished(connection)? {
        return Err(StoreError::Database {
            address: path.display().to_string(),
            problem: crate::store::moving::UNFINISHED.to_owned(),
        });
    }
    Ok(())
}

/// The column that a capture's serial and number stand in together; `None` in tables of bins.
fn together(table: &Table) -> Option<&'static str> {
    match table.name {
        "attempts" | "forwards" => Some("capture"),
        _ if table.is_of_captures() => Some("id"),
        _ => None,
    }
}

/// A column by the name that it has here.
fn column(table: &Table, name: &'static str) -> &'static str {
    match (table.name, name, together(table)) {
        (_, "serial" | "n", Some(together)) => together,
        ("refusals", "id", _) => "rowid",
        _ => name,
    }
}

/// A value as this engine takes it.
struct Bound<'a>(&'a Value, Kind);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match (self.0, self.1) {
            (Value::Null, _) => ValueRef::Null,
            (Value::Int(number), _) => ValueRef::Integer(*number),
            (Value::Bytes(bytes), Kind::Text | Kind::Words) => ValueRef::Text(bytes),
            (Value::Bytes(bytes), _) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Null | ValueRef::Real(_) => Value::Null, // No strict table of ours has a real.
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// Serial and number of a capture in one value.
fn joined(table: &Table, serial: &Value, n: &Value) -> Result<Value> {
    match (serial, n) {
        (Value::Int(serial @ 0..SERIALS), Value::Int(n @ 0..=NUMBERS)) => Ok(Value::Int(row_id(
            serial.cast_unsigned(),
            n.cast_unsigned(),
        ))),
        _ => Err(Error::Odd(
            table.name,
            "its number is beyond what this engine can count".to_owned(),
        )),
    }
}

/// The statement that reads rows of a bin.
fn select(table: &Table, is_first: bool) -> String {
    let names: Vec<_> = table
        .columns
        .iter()
        .map(|(name, _)| column(table, name))
        .collect();
    let keys: Vec<_> = table.keys().map(|(name, _)| column(table, name)).collect();
    let mut sql = format!("SELECT {} FROM {} WHERE ", names.join(", "), table.name);
    match together(table) {
        Some(together) => sql.push_str(&format!("{together} >= ?1 AND {together} <= ?2")),
        None => sql.push_str("serial = ?1 AND ?1 < ?2"),
    }
    if !is_first {
        let marks: Vec<_> = (0..keys.len()).map(|at| format!("?{}", at + 3)).collect();
        sql.push_str(&format!(
            " AND ({}) > ({})",
            keys.join(", "),
            marks.join(", ")
        ));
    }
    if !keys.is_empty() {
        sql.push_str(&format!(" ORDER BY {}", keys.join(", ")));
    }
    sql
}

/// The statement that writes a row.
fn insert(table: &Table) -> String {
    let mut names: Vec<_> = table
        .columns
        .iter()
        .map(|(name, _)| column(table, name))
        .collect();
    if together(table).is_some() {
        // Serial and number are one column; the queue has the serial beside it.
        if table.name == "forwards" {
            names.splice(..2, ["serial", "capture"]);
        } else {
            names.remove(0);
        }
    }
    let marks = vec!["?"; names.len()];
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        names.join(", "),
        marks.join(", ")
    )
}

impl Moving {
    fn rows(&self, table: &'static Table, bin: i64, above: Option<&[Value]>) -> Result<Vec<Row>> {
        let is_together = together(table).is_some();
        let (low, high) = if is_together {
            let bin = bin.max(0).cast_unsigned();
            (row_id(bin, 0), row_id(bin, NUMBERS.cast_unsigned()))
        } else {
            (bin, i64::MAX)
        };
        let mut values = vec![(Value::Int(low), Kind::Int), (Value::Int(high), Kind::Int)];
        for (at, (found, (_, kind))) in above
            .unwrap_or_default()
            .iter()
            .zip(table.keys())
            .enumerate()
        {
            let found = if is_together && at == 0 {
                joined(table, &Value::Int(bin), found)?
            } else {
                found.clone()
            };
            values.push((found, *kind));
        }
        let mut statement = self
            .connection
            .prepare_cached(&select(table, above.is_none()))
            .map_err(StoreError::from)?;
        let bound = values.iter().map(|(value, kind)| Bound(value, *kind));
        let mut found = statement
            .query(params_from_iter(bound))
            .map_err(StoreError::from)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < ROWS && bytes < BYTES {
            let Some(next) = found.next().map_err(StoreError::from)? else {
                break;
            };
            let mut row = Row::with_capacity(table.columns.len());
            for at in 0..table.columns.len() {
                row.push(value(next.get_ref(at).map_err(StoreError::from)?));
            }
            if is_together && let [Value::Int(bin), Value::Int(n), ..] = row.as_mut_slice() {
                *bin = serial(*bin).cast_signed();
                *n = number(*n).cast_signed();
            }
            bytes += crate::store::moving::weight(&row);
            rows.push(row);
        }
        Ok(rows)
    }

    fn write_all(&mut self, rows: &[(&'static Table, Vec<Row>)], note: &[u8]) -> Result<()> {
        let transaction = self.connection.transaction().map_err(StoreError::from)?;
        for (table, rows) in rows.iter().filter(|(_, rows)| !rows.is_empty()) {
            let mut statement = transaction
                .prepare_cached(&insert(table))
                .map_err(StoreError::from)?;
            for row in rows {
                let mut values: Vec<_> = row
                    .iter()
                    .zip(table.columns)
                    .map(|(value, (_, kind))| Bound(value, *kind))
                    .collect();
                let both = match row.as_slice() {
                    [serial, n, ..] if together(table).is_some() => Some(joined(table, serial, n)?),
                    _ => None,
                };
                if let (Some(both), [_, second, ..]) = (&both, values.as_mut_slice()) {
                    *second = Bound(both, Kind::Int);
                    if table.name != "forwards" {
                        values.remove(0);
                    }
                }
                statement
                    .execute(params_from_iter(values))
                    .map_err(StoreError::from)?;
            }
        }
        transaction.execute_batch(NOTE).map_err(StoreError::from)?;
        transaction
            .execute(
                "INSERT OR REPLACE INTO moving (only, note) VALUES (1, ?1)",
                [note],
            )
            .map_err(StoreError::from)?;
        Ok(transaction.commit().map_err(StoreError::from)?)
    }

    /// The highest number that a table ever gave; those that keep none give the next free one.
    fn highest(&self, (table, column): (&str, &str)) -> rusqlite::Result<i64> {
        let column = if table == "refusals" { "rowid" } else { column };
        let given: Option<i64> = self
            .connection
            .query_row(
                "SELECT seq FROM sqlite_sequence WHERE name = ?1",
                [table],
                |row| row.get(0),
            )
            .optional()?;
        let sql = format!("SELECT ifnull(max({column}), 0) FROM {table}");
        let there: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(there.max(given.unwrap_or(0)))
    }

    fn end(&mut self, numbers: &[i64]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for ((table, _), highest) in NUMBERED.iter().zip(numbers) {
            // Others go on above what is there.
            if matches!(*table, "bins" | "attempts" | "forwards") {
                transaction.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
                transaction.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                    rusqlite::params![table, highest],
                )?;
            }
        }
        transaction.execute_batch("DROP TABLE IF EXISTS moving")?;
        transaction.commit()?;
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

#[async_trait]
impl Side for Moving {
    fn name(&self) -> &str {
        &self.name
    }

    async fn next_bin(&mut self, above: i64) -> Result<Option<i64>> {
        let found = self
            .connection
            .prepare_cached("SELECT min(serial) FROM bins WHERE serial > ?1")
            .and_then(|mut sql| sql.query_row([above], |row| row.get(0)));
        Ok(found.map_err(StoreError::from)?)
    }

    async fn captures(&mut self) -> Result<u64> {
        let found: i64 = self
            .connection
            .query_row("SELECT ifnull(sum(captures), 0) FROM bins", [], |row| {
                row.get(0)
            })
            .map_err(StoreError::from)?;
        Ok(found.max(0).cast_unsigned())
    }

    async fn read(
        &mut self,
        table: &'static Table,
        serial: i64,
        above: Option<&[Value]>,
    ) -> Result<Vec<Row>> {
        if above.is_some_and(<[Value]>::is_empty) {
            return Ok(Vec::new());
        }
        self.rows(table, serial, above)
    }

    async fn numbers(&mut self) -> Result<Vec<i64>> {
        let numbers = NUMBERED.iter().map(|numbered| self.highest(*numbered));
        Ok(numbers
            .collect::<rusqlite::Result<_>>()
            .map_err(StoreError::from)?)
    }

    async fn noted(&mut self) -> Result<Option<Vec<u8>>> {
        if !is_unfinished(&self.connection).map_err(StoreError::from)? {
            return Ok(None);
        }
        let note = self
            .connection
            .query_row("SELECT note FROM moving", [], |row| row.get(0))
            .optional();
        Ok(note.map_err(StoreError::from)?)
    }

    async fn write(&mut self, rows: &[(&'static Table, Vec<Row>)], note: &[u8]) -> Result<()> {
        self.write_all(rows, note)
    }

    async fn finish(&mut self, numbers: &[i64]) -> Result<()> {
        Ok(self.end(numbers).map_err(StoreError::from)?)
    }
}
