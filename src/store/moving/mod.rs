//! Moves all that a store holds into another one, of any engine.
//!
//! Beside the [`Store`](super::Store): nobody is served meanwhile. Rows go as they are, with all their numbers, in batches bounded by
//! rows and bytes, bin by bin and [`table`] by table; how far they are stands in the store that they go to, in the commit that brought
//! them, so that a run that was broken off goes on. At the end [`check`] reads both sides to their ends and compares them.
//!
//! An engine takes part by a [`Side`] in its `moving.rs`, and one arm in [`open`]; it knows [`table`] and nothing of other engines.

mod check;
mod table;

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::table::{Kind, NUMBERED, TABLES, Table};

use super::{Error as StoreError, postgres, sqlite};

/// How many rows are read at a time, at most.
pub(super) const ROWS: usize = 500;

/// How many bytes of rows are read at a time, and how many are gathered for a commit: one row more, at most.
pub(super) const BYTES: usize = 4 << 20;

/// How many rows are gathered for a commit, at most one read more.
const COMMIT: usize = 2000;

/// Why a store that was not moved as a whole is not served.
pub(super) const UNFINISHED: &str =
    "`hookwell migrate` has not finished moving a store here: run it again, or use an empty one";

/// A value of a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number, or 0 and 1 for yes and no.
    Int(i64),
    /// Bytes, or words as UTF-8.
    Bytes(Vec<u8>),
}

/// The values of a row, in the order of its table's columns.
pub type Row = Vec<Value>;

/// One of the two stores.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// The embedded engine's data folder.
    Folder(PathBuf),
    /// The address of a PostgreSQL database; it may hold a password.
    Postgres(String),
}

/// Why a store was not moved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to move.
    #[error("there is no store in {0}")]
    NoStore(String),
    /// Servers run over it.
    #[error("servers are using {0}: stop them first")]
    Served(String),
    /// Another run writes to it.
    #[error("another migration into {0} is running")]
    Busy(String),
    /// It is not empty, and nothing was broken off.
    #[error("{0} is not empty: it is left alone")]
    NotEmpty(String),
    /// What was moved before is of another store, or of another time.
    #[error(
        "{0} holds a part of another store, or the store was changed since: begin anew with an empty one"
    )]
    Another(String),
    /// A row cannot be kept there.
    #[error("a row of {0} cannot be kept: {1}")]
    Odd(&'static str, String),
    /// Both sides differ in the end.
    #[error("the stores differ: {0}")]
    Differs(String),
    /// What a store says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An answer here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Whether all is moved, and both sides are being compared.
    pub is_check: bool,
    /// Captures that are done.
    pub done: u64,
    /// Captures in all, as the bins count them.
    pub all: u64,
}

/// What was moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// Bins, those that were deleted among them.
    pub bins: u64,
    /// Captures.
    pub captures: u64,
    /// Rows in all.
    pub rows: u64,
}

/// A store as rows. Rows of a table are read in the order of their keys, words and bytes as bytes are ordered.
#[async_trait]
pub(super) trait Side: Send {
    /// What it is called in messages, without a password.
    fn name(&self) -> &str;

    /// The serial of the next bin above that one.
    async fn next_bin(&mut self, above: i64) -> Result<Option<i64>>;

    /// How many captures its bins count.
    async fn captures(&mut self) -> Result<u64>;

    /// The next rows of a table and a bin, above that key: at most [`ROWS`], and no more when they have [`BYTES`]. None at
    /// the end, as behind the one row of a table without keys.
    async fn read(
        &mut self,
        table: &'static Table,
        serial: i64,
        above: Option<&[Value]>,
    ) -> Result<Vec<Row>>;

    /// The highest number that each of [`NUMBERED`] ever gave.
    async fn numbers(&mut self) -> Result<Vec<i64>>;

    /// What a run that was broken off noted here.
    async fn noted(&mut self) -> Result<Option<Vec<u8>>>;

