//! What happens when the disk is full.
//!
//! SQLite needs room to delete, too: on a full disk even a DELETE and a checkpoint fail, so that nobody could make room from
//! inside. A file beside the database therefore holds some room in reserve. When the disk is full the reserve is given up,
//! captures are refused, and deleting goes on; when there is room for the reserve again, or enough of the database's own
//! pages became free, captures are taken again.
//!
//! What the log holds has to fit into the database once more before the log can be cut. So the log is never left to take
//! the last of the disk: where a commit would leave less than that, it is moved first.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::folder::{FILE, PAGE};

/// The reserve is a sixteenth of what the disk has free, within these bounds (in bytes).
const RESERVE: std::ops::RangeInclusive<u64> = (256 << 10)..=(16 << 20);

/// A disk with no room for a capture of so many bytes is full.
pub(super) const SMALL: u64 = 64 << 10;

/// What a commit takes beside the bytes of its captures: pages of the trees around them.
const COMMIT: u64 = 128 << 10;

/// What `PRAGMA max_page_count` can be at most: no bound but the disk's.
const NO_BOUND: i64 = 0xffff_fffe;

/// The room that captures have.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    reserve: PathBuf,
    size: u64,
    full: Arc<AtomicBool>,
    /// Captures go into the database's own free pages only; the reserve is still missing.
    tight: bool,
}

impl Room {
    /// The room around a data folder; `full` tells others how it stands.
    pub(super) fn new(folder: &Path, full: Arc<AtomicBool>) -> Self {
        let free = free(folder);
        let mut room = Self {
            folder: folder.to_owned(),
            reserve: folder.join("reserve"),
            size: (free / 16).clamp(*RESERVE.start(), *RESERVE.end()),
            full,
            tight: false,
        };
        if let Ok(there) = fs::metadata(&room.reserve) {
            room.size = there.len().clamp(*RESERVE.start(), *RESERVE.end());
        }
        if let Err(error) = room.restore() {
            tracing::warn!(%error, "no room to hold in reserve: the disk is nearly full");
        }
        room
    }

    /// Whether captures are refused.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Whether the reserve has to be restored when there is time.
    pub(super) fn is_strained(&self) -> bool {
        self.tight || self.is_full()
    }

    /// How many bytes are held in reserve, or were before the disk was full.
    pub(super) fn reserved(&self) -> u64 {
        self.size
    }

    /// The disk turned out to be full: gives up the reserve, and moves the log into the database to free its room, too.
    pub(super) fn fill(&mut self, connection: &Connection) {
        if !self.full.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "the disk is full: captures are refused until there is room; deleting still works"
            );
        }
        fs::remove_file(&self.reserve).ok(); // It may be given up already.
        self.bound(connection, false);
        self.empty_log(connection);
    }

    /// Gives back the room of the log. One that does not fit into the database would only take the room that deleting needs.
    fn empty_log(&self, connection: &Connection) {
        if free(&self.folder) >= self.growth(connection) {
            shrink_log(connection);
        }
    }

    /// Makes room for a commit of `bytes` beside a log of `pages`, and says whether there is enough: for the log now, and for
    /// the log to be moved into the database later.
    pub(super) fn prepare(&self, connection: &Connection, bytes: u64, pages: u32) -> bool {
        let commit = bytes.saturating_add(COMMIT);
        let most = u64::from(pages).saturating_mul(PAGE);
        if free(&self.folder) >= commit.saturating_mul(2).saturating_add(most) {
            return true; // The usual case, without a question to the database.
        }
        self.fits(connection, bytes) || {
            shrink_log(connection);
            self.fits(connection, bytes)
        }
    }

    /// Whether a commit of `bytes` fits, in the log and later in the database.
    fn fits(&self, connection: &Connection, bytes: u64) -> bool {
        let commit = bytes.saturating_add(COMMIT);
        let grows = commit.saturating_sub(free_pages(connection));
        let log = self.growth(connection);
        free(&self.folder) >= commit.saturating_add(grows).saturating_add(log)
    }

    /// By how many bytes the database's file grows when the log is moved into it.
    fn growth(&self, connection: &Connection) -> u64 {
        let pages = connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0));
        let size = pages.map_or(0, |pages| pages.max(0).cast_unsigned().saturating_mul(PAGE));
        let now = fs::metadata(self.folder.join(FILE)).map_or(0, |file| file.len());
        size.saturating_sub(now)
    }

    /// Looks for room again, and takes captures again where there is some.
    pub(super) fn recover(&mut self, connection: &Connection) {
        // Deleting left its pages there, and senders that go on trying leave no quiet moment in which it is emptied.
        self.empty_log(connection);
        let restored = self.restore().is_ok();
        if restored && self.fits(connection, SMALL) {
            self.bound(connection, false);
        } else {
            if restored {
                // Held back, it would leave no room for anything else.
                fs::remove_file(&self.reserve).ok();
            }
            if !self.is_full()
                || free_pages(connection) < self.size
                || !self.fits(connection, SMALL)
            {
                return;
            }
            self.bound(connection, true);
        }
        if self.full.swap(false, Ordering::Relaxed) {
            tracing::info!("there is room on the disk again: captures are taken");
        }
    }

    /// With `tight` the database may not grow, so that what room there is stays for its log and for deleting.
    fn bound(&mut self, connection: &Connection, tight: bool) {
        if self.tight == tight {
            return;
        }
        let pages = if tight {
            "(SELECT * FROM pragma_page_count)".to_owned()
        } else {
            NO_BOUND.to_string()
        };
        let count =
            connection.query_row(&format!("SELECT {pages}"), [], |row| row.get::<_, i64>(0));
        if count.is_ok_and(|count| {
            connection
                .pragma_update_and_check(None, "max_page_count", count, |_| Ok(()))
                .is_ok()
        }) {
            self.tight = tight;
        }
    }

    /// Takes the reserve's room on the disk, unless it has it.
    fn restore(&self) -> io::Result<()> {
        if fs::metadata(&self.reserve).is_ok_and(|there| there.len() == self.size) {
            return Ok(());
        }
        let made = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&self.reserve)
            .and_then(|file| allocate(&file, self.size));
        if made.is_err() {
            fs::remove_file(&self.reserve).ok(); // What little it took would be missing elsewhere.
        }
        made
    }
}

/// Bytes that the disk has free; no end of them where the file system does not tell.
fn free(folder: &Path) -> u64 {
    match rustix::fs::statvfs(folder) {
        Ok(disk) if disk.f_blocks > 0 => disk.f_bavail.saturating_mul(disk.f_frsize),
        _ => u64::MAX,
    }
}

/// Makes a file really take `size` bytes of the disk.
fn allocate(mut file: &File, size: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, size) {
        // A file system without it: zeros take room as well.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            io::copy(&mut io::Read::take(io::repeat(0), size), &mut file).map(|_| ())
        }
        other => Ok(other?),
    }
}

/// Bytes in pages of the database that hold nothing.
fn free_pages(connection: &Connection) -> u64 {
    let count = connection.query_row(
        "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
        [],
        |row| row.get::<_, i64>(0),
    );
    count.map_or(0, |bytes| bytes.max(0).cast_unsigned())
}

/// Moves the log into the database and cuts it to nothing. Where that cannot be done now, the log only stays as it is.
pub(super) fn shrink_log(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::debug!(%error, "the log could not be emptied now");
    }
}
