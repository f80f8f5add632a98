//! Copies of the database: made while a server works on it, and put back where none does.
//!
//! A copy is one look at the database (`VACUUM INTO`, <https://www.sqlite.org/lang_vacuum.html>): it has every capture that was
//! acknowledged before it began, and no bytes of deleted ones. Copying the files would need their log, too, at the same moment.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{folder, migrate};
use crate::store::Error as StoreError;

/// Why there is no copy, or nothing was put back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to copy.
    #[error("there is no database in {folder}: name its folder with --data")]
    NoDatabase {
        /// The folder.
        folder: PathBuf,
    },
    /// Something is there already, and stays.
    #[error("{path} is there already: it is left alone")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The backup is not sound.
    #[error("{path} is not a sound backup: {fault}")]
    Damaged {
        /// The backup.
        path: PathBuf,
        /// What was found first.
        fault: String,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What the store says, as that another server uses the folder.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::File { path, source }
}

/// Opens a database to look at it only.
pub(super) fn look_at(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(30))?;
    Ok(connection)
}

/// Writes a copy of the database in a data folder to a file that is not there yet, and says how many bytes it has.
///
/// A server may work on the folder meanwhile: it waits for nothing, but its log grows as long as this takes.
///
/// # Errors
/// [`Error::NoDatabase`], [`Error::Exists`], [`Error::File`] and [`Error::Store`].
pub fn backup(data: &Path, file: &Path) -> Result<u64, Error> {
    let database = data.join(folder::FILE);
    if !database.is_file() {
        return Err(Error::NoDatabase {
            folder: data.to_owned(),
        });
    }
    let whole = Arriving::at(file)?;
    let connection = look_at(&database)?;
    migrate::known(&connection, &database)?;
    // Text of SQL is UTF-8.
    let Some(path) = whole.path.to_str() else {
        let odd = io::Error::new(io::ErrorKind::InvalidInput, "its name is not UTF-8");
        return Err(failed(&whole.path)(odd));
    };
    connection.execute("VACUUM INTO ?1", [path])?;
    whole.arrive(file)
}

/// Puts a backup into a data folder that has no database, and says how many bytes it has. The backup is looked through first.
///
/// # Errors
/// [`Error::Exists`], [`Error::Damaged`], [`Error::File`] and [`Error::Store`], as when a server uses the folder.
pub fn restore(file: &Path, data: &Path) -> Result<u64, Error> {
    if let Some(fault) = super::check::check(file)?.into_iter().next() {
        return Err(Error::Damaged {
            path: file.to_owned(),
            fault,
        });
    }
    let _lock = folder::lock(data)?;
    let database = data.join(folder::FILE);
    for path in folder::files(&database) {
        if path.exists() {
            return Err(Error::Exists { path });
        }
    }
    let whole = Arriving::at(&database)?;
    let mut from = File::open(file).map_err(failed(file))?;
    let mut to = OpenOptions::new()
        .write(true)
        .open(&whole.path)
        .map_err(failed(&whole.path))?;
    io::copy(&mut from, &mut to).map_err(failed(&whole.path))?;
    whole.arrive(&database)
}

/// A file under a name of its own until it is whole, readable by this user alone. It goes when it never gets there.
struct Arriving {
    path: PathBuf,
    is_there: bool,
}

impl Arriving {
    fn at(file: &Path) -> Result<Self, Error> {
        if file.exists() {
            return Err(Error::Exists {
                path: file.to_owned(),
            });
        }
        let mut name = file.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        // What an earlier run left in the middle of it is of no use.
        fs::remove_file(&path).ok();
        OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed(&path))?;
        Ok(Self {
            path,
            is_there: false,
        })
    }

    /// Gives it its name once it is on the disk.
    fn arrive(mut self, file: &Path) -> Result<u64, Error> {
        let done = || {
            let whole = File::open(&self.path)?;
            whole.sync_all()?;
            fs::rename(&self.path, file)?;
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(whole.metadata()?.len())
        };
        let bytes = done().map_err(failed(file))?;
        self.is_there = true;
        Ok(bytes)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.is_there {
            fs::remove_file(&self.path).ok(); // Nothing more can be done about it.
        }
    }
}
