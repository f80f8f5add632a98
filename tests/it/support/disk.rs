//! A data folder on a disk that is slow or fails as planned, by a library that is loaded into the server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::Server;

/// What the disk does to writes, syncs and truncations of the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// How long each takes longer, in microseconds.
    pub(crate) delay_us: u32,
    /// The first call that fails, counted from 1 from the moment that the plan was made; 0 for none.
    pub(crate) first: u32,
    /// How many fail from there on.
    pub(crate) count: u32,
    /// What they fail with.
    pub(crate) error: i32,
    /// Which calls are meant: `w` for writes, `s` for syncs, `t` for truncations.
    pub(crate) kinds: &'static str,
}

impl Plan {
    /// A disk as it should be.
    pub(crate) const GOOD: Self = Self {
        delay_us: 0,
        first: 0,
        count: 0,
        error: 0,
        kinds: "wst",
    };

    /// Everything fails with that error.
    pub(crate) fn failing(error: rustix::io::Errno) -> Self {
        Self {
            first: 1,
            count: u32::MAX,
            error: error.raw_os_error(),
            ..Self::GOOD
        }
    }
}

/// A folder on such a disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
    plan: PathBuf,
    rounds: AtomicU32,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let plan = folder.path().join("plan");
        Self {
            folder,
            plan,
            rounds: AtomicU32::default(),
        }
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Sets what the disk does from now on.
    pub(crate) fn plan(&self, plan: Plan) {
        let round = self.rounds.fetch_add(1, Ordering::Relaxed);
        let Plan {
            delay_us,
            first,
            count,
            error,
            kinds,
        } = plan;
        let next = self.folder.path().join("next");
        std::fs::write(
            &next,
            format!("{round} {delay_us} {first} {count} {error} {kinds}\n"),
        )
        .unwrap();
        std::fs::rename(next, &self.plan).unwrap();
    }

    /// A server over the folder.
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        let variables = [
            ("LD_PRELOAD", library()),
            ("SLOW_DISK_FILES", "hookwell.db"),
            ("SLOW_DISK_PLAN", self.plan.to_str().unwrap()),
        ];
        Server::over(&self.data(), flags, &variables)
    }
}

/// The library, compiled once.
fn library() -> &'static str {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/slow_disk.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (made, library) = (
            folder.join(format!("slow_disk.{}.so", std::process::id())),
            folder.join("slow_disk.so"),
        );
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&made, &source])
            .status();
        assert!(
            compiled.unwrap().success(),
            "cc could not compile {}",
            source.display()
        );
        std::fs::rename(&made, &library).unwrap();
        library.to_str().unwrap().to_owned()
    })
}

/// The database of a data folder, to be looked at only.
pub(crate) fn database(data: &Path) -> Connection {
    Connection::open_with_flags(
        data.join("hookwell.db"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .unwrap()
}

/// Has SQLite look whether the database is sound.
pub(crate) fn assert_sound(data: &Path) {
    let sound: String = database(data)
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}
