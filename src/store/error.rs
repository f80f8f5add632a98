//! What can go wrong in a store, named by what it means to the caller.

use std::path::PathBuf;

use crate::model::Timestamp;

/// A failure of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no bin of that id, alias or key, and none is known to have been.
    #[error("there is no such bin")]
    UnknownBin,
    /// The bin was deleted, or expired.
    #[error("the bin was deleted")]
    Gone {
        /// When.
        at: Timestamp,
    },
    /// The share link was revoked, or its time is over.
    #[error("the share link has ended")]
    ShareOver {
        /// When.
        at: Timestamp,
    },
    /// The bin has as many share links as it may.
    #[error("the bin has as many share links as it may")]
    TooManyShares,
    /// The bin is there, a capture of that number is not.
    #[error("there is no such capture")]
    UnknownCapture,
    /// Another bin has this alias.
    #[error("another bin has this alias")]
    AliasTaken,
    /// As much is pinned as may be; what is new needs room too.
    #[error("as much is pinned as the bin's limits allow")]
    PinsFull,
    /// Too much is waiting to be written; try again in a moment.
    #[error("too much is waiting to be written")]
    Overloaded,
    /// There is no room on the disk.
    #[error("the disk is full")]
    Full,
    /// The store cannot work now: it is closing, or its engine failed.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The data was written by a newer hookwell.
    #[error(
        "the data in {path} has schema version {found}, this hookwell knows versions up to {known}: use a newer hookwell, or another --data folder"
    )]
    TooNew {
        /// The database.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Another server has the data folder.
    #[error(
        "another hookwell is using the data folder {path}: stop it, or choose another with --data"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The data folder cannot be used.
    #[error("cannot use the data folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database that `--store` names cannot be used.
    #[error("cannot use the database {address}: {problem}")]
    Database {
        /// Where it is, without a password.
        address: String,
        /// Why, and what helps.
        problem: String,
    },
    /// The database server failed at what it was asked.
    #[error("the database failed: {message} (SQLSTATE {code})")]
    Server {
        /// Its code (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
        code: String,
        /// Its words; no values of rows.
        message: String,
    },
    /// The embedded engine failed.
    #[error("the database failed")]
    Engine(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(failure)
                if failure.code == rusqlite::ErrorCode::DiskFull
                    || failure.extended_code == NO_ROOM_FOR_INDEX =>
            {
                Self::Full
            }
            _ => Self::Engine(error),
        }
    }
}

/// `SQLITE_IOERR_SHMSIZE`: the index of the write-ahead log could not grow, which is how a full disk shows there
/// (<https://www.sqlite.org/rescode.html#ioerr_shmsize>).
const NO_ROOM_FOR_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// A store's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
