//! Moves what the log holds into the database, on a thread of its own: no capture waits for it.
//!
//! The writer appends to SQLite's write-ahead log and only says how long it has become; this thread copies pages into the
//! database meanwhile. The log starts anew when all of it was copied and no reader needs it; under a load without a pause that
//! moment never comes by itself, so that the writer finishes the little that is left when the log has reached a bound.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::store::Result;

/// How many pages the log grows by between two rounds of copying (8 KiB each: 4 MiB). A round costs two syncs, whatever it
/// copies.
const ROUND: u32 = 512;

/// Pages in the log at which the writer itself copies the rest, so that the log starts anew (128 MiB).
const BOUND: u32 = 16_384;

/// How many pages later the writer tries again, when a reader kept it from emptying the log.
const PERIOD_AT_BOUND: u32 = 256;

/// The copying thread, as the writer sees it. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    /// How many pages the log had when the last round began.
    copied: u32,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread, with a connection of its own.
    pub(super) fn start(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&connection, &woken));
        let thread = thread.map_err(|error| crate::store::Error::Unavailable(error.to_string()))?;
        Ok(Self {
            wake,
            copied: 0,
            thread: Some(thread),
        })
    }

    /// Called after each commit with the pages that the log holds.
    pub(super) fn after_commit(&mut self, writer: &Connection, pages: u32) {
        if pages < self.copied {
            self.copied = 0; // The log started anew.
        }
        if pages >= BOUND && pages - self.copied >= PERIOD_AT_BOUND {
            self.copied = pages;
            copy(writer);
        } else if pages - self.copied >= ROUND {
            self.copied = pages;
            if self.wake.try_send(()) == Err(TrySendError::Disconnected(())) {
                tracing::error!("the checkpoint thread is gone: the log is emptied by the writer");
            }
        }
    }

    /// Ends the thread.
    pub(super) fn stop(mut self) {
        let thread = self.thread.take();
        drop(self);
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoint thread had failed");
        }
    }
}

fn run(connection: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        copy(connection);
    }
}

/// Copies as much as can be without waiting for anybody.
fn copy(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::debug!(%error, "the log could not be copied now");
    }
}
