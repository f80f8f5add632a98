//! What is moved: the tables that all engines have, and their columns.
//!
//! They are named as PostgreSQL has them, with serial and number of a capture in two columns; [`sqlite`](crate::store::sqlite) has both
//! in one. What an engine keeps for itself alone (leases, heartbeats) is not here.

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A number of 64 bits.
    Int,
    /// One of 32.
    Short,
    /// One of 16.
    Small,
    /// Yes or no; 0 and 1 where an engine has no such thing.
    Flag,
    /// Our own words: text in every engine.
    Text,
    /// Words from outside: bytes where text cannot hold all of them.
    Words,
    /// Bytes.
    Bytes,
}

/// A table of which every row belongs to a bin.
#[derive(PartialEq, Eq, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns: the bin's serial, then those that give its rows an order, then all others.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns behind the serial give the rows of a bin an order; with none there is one row.
    pub key: usize,
}

impl Table {
    /// Names and kinds of the columns that give the rows of a bin an order.
    pub fn keys(&self) -> impl Iterator<Item = &'static (&'static str, Kind)> {
        self.columns.iter().skip(1).take(self.key)
    }

    /// Whether its rows hang on captures, by their numbers.
    pub fn is_of_captures(&self) -> bool {
        self.columns.get(1).is_some_and(|(name, _)| *name == "n") && self.key > 0
    }
}

use Kind::{Bytes, Flag, Int, Short, Small, Text, Words};

/// All of them; bins come first.
pub static TABLES: [Table; 13] = [
    Table {
        name: "bins",
        key: 0,
        columns: &[
            ("serial", Int),
            ("id", Bytes),
            ("key_hash", Bytes),
            ("alias", Text),
            ("settings", Text),
            ("created_at", Int),
            ("gone_at", Int),
            ("last_n", Int),
            ("floor", Int),
            ("purged", Int),
            ("captures", Int),
            ("bytes", Int),
            ("dropped", Int),
            ("refused", Int),
            ("pinned", Int),
            ("pinned_bytes", Int),
            ("last_capture_at", Int),
            ("active_day", Int),
        ],
    },
    Table {
        name: "captures",
        key: 1,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("received_at", Int),
            ("took_us", Int),
            ("method", Words),
            ("target", Words),
            ("path_at", Short),
            ("version", Small),
            ("https", Flag),
            ("host", Words),
            ("client", Bytes),
            ("peer", Bytes),
            ("status", Small),
            ("rule", Words),
            ("delay_ms", Int),
            ("state", Small),
            ("size", Int),
            ("sent", Int),
            ("as_sent", Flag),
            ("trailers", Bytes),
            ("headers", Bytes),
            ("body", Bytes),
        ],
    },
    Table {
        name: "marks",
        key: 1,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("pinned", Flag),
            ("imported", Flag),
            ("note", Words),
        ],
    },
    Table {
        name: "events",
        key: 1,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("provider", Text),
            ("event_id", Words),
            ("type", Words),
            ("at", Int),
            ("thread", Bytes),
            ("body", Bytes),
            ("signed_once", Bytes),
            ("number", Int),
            ("first", Int),
            ("previous", Int),
            ("flags", Int),
        ],
    },
    Table {
        name: "replies",
        key: 1,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("headers", Bytes),
            ("body", Bytes),
            ("fault", Text),
            ("error", Words),
        ],
    },
    Table {
        name: "attempts",
        key: 2,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("id", Int),
            ("weight", Int),
            ("kind", Small),
            ("url", Words),
            ("started_at", Int),
            ("took_us", Int),
            ("method", Words),
            ("size", Int),
            ("status", Small),
            ("answer_size", Int),
            ("answer_sent", Int),
            ("answer_state", Small),
            ("cause", Small),
            ("detail", Words),
            ("headers", Bytes),
            ("answer_headers", Bytes),
            ("answer_body", Bytes),
        ],
    },
    Table {
        name: "forwards",
        key: 2,
        columns: &[
            ("serial", Int),
            ("n", Int),
            ("id", Int),
            ("target", Words),
            ("dead", Flag),
            ("tries", Int),
            ("due_at", Int),
        ],
    },
    Table {
        name: "shares",
        key: 1,
        columns: &[
            ("serial", Int),
            ("id", Int),
            ("key_hash", Bytes),
            ("n", Int),
            ("created_at", Int),
            ("expires_at", Int),
            ("revoked_at", Int),
        ],
    },
    Table {
        name: "senders",
        key: 1,
        columns: &[("serial", Int), ("provider", Text), ("latest_at", Int)],
    },
    Table {
        name: "uses",
        key: 2,
        columns: &[
            ("serial", Int),
            ("rule", Words),
            ("key", Bytes),
            ("used", Int),
            ("at", Int),
        ],
    },
    Table {
        name: "failing",
        key: 1,
        columns: &[
            ("serial", Int),
            ("target", Words),
            ("since", Int),
            ("paused_at", Int),
        ],
    },
    Table {
        name: "refusals",
        key: 1,
        columns: &[
            ("serial", Int),
            ("id", Int),
            ("at", Int),
            ("reason", Small),
            ("peer", Bytes),
            ("head", Bytes),
        ],
    },
    Table {
        name: "attempt_room",
        key: 0,
        columns: &[("serial", Int), ("bytes", Int)],
    },
];

/// Tables that number their rows by themselves, and the column: what comes next goes on where the other store was.
pub const NUMBERED: [(&str, &str); 5] = [
    ("bins", "serial"),
    ("attempts", "id"),
    ("forwards", "id"),
    ("shares", "id"),
    ("refusals", "id"),
];
