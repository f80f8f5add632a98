//! Statements, prepared once a connection, and what their failures mean.

use deadpool_postgres::PoolError;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, WrongType};

use crate::store::{Error, Result};

/// A connection out of the pool.
pub(super) type Client = deadpool_postgres::Client;

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// All rows.
pub(super) async fn all(client: &Client, sql: &str, values: Values<'_>) -> Result<Vec<Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, values).await?)
}

/// The one row; `None` when there is none.
pub(super) async fn one(client: &Client, sql: &str, values: Values<'_>) -> Result<Option<Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query_opt(&statement, values).await?)
}

/// How many rows were changed.
pub(super) async fn run(client: &Client, sql: &str, values: Values<'_>) -> Result<u64> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, values).await?)
}

/// Codes by which a server says that it cannot work now, though it may in a moment; classes of two characters, and whole ones
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
const PASSING: [&str; 10] = [
    "08",    // connection exception
    "28",    // authorization was taken away meanwhile
    "3D000", // the database is not there: it may be made anew
    "40",    // deadlock and its like
    "53200", // out of memory
    "53300", // too many connections
    "53400", // a limit of the configuration
    "55P03", // a lock could not be had in time
    "57",    // shutting down, starting up, or the statement's time was over
    "25006", // read only: a standby, or one that is being made one
];

/// The class of codes that say that a statement and the tables do not fit.
const MISFIT: &str = "42";

/// What is said of tables that are not as this program knows them.
pub(super) fn changed(fault: &str) -> String {
    format!("the tables of the database are not as this hookwell needs them: {fault}")
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(cause) = std::error::Error::source(&error)
            && cause.is::<WrongType>()
        {
            return Self::Unavailable(changed(&why(&error)));
        }
        let Some(failure) = error.as_db_error() else {
            // Whatever is between here and the server; of what was asked nothing stands in it.
            return Self::Unavailable(format!("the database cannot be reached: {}", why(&error)));
        };
        let code = failure.code();
        if *code == SqlState::DISK_FULL {
            return Self::Full;
        }
        // Not the whole error: its details may hold what is in a row.
        let message = failure.message().to_owned();
        if PASSING
            .iter()
            .any(|passing| code.code().starts_with(passing))
        {
            return Self::Unavailable(format!("the database says: {message}"));
        }
        if code.code().starts_with(MISFIT) {
            return Self::Unavailable(changed(&message));
        }
        Self::Server {
            code: code.code().to_owned(),
            message,
        }
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Closed => closed(),
            PoolError::Timeout(_) => slow(),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Unavailable("a connection to the database could not be prepared".to_owned())
            }
        }
    }
}

/// An error with the causes behind it.
pub(super) fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// What a closed store answers.
pub(super) fn closed() -> Error {
    Error::Unavailable("it is closing".to_owned())
}

/// The answer where the server gave none.
pub(super) fn slow() -> Error {
    Error::Unavailable("the database does not answer in time".to_owned())
}
