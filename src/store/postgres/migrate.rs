//! Brings a database to the schema that this program knows.
//!
//! Older nodes go on while a newer one does this, and work with what it made until they are replaced themselves: a step only adds. What
//! it adds, an older program need not know: a column has a default, a table is its own. What is taken away is taken away by a version
//! after the one that stopped using it. And a step is quick, as all wait for it: no index over captures, no table that is written anew.

use std::borrow::Cow;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use super::connect::Address;
use super::schema;
use crate::store::{Error, Result};

/// Every step, in order. A step that was ever released is never changed: to change the schema, add a file.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_told.sql"),
    include_str!("migrations/0003_seats.sql"),
    include_str!("migrations/0004_days.sql"),
];

/// Names a file with a step behind all of these, so that tests have a newer hookwell beside this one. Only while developing.
#[cfg(debug_assertions)]
const NEXT: &str = "HOOKWELL_NEXT_STEP";

/// The steps of this program.
fn steps() -> Vec<Cow<'static, str>> {
    let steps = STEPS.iter().map(|&step| Cow::Borrowed(step));
    #[cfg(debug_assertions)]
    let steps = steps.chain(
        std::env::var_os(NEXT)
            .and_then(|path| std::fs::read_to_string(path).ok())
            .map(Cow::Owned),
    );
    steps.collect()
}

/// Nodes that start at once take turns by this advisory lock: "hookwell" in ASCII.
const LOCK: i64 = 0x686f_6f6b_7765_6c6c;

/// What came of a try to do the next step.
enum Came {
    /// It is done; there may be another.
    Done,
    /// There is none.
    Last,
    /// The tables were in use all the time.
    Busy,
}

/// How often it is tried, and how long is waited between: a minute in all.
const TRIES: u32 = 80;
const PAUSE: Duration = Duration::from_millis(250);

/// How long one try waits for the tables, as a setting of the server. Less than its `deadlock_timeout`, so that this one gives way
/// before anybody else is told to.
const WAIT: &str = "SET LOCAL statement_timeout = '500ms'";

/// Codes of a wait that was given up, and of one that would have been in a circle.
const BUSY: [SqlState; 3] = [
    SqlState::QUERY_CANCELED,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::T_R_DEADLOCK_DETECTED,
];

/// Runs the steps that are missing, each in a transaction of its own with its version.
///
/// # Errors
/// [`Error::Database`] when the database has done steps that this program does not know, or a step fails.
pub(super) async fn run(client: &mut Client, address: &Address) -> Result<()> {
    let steps = steps();
    let mut tries = 0;
    loop {
        match step(client, address, &steps).await? {
            Came::Done => {}
            Came::Last => break,
            Came::Busy if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Came::Busy => {
                let problem = "its tables cannot be brought up to date: they are in use all the time; stop what reads them for long";
                return Err(address.refuse(problem));
            }
        }
    }
    // The session goes on being used.
    address.prepare(client).await
}

/// Does the next step.
async fn step(client: &mut Client, address: &Address, steps: &[Cow<'static, str>]) -> Result<Came> {
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
    let found = version(&transaction).await.map_err(failed)?;
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(address.refuse(format!(
            "it has schema version {found}, this hookwell knows versions up to {known}: use a newer hookwell, or another database"
        )));
    }
    let Some(sql) = usize::try_from(found).ok().and_then(|done| steps.get(done)) else {
        return Ok(Came::Last);
    };
    match hold(&transaction).await {
        Ok(()) => {}
        Err(error) if error.code().is_some_and(|code| BUSY.contains(code)) => {
            return Ok(Came::Busy);
        }
        Err(error) => return Err(failed(error)),
    }
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
    Ok(Came::Done)
}

/// The steps that the database has done.
async fn version(transaction: &Transaction<'_>) -> Result<i64, tokio_postgres::Error> {
    let is_new: bool = transaction
        .query_one("SELECT to_regclass('hookwell_schema') IS NULL", &[])
        .await?
        .try_get(0)?;
    if is_new {
        let sql = "CREATE TABLE hookwell_schema (only_one BOOLEAN PRIMARY KEY CHECK (only_one), version BIGINT NOT NULL);
             INSERT INTO hookwell_schema VALUES (true, 0)";
        transaction.batch_execute(sql).await?;
    }
    let found = transaction.query_one("SELECT version FROM hookwell_schema", &[]);
    found.await?.try_get(0)
}

/// Waits until nobody uses the tables, bins first as all do, and holds them: a step that took one after the other would wait for nodes
/// that wait for it.
async fn hold(transaction: &Transaction<'_>) -> Result<(), tokio_postgres::Error> {
    let sql = "SELECT string_agg(to_regclass(name)::text, ', ' ORDER BY at) FROM unnest($1::text[]) WITH ORDINALITY AS tables (name, at)
         JOIN pg_class ON pg_class.oid = to_regclass(name) AND relkind IN ('r', 'p')";
    let found = transaction.query_one(sql, &[&schema::tables()]).await?;
    let Some(tables) = found.try_get::<_, Option<String>>(0)? else {
        return Ok(());
    };
    let lock = format!("{WAIT}; LOCK TABLE {tables}; SET LOCAL statement_timeout = 0");
    transaction.batch_execute(&lock).await
}
