//! Brings a database to the schema that this program knows.

use tokio_postgres::Client;

use super::connect::Address;
use crate::store::{Error, Result};

/// Every step, in order. A step that was ever released is never changed: to change the schema, add a file.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_seats.sql"),
];

/// Nodes that start at once take turns by this advisory lock: "hookwell" in ASCII.
const LOCK: i64 = 0x686f_6f6b_7765_6c6c;

/// Runs the steps that are missing, each in a transaction of its own with its version.
///
/// # Errors
/// [`Error::Database`] when the database has done steps that this program does not know, or a step fails.
pub(super) async fn run(client: &mut Client, address: &Address) -> Result<()> {
    while step(client, address).await? {}
    // The session goes on being used.
    address.prepare(client).await
}

/// Does the next step; says whether there was one to do.
async fn step(client: &mut Client, address: &Address) -> Result<bool> {
    let failed = |error: tokio_postgres::Error| {
        address.refuse(format!(
            "its tables cannot be brought up to date: {}",
            super::sql::why(&Error::from(error))
        ))
    };
    let transaction = client.transaction().await.map_err(failed)?;
    let sql = format!(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s';
         SET LOCAL idle_in_transaction_session_timeout = '60s'; SELECT pg_advisory_xact_lock({LOCK})"
    );
    transaction.batch_execute(&sql).await.map_err(failed)?;
    let is_new: bool = transaction
        .query_one("SELECT to_regclass('hookwell_schema') IS NULL", &[])
        .await
        .and_then(|found| found.try_get(0))
        .map_err(failed)?;
    if is_new {
        let sql = "CREATE TABLE hookwell_schema (only_one BOOLEAN PRIMARY KEY CHECK (only_one), version BIGINT NOT NULL);
             INSERT INTO hookwell_schema VALUES (true, 0)";
        transaction.batch_execute(sql).await.map_err(failed)?;
    }
    let found: i64 = transaction
        .query_one("SELECT version FROM hookwell_schema", &[])
        .await
        .and_then(|found| found.try_get(0))
        .map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(address.refuse(format!(
            "it has schema version {found}, this hookwell knows versions up to {known}: use a newer hookwell, or another database"
        )));
    }
    let Some(sql) = usize::try_from(found).ok().and_then(|done| STEPS.get(done)) else {
        return Ok(false);
    };
    transaction.batch_execute(sql).await.map_err(failed)?;
    transaction
        .execute("UPDATE hookwell_schema SET version = $1", &[&(found + 1)])
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    tracing::info!(
        step = found + 1,
        "the database was brought to the next schema version"
    );
    Ok(true)
}
