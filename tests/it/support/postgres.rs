//! A PostgreSQL of the tests' own: a cluster in a temporary folder, on a port of its own, by the programs of the system's package.
//!
//! It is as durable as it comes (`fsync` and `synchronous_commit` are on). PostgreSQL refuses to run as root, so that root runs it
//! as the package's user. A keeper, a process whose input ends with this one however that ends, stops it and takes the folder away.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The user of the database, its password, and the user of the system that root runs it as.
const USER: &str = "hookwell";
pub(crate) const PASSWORD: &str = "of-the-tests";
const SYSTEM_USER: &str = "postgres";

/// How many ports are tried: another program may take a free one first.
const PORTS: usize = 5;

/// A running cluster. It ends, and its folder goes, when this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    /// User and group of the system, where this process is root.
    owner: Option<(u32, u32)>,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    keeper: Child,
}

/// The one that tests share which do not stop it; its keeper ends it with this process.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);
    &SHARED
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or does not start.
    pub(crate) fn start() -> Self {
        Self::made(&[], |_| String::new())
    }

    /// Makes a cluster with further flags of `initdb`, and starts it with further settings, which may need files in its folder.
    ///
    /// # Panics
    /// As above.
    pub(crate) fn made(flags: &[&str], settle: impl FnOnce(&Self) -> String) -> Self {
        let programs = programs();
        let owner = owner();
        let folder = tempfile::Builder::new()
            .prefix("hookwell-postgres-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .unwrap()
            .keep();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let keeper = as_owner("sh", owner)
            .args([
                "-c",
                "cat >/dev/null; \"$1/pg_ctl\" -D \"$2/data\" -m immediate -s stop; rm -rf -- \"$2\"",
                "sh",
            ])
            .args([&programs, &folder])
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut cluster = Self {
            programs,
            owner,
            folder,
            port: 0,
            databases: AtomicU32::new(0),
            keeper,
        };
        let password = cluster.folder.join("password");
        fs::write(&password, PASSWORD).unwrap();
        cluster.give(&password);
        let initdb = [
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
            "--pwfile",
        ];
        cluster.run("initdb", |command| {
            command
                .args(initdb)
                .arg(&password)
                .args(flags)
                .arg(cluster.data())
        });
        let further = settle(&cluster);
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nmax_connections = 200\nshared_buffers = 64MB\n{further}",
            cluster.folder.display()
        );
        fs::OpenOptions::new()
            .append(true)
            .open(cluster.data().join("postgresql.conf"))
            .and_then(|mut file| file.write_all(settings.as_bytes()))
            .unwrap();
        let started = (0..PORTS).any(|_| {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            cluster.port = free.local_addr().unwrap().port();
            drop(free);
            cluster.try_start_again()
        });
        assert!(started, "PostgreSQL did not start:\n{}", cluster.log());
        cluster
    }

    /// A new database; its URL, with the password.
    pub(crate) fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(USER, PASSWORD, &name)
    }

    /// A new database whose tables lie in a folder of its own; its URL, with the password.
    pub(crate) fn database_in(&self, folder: &Path) -> String {
        fs::create_dir(folder).unwrap();
        self.give(folder);
        let sql = format!(
            "CREATE TABLESPACE elsewhere LOCATION '{}'",
            folder.display()
        );
        self.sql("postgres", &sql);
        self.sql("postgres", "CREATE DATABASE elsewhere TABLESPACE elsewhere");
        self.url(USER, PASSWORD, "elsewhere")
    }

    /// Gives a file or folder to the user that it runs as.
    pub(crate) fn give(&self, path: &Path) {
        if let Some((user, group)) = self.owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    /// A URL of this cluster.
    pub(crate) fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{user}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Runs SQL in a database, as its superuser, and gives what it prints: rows in lines, columns with `|` between.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        self.run("psql", |command| {
            command
                .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
                .arg(self.url(USER, PASSWORD, database))
        })
    }

    /// A program of PostgreSQL's, as the user that runs it.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = as_owner(self.programs.join(name), self.owner);
        command
            .current_dir("/")
            .env("LC_ALL", "C")
            .env("HOME", &self.folder);
        command
    }

    /// Ends it at once, as a crash would: what was not committed is gone, connections break.
    pub(crate) fn stop(&self) {
        self.run("pg_ctl", |command| {
            command
                .args(["-m", "immediate", "-s", "-D"])
                .arg(self.data())
                .arg("stop")
        });
    }

    /// Starts it again after a [stop](Self::stop), on the same port.
    pub(crate) fn start_again(&self) {
        assert!(
            self.try_start_again(),
            "PostgreSQL did not start:\n{}",
            self.log()
        );
    }

    /// Whether it runs, as far as that can be told from its files.
    pub(crate) fn is_running(&self) -> bool {
        let mut command = self.program("pg_ctl");
        let command = command.arg("-D").arg(self.data()).arg("status");
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    pub(crate) fn try_start_again(&self) -> bool {
        self.program("pg_ctl")
            .args(["-w", "-s", "-o", &format!("-p {}", self.port), "-l"])
            .arg(self.folder.join("log"))
            .arg("-D")
            .arg(self.data())
            .arg("start")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Its files.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn run(&self, name: &str, with: impl FnOnce(&mut Command) -> &mut Command) -> String {
        let mut command = self.program(name);
        let output = with(&mut command).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{name} failed: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout).trim_end().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok(); // It is over either way.
    }
}

/// The folder with PostgreSQL's programs: of the newest version that Debian's package installed, else from the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").exists().then_some((version, folder))
        })
        .max();
    let on_path = || {
        let path: OsString = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    newest
        .map(|(_, folder)| folder)
        .or_else(on_path)
        .expect("PostgreSQL is installed (scripts/setup-tests.sh sees to it)")
}

/// User and group that PostgreSQL runs as, where this process is root.
fn owner() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(SYSTEM_USER))
        .expect("PostgreSQL's package made its user");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().unwrap());
    Some((ids.next().unwrap(), ids.next().unwrap()))
}

fn as_owner(program: impl AsRef<Path>, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program.as_ref());
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

#[test]
fn a_cluster_survives_a_crash_and_leaves_nothing_behind() {
    let cluster = Cluster::start();
    let url = cluster.database();
    assert!(url.starts_with("postgres://hookwell:of-the-tests@127.0.0.1:"));
    cluster.sql(
        "test_0",
        "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)",
    );
    cluster.stop();
    cluster.start_again();
    assert_eq!(cluster.sql("test_0", "SELECT n FROM kept"), "7");
    let folder = cluster.folder.clone();
    drop(cluster);
    assert!(!folder.exists());
}
