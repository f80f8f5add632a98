//! Read-only connections: pages and streams never wait for the writer, nor it for them.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::store::{Error, Result};

/// How many reads go on at once; more wait for their turn.
const CONNECTIONS: usize = 4;

/// A few read-only connections, opened when first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turn: Semaphore,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
            turn: Semaphore::new(CONNECTIONS),
        }
    }

    /// Runs `read` on a thread that may block. It must be short: as long as it lasts, the log cannot be emptied.
    pub(super) async fn read<T: Send + 'static>(
        self: &std::sync::Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let readers = std::sync::Arc::clone(self);
        let work = move || {
            let connection = readers.take()?;
            let answer = read(&connection).map_err(Error::Engine)?;
            // After an error the connection is dropped instead: the next read opens a fresh one.
            readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            Ok(answer)
        };
        let _turn = self
            .turn
            .acquire()
            .await
            .map_err(|_| Error::Unavailable("it is closing".to_owned()))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Error::Unavailable("a read was cut short".to_owned()))?
    }

    /// The database and what SQLite keeps beside it.
    pub(super) fn files(&self) -> [PathBuf; 3] {
        super::folder::files(&self.path)
    }

    fn take(&self) -> Result<Connection> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.map_or_else(|| self.open().map_err(Error::Engine), Ok)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(connection)
    }

    /// Refuses further reads and closes the idle connections.
    pub(super) fn close(&self) {
        self.turn.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
