//! The data folder: taken by one process, with a database in it that this user alone can read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::{Error, Result};

/// The database, inside the data folder.
pub(super) const FILE: &str = "hookwell.db";

/// The size of a page of a new database, in bytes.
pub(super) const PAGE: u64 = 8192;

/// Takes the data folder for this process, and makes it where it is missing.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let failed = |source| Error::Folder {
        path: folder.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(folder.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens the database for writing; its files can be read by this user alone.
pub(super) fn connect(folder: &Path, path: &PathBuf) -> Result<Connection> {
    let failed = |source| Error::Folder {
        path: folder.to_owned(),
        source,
    };
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", PAGE.cast_signed())?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?; // Only macOS knows it, where a plain sync stops short of the disk.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The database and what SQLite keeps beside it: the log, and its index.
pub(super) fn files(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

/// What files take together, in bytes; one that is not there takes nothing.
pub(super) fn size(files: &[PathBuf]) -> u64 {
    files
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.len())
        .sum()
}
