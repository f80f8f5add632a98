//! The database as rows, for a move to or from another engine.
//!
//! A database to move from is read in one transaction, under a lock that lets nobody write to it; one to move to is held by an advisory
//! lock, and rows go there by COPY.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{BufMut as _, BytesMut};
use futures_util::pin_mut;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::connect::Address;
use super::days::KEPT;
use super::migrate;
use crate::model::Settings;
use crate::store::Error as StoreError;
use crate::store::moving::{BYTES, Error, Kind, NUMBERED, ROWS, Result, Row, Side, Table, Value};

/// Where it stands how far a move into this database is.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS moving (only_one BOOLEAN PRIMARY KEY CHECK (only_one), note BYTEA NOT NULL)";

/// One move at a time: "moving" in ASCII.
const LOCK: i64 = 0x6d6f_7669_6e67;

/// How often, and how long apart, it is asked whether others have gone: the server notices a moment later.
const ASKED: u32 = 25;
const APART: Duration = Duration::from_millis(200);

/// A database, by one connection.
pub(in crate::store) struct Moving {
    client: Client,
    name: String,
    /// Statements that read, by table and whether from its first row on.
    prepared: HashMap<(&'static str, bool), Statement>,
}

/// Connects to a database, and brings it to this program's schema. One to move from has to be a store.
///
/// # Errors
/// [`Error::NoStore`], [`Error::Served`], [`Error::Busy`] and [`Error::Store`].
pub(in crate::store) async fn open(url: &str, is_source: bool) -> Result<Moving> {
    let address = Address::parse(url)?;
    let name = address.shown().to_owned();
    let mut client = address.first().await?;
    if is_source && !is_there(&client, "hookwell_schema").await? {
        return Err(Error::NoStore(name));
    }
    migrate::run(&mut client, &address).await?;
    if is_source {
        refuse_unfinished(&client, &address).await?;
    }
    let session = "SET application_name = 'hookwell migrate'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    client
        .batch_execute(session)
        .await
        .map_err(StoreError::from)?;
    let side = Moving {
        client,
        name,
        prepared: HashMap::new(),
    };
    side.alone(is_source).await?;
    Ok(side)
}

async fn is_there(client: &Client, table: &str) -> std::result::Result<bool, StoreError> {
    let sql = "SELECT to_regclass($1::text) IS NOT NULL";
    Ok(client.query_one(sql, &[&table]).await?.try_get(0)?)
}

/// Refuses a database that a move into was not finished.
///
/// # Errors
/// [`StoreError::Database`].
pub(super) async fn refuse_unfinished(
    client: &Client,
    address: &Address,
) -> std::result::Result<(), StoreError> {
    if is_there(client, "moving").await? {
        return Err(address.refuse(crate::store::moving::UNFINISHED));
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => out.put_i64(*number),
            (Self::Int(number), &Type::INT4) => out.put_i32((*number).try_into()?),
            (Self::Int(number), &Type::INT2) => out.put_i16((*number).try_into()?),
            (Self::Int(number), &Type::BOOL) => out.put_u8(u8::from(*number != 0)),
            (Self::Bytes(bytes), &Type::BYTEA | &Type::TEXT) => out.put_slice(bytes),
            _ => return Err("a value of another kind".into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        [
            Type::INT8,
            Type::INT4,
            Type::INT2,
            Type::BOOL,
            Type::BYTEA,
            Type::TEXT,
        ]
        .contains(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(kind, raw)?.into()),
            _ => Self::Bytes(raw.to_vec()),
        })
    }

    fn from_sql_null(
        _: &Type,
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        <Self as ToSql>::accepts(kind)
    }
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8,
        Kind::Short => Type::INT4,
        Kind::Small => Type::INT2,
        Kind::Flag => Type::BOOL,
        Kind::Text => Type::TEXT,
        Kind::Words | Kind::Bytes => Type::BYTEA,
    }
}