    /// Writes rows and the note of how far they are, in one commit.
    async fn write(&mut self, rows: &[(&'static Table, Vec<Row>)], note: &[u8]) -> Result<()>;

    /// Goes on from these numbers, forgets the note, and puts all in order. The store can be served from then on.
    async fn finish(&mut self, numbers: &[i64]) -> Result<()>;
}

/// What is noted in the store that rows go to.
#[derive(Clone, Serialize, Deserialize)]
struct Note {
    /// What the bins of the other store were when the first run began.
    source: [u8; 32],
    /// The bin that was last written, and the table by its place; with all before them.
    serial: i64,
    table: usize,
    /// The last key of that table; none when all its rows are there.
    above: Option<Vec<Value>>,
    moved: u64,
}

async fn open(place: &Place, is_source: bool) -> Result<Box<dyn Side>> {
    Ok(match place {
        Place::Folder(folder) => Box::new(sqlite::moving::open(folder, is_source)?),
        Place::Postgres(url) => Box::new(postgres::moving::open(url, is_source).await?),
    })
}

/// Moves all that is in a store into an empty one, or goes on with that. To be called inside a tokio runtime.
///
/// # Errors
/// As of [`Error`]. Whatever it is, running it again goes on where it ended.
pub async fn run(
    from: &Place,
    to: &Place,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Moved> {
    let mut from = open(from, true).await?;
    let mut to = open(to, false).await?;
    let source = check::bins(from.as_mut()).await?;
    let note = match to.noted().await? {
        Some(text) => serde_json::from_slice(&text)
            .ok()
            .filter(|note: &Note| note.source == source)
            .ok_or_else(|| Error::Another(to.name().to_owned()))?,
        None if to.next_bin(0).await?.is_some() => {
            return Err(Error::NotEmpty(to.name().to_owned()));
        }
        None => Note {
            source,
            serial: 0,
            table: TABLES.len(),
            above: None,
            moved: 0,
        },
    };
    let all = from.captures().await?;
    let mut copy = Copy {
        to: to.as_mut(),
        note,
        pending: TABLES.iter().map(|table| (table, Vec::new())).collect(),
        rows: 0,
        bytes: 0,
    };
    copy.all(from.as_mut(), &mut |done| {
        told(Progress {
            is_check: false,
            done,
            all,
        });
    })
    .await?;
    let moved = check::compare(from.as_mut(), to.as_mut(), &mut |done| {
        told(Progress {
            is_check: true,
            done,
            all,
        });
    })
    .await?;
    to.finish(&from.numbers().await?).await?;
    Ok(moved)
}

/// Rows on their way.
struct Copy<'a> {
    to: &'a mut dyn Side,
    note: Note,
    pending: Vec<(&'static Table, Vec<Row>)>,
    rows: usize,
    bytes: usize,
}

impl Copy<'_> {
    async fn all(&mut self, from: &mut dyn Side, told: &mut (dyn FnMut(u64) + Send)) -> Result<()> {
        told(self.note.moved);
        // A note before the first row: from here on the store is one that is being moved to.
        self.commit().await?;
        // What is left of the bin where the last run ended.
        if self.note.serial > 0 {
            self.bin(from, self.note.serial, self.note.table, told)
                .await?;
        }
        while let Some(serial) = from.next_bin(self.note.serial).await? {
            self.note.above = None;
            self.bin(from, serial, 0, told).await?;
        }
        self.commit().await
    }

    /// The rows of a bin, from that table on.
    async fn bin(
        &mut self,
        from: &mut dyn Side,
        serial: i64,
        first: usize,
        told: &mut (dyn FnMut(u64) + Send),
    ) -> Result<()> {
        self.note.serial = serial;
        for (place, table) in TABLES.iter().enumerate().skip(first) {
            self.note.table = place;
            let mut above = self.note.above.take();
            loop {
                let rows = from.read(table, serial, above.as_deref()).await?;
                let Some(last) = rows.last() else {
                    break;
                };
                above = Some(last.iter().skip(1).take(table.key).cloned().collect());
                self.note.above.clone_from(&above);
                if table.name == "captures" {
                    self.note.moved += rows.len() as u64;
                }
                self.rows += rows.len();
                self.bytes += rows.iter().map(weight).sum::<usize>();
                if let Some((_, pending)) = self.pending.get_mut(place) {
                    pending.extend(rows);
                }
                if self.rows >= COMMIT || self.bytes >= BYTES {
                    self.commit().await?;
                    told(self.note.moved);
                }
                if table.key == 0 {
                    break;
                }
            }
            self.note.above = None;
        }
        self.note.table = TABLES.len();
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        let note = serde_json::to_vec(&self.note)
            .map_err(|error| Error::Odd("the note", error.to_string()))?;
        self.to.write(&self.pending, &note).await?;
        for (_, rows) in &mut self.pending {
            rows.clear();
        }
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

/// About how much a row takes, in bytes.
pub(super) fn weight(row: &Row) -> usize {
    let of = |value: &Value| match value {
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Int(_) => 0,
    };
    row.iter().map(of).sum()
}

impl Place {
    /// Reads a folder or a `postgres://…` address; `None` for the address of anything else.
    pub fn read(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Some(Self::Postgres(text.to_owned()))
        } else if text.is_empty() || text.contains("://") {
            None
        } else {
            Some(Self::Folder(text.into()))
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.fmt(f),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}
