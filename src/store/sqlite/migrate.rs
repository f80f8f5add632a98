//! Brings a database to the schema that this program knows.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::store::{Error, Result};

/// Every step, in order; the number of steps that were done is the database's `user_version`. A step that was ever released
/// is never changed: to change the schema, add a file.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_bins_by_day.sql"),
    include_str!("migrations/0003_marks.sql"),
    include_str!("migrations/0004_events.sql"),
    include_str!("migrations/0005_odd.sql"),
    include_str!("migrations/0006_replies.sql"),
    include_str!("migrations/0007_rules.sql"),
    include_str!("migrations/0008_attempts.sql"),
    include_str!("migrations/0009_targets.sql"),
];

/// How many steps a database has done.
fn version(connection: &Connection, path: &Path) -> Result<i64> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(Error::Engine)?;
    if found > known {
        return Err(Error::TooNew {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

/// Whether a database has done all steps.
///
/// # Errors
/// As of [`run`].
pub(super) fn known(connection: &Connection, path: &Path) -> Result<bool> {
    version(connection, path).map(|found| usize::try_from(found) == Ok(STEPS.len()))
}

/// Runs the steps that are missing, each in a transaction of its own with its version.
///
/// # Errors
/// [`Error::TooNew`] when the database has done steps that this program does not know; [`Error::Engine`].
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<()> {
    let found = version(connection, path)?;
    for (step, sql) in (1_i64..)
        .zip(STEPS)
        .skip(usize::try_from(found).unwrap_or(0))
    {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::Engine)?;
        transaction.execute_batch(sql).map_err(Error::Engine)?;
        transaction
            .pragma_update(None, "user_version", step)
            .map_err(Error::Engine)?;
        transaction.commit().map_err(Error::Engine)?;
        // Of a database that is made there is nothing to tell.
        if found > 0 {
            tracing::info!(step, "the database was brought to the next schema version");
        }
    }
    Ok(())
}