/// The statement that reads rows of a bin: what is too much for one look is left out before its bytes are fetched.
fn select(table: &Table, is_first: bool) -> String {
    let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    // Rows that were left to their day are as good as gone.
    let purged = match table.name {
        "captures" => " AND n > (SELECT purged FROM bins WHERE serial = $1)",
        _ => "",
    };
    let keys: Vec<_> = table
        .keys()
        .map(|(name, kind)| match kind {
            Kind::Text => format!("{name} COLLATE \"C\""),
            _ => (*name).to_owned(),
        })
        .collect();
    if keys.is_empty() {
        return format!("SELECT {names} FROM {} WHERE serial = $1", table.name);
    }
    let keys = keys.join(", ");
    let weights: Vec<_> = table
        .columns
        .iter()
        .filter(|(_, kind)| matches!(kind, Kind::Words | Kind::Bytes))
        .map(|(name, _)| format!("coalesce(octet_length({name}), 0)"))
        .chain(["0".to_owned()])
        .collect();
    let weights = weights.join(" + ");
    let above = if is_first {
        String::new()
    } else {
        let marks: Vec<_> = (0..table.key).map(|at| format!("${}", at + 2)).collect();
        format!(" AND ({keys}) > ({})", marks.join(", "))
    };
    format!(
        "SELECT {names} FROM (SELECT *, sum(row_bytes) OVER (ORDER BY {keys} ROWS UNBOUNDED PRECEDING) - row_bytes AS bytes_before
          FROM (SELECT {names}, {weights} AS row_bytes FROM {} WHERE serial = $1{purged}{above} ORDER BY serial, {keys} LIMIT {ROWS}) AS near)
          AS weighed WHERE bytes_before < {BYTES} ORDER BY {keys}",
        table.name
    )
}

impl Moving {
    /// Sees to it that nobody else works on the database.
    async fn alone(&self, is_source: bool) -> Result<()> {
        let lock = "SELECT pg_try_advisory_lock($1)";
        let mut asked = 0;
        while !is_source && !self.one::<bool>(lock, &[&LOCK]).await? {
            asked += 1;
            if asked >= ASKED {
                return Err(Error::Busy(self.name.clone()));
            }
            tokio::time::sleep(APART).await;
        }
        loop {
            let sql = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'hookwell' AND pid <> pg_backend_pid()";
            let connected: i64 = self.one(sql, &[]).await?;
            if connected == 0 {
                break;
            }
            asked += 1;
            if asked >= ASKED {
                return Err(Error::Served(self.name.clone()));
            }
            tokio::time::sleep(APART).await;
        }
        if is_source {
            // The lock comes before the first look, which all others are as.
            let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE bins IN SHARE MODE";
            self.client
                .batch_execute(sql)
                .await
                .map_err(StoreError::from)?;
        }
        Ok(())
    }

    async fn one<T>(&self, sql: &str, values: super::sql::Values<'_>) -> Result<T>
    where
        T: for<'a> FromSql<'a>,
    {
        let found = self.client.query_one(sql, values).await;
        let found = found.and_then(|found| found.try_get(0));
        Ok(found.map_err(StoreError::from)?)
    }

    /// Writes rows of a table.
    async fn copy(&self, table: &'static Table, rows: &[Row]) -> Result<()> {
        let mut names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
        let mut types: Vec<_> = table
            .columns
            .iter()
            .map(|(_, kind)| type_of(*kind))
            .collect();
        if let Some((name, kind, _)) = rows.first().and_then(|row| own(table, row)) {
            names.push(name);
            types.push(kind);
        }
        let sql = format!(
            "COPY {} ({}) FROM STDIN (FORMAT binary)",
            table.name,
            names.join(", ")
        );
        let sink = self.client.copy_in(&sql).await.map_err(StoreError::from)?;
        let writer = BinaryCopyInWriter::new(sink, &types);
        pin_mut!(writer);
        for row in rows {
            let own = own(table, row).map(|(.., value)| value);
            let values: Vec<&(dyn ToSql + Sync)> = row
                .iter()
                .chain(&own)
                .map(|value| value as &(dyn ToSql + Sync))
                .collect();
            writer
                .as_mut()
                .write(&values)
                .await
                .map_err(StoreError::from)?;
        }
        writer.finish().await.map_err(StoreError::from)?;
        Ok(())
    }
}

/// The column of a table that other engines do not know, and what it is in a row.
fn own(table: &Table, row: &Row) -> Option<(&'static str, Type, Value)> {
    match table.name {
        "bins" => Some(("keep_days", Type::INT8, keep_days(table, row))),
        "captures" => Some(("day", Type::INT4, Value::Int(KEPT.into()))),
        _ => None,
    }
}

/// What a bin's row has here out of its settings.
fn keep_days(table: &Table, row: &Row) -> Value {
    let settings = table
        .columns
        .iter()
        .zip(row)
        .find_map(|((name, _), value)| match value {
            Value::Bytes(json) if *name == "settings" => serde_json::from_slice(json).ok(),
            _ => None,
        });
    Value::Int(settings.map_or(0, |settings: Settings| settings.keep.days.into()))
}

#[async_trait]
impl Side for Moving {
    fn name(&self) -> &str {
        &self.name
    }

