//! Deletes the rows of captures that are gone for readers already: a little at a time, while no batch waits.
//!
//! What is deleted is overwritten, so that deleting takes room in the log. On a full disk it is therefore done in pieces that
//! fit into the reserve.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::bins::{self, Counters};
use super::captures;
use super::room::Room;
use crate::store::{Error, Result};

/// How much is purged at once, in rows and in bytes of bodies; a single body may be larger.
const ROWS: u64 = 256;
const BYTES: u64 = 4 << 20;

/// How many rows may wait before that is no longer left for a quiet moment.
const BACKLOG: u64 = 4096;

/// What is to be purged.
#[derive(Debug)]
pub(super) struct Purge {
    /// Bins with rows to purge, and about how many.
    waiting: BTreeMap<u64, u64>,
    /// The disk did not even take that; there has to be room first.
    stuck: bool,
    /// Whether rows were deleted since the log was last emptied.
    pub(super) in_log: bool,
}

impl Purge {
    /// What an earlier process left.
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        Ok(Self {
            waiting: bins::unpurged(connection)?,
            stuck: false,
            in_log: false,
        })
    }

    /// Notes that rows up to the floor are to be purged, where the floor was raised.
    pub(super) fn later(&mut self, serial: u64, before: &Counters, after: &Counters) {
        if before.floor < after.floor {
            *self.waiting.entry(serial).or_default() += after.floor - before.floor;
        }
    }

    /// Whether there is something to purge now.
    pub(super) fn can_go_on(&self) -> bool {
        !self.waiting.is_empty() && !self.stuck
    }

    /// Whether it may wait no longer: there is much of it, or its room is needed.
    pub(super) fn is_urgent(&self, room: &Room) -> bool {
        self.can_go_on() && (room.is_strained() || self.waiting.values().sum::<u64>() > BACKLOG)
    }

    /// Tries again what the disk did not take.
    pub(super) fn try_again(&mut self) {
        self.stuck = false;
    }

    /// Purges some rows of one bin.
    pub(super) fn some(&mut self, connection: &Connection, room: &mut Room, log_pages: u32) {
        let Some((&serial, &waiting)) = self.waiting.first_key_value() else {
            return;
        };
        let bytes = if room.is_strained() {
            room.reserved() / 4
        } else {
            BYTES
        };
        // Whether it fits is seen when it is done: a row is deleted in one piece, however large it is.
        room.prepare(connection, bytes, log_pages);
        let result = (|| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let more = captures::purge(&transaction, serial, ROWS, bytes)?;
            transaction.commit()?;
            Ok(more)
        })();
        self.in_log = true;
        match result {
            Ok(true) => {
                let left = waiting.saturating_sub(ROWS).max(1);
                self.waiting.insert(serial, left);
            }
            Ok(false) => {
                self.waiting.remove(&serial);
            }
            Err(Error::Full) => {
                room.fill(connection);
                self.stuck = true;
            }
            Err(error) => {
                // It is tried again at the next start.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "rows could not be purged"
                );
                self.waiting.remove(&serial);
            }
        }
    }
}