    async fn next_bin(&mut self, above: i64) -> Result<Option<i64>> {
        self.one("SELECT min(serial) FROM bins WHERE serial > $1", &[&above])
            .await
    }

    async fn captures(&mut self) -> Result<u64> {
        let sql = "SELECT coalesce(sum(captures), 0)::bigint FROM bins";
        let found: i64 = self.one(sql, &[]).await?;
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
        let wanted = (table.name, above.is_none());
        let statement = if let Some(statement) = self.prepared.get(&wanted) {
            statement.clone()
        } else {
            let prepared = self.client.prepare(&select(table, above.is_none())).await;
            let prepared = prepared.map_err(StoreError::from)?;
            self.prepared.insert(wanted, prepared.clone());
            prepared
        };
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&serial];
        for value in above.unwrap_or_default() {
            values.push(value);
        }
        let found = self.client.query(&statement, &values).await;
        found
            .map_err(StoreError::from)?
            .iter()
            .map(|found| {
                (0..table.columns.len())
                    .map(|at| Ok(found.try_get(at).map_err(StoreError::from)?))
                    .collect()
            })
            .collect()
    }

    async fn numbers(&mut self) -> Result<Vec<i64>> {
        let mut numbers = Vec::new();
        for (table, column) in NUMBERED {
            let sql = format!(
                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {table}_{column}_seq"
            );
            numbers.push(self.one(&sql, &[]).await?);
        }
        Ok(numbers)
    }

    async fn noted(&mut self) -> Result<Option<Vec<u8>>> {
        if !is_there(&self.client, "moving").await? {
            return Ok(None);
        }
        let found = self.client.query_opt("SELECT note FROM moving", &[]).await;
        let found = found.map_err(StoreError::from)?;
        let note = found.map(|found| found.try_get(0)).transpose();
        Ok(note.map_err(StoreError::from)?)
    }

    async fn write(&mut self, rows: &[(&'static Table, Vec<Row>)], note: &[u8]) -> Result<()> {
        let begin = format!("BEGIN; {NOTE}");
        self.client
            .batch_execute(&begin)
            .await
            .map_err(StoreError::from)?;
        for (table, rows) in rows.iter().filter(|(_, rows)| !rows.is_empty()) {
            self.copy(table, rows).await?;
        }
        let sql = "INSERT INTO moving (only_one, note) VALUES (true, $1)
             ON CONFLICT (only_one) DO UPDATE SET note = excluded.note";
        self.client
            .execute(sql, &[&note])
            .await
            .map_err(StoreError::from)?;
        Ok(self
            .client
            .batch_execute("COMMIT")
            .await
            .map_err(StoreError::from)?)
    }

    async fn finish(&mut self, numbers: &[i64]) -> Result<()> {
        let mut sql = "BEGIN; DROP TABLE IF EXISTS moving;".to_owned();
        for ((table, column), highest) in NUMBERED.iter().zip(numbers) {
            sql.push_str(&format!(
                " SELECT setval('{table}_{column}_seq', {}, false);",
                highest.saturating_add(1).max(1)
            ));
        }
        sql.push_str(" COMMIT; ANALYZE");
        Ok(self
            .client
            .batch_execute(&sql)
            .await
            .map_err(StoreError::from)?)
    }
}
