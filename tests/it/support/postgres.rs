//! A PostgreSQL of the tests' own, from the system's packages: in a temporary folder, on a free port of the loopback.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

use super::eventually;

/// The password of the only user.
const PASSWORD: &str = "s3cret-of-the-tests";

/// Starts a server and does what it is told: `stop` as in a crash, `start` again. When nobody is there any more to tell it something,
/// also because the tests were killed, it ends the server by its id and takes the folder away.
const KEEPER: &str = r#"
start() { "$1/postgres" -D "$2/data" -k "$2" -p "$3" -h 127.0.0.1 -c max_connections=300 -c max_wal_size=256MB >>"$2/log" 2>&1 & server=$!; }
start "$@"
while read -r word; do
  case $word in
    stop) kill -QUIT "$server"; wait "$server" ;;
    start) start "$@" ;;
  esac
  echo done
done
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    keeper: Mutex<(Child, ChildStdin, BufReader<ChildStdout>)>,
    programs: PathBuf,
    port: u16,
    made: Mutex<HashSet<String>>,
}

impl Cluster {
    /// The one that tests share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One of a test's own, that it may stop.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start.
    pub(crate) fn start() -> Self {
        let programs = programs().expect(
            "PostgreSQL is needed for these tests, in PATH or below /usr/lib/postgresql: try `sudo apt-get install postgresql`",
        );
        // The keeper takes it away, as nothing in here is sure to be run at the end.
        let folder = TempDir::new().unwrap().keep();
        let owner = owner(&folder);
        let password = folder.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        if let Some((user, group)) = owner {
            for path in [&folder, &password] {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
        }
        let run_as = |command: &mut Command| {
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command.current_dir(&folder).env("HOME", &folder);
        };
        let mut init = Command::new(programs.join("initdb"));
        init.arg("-D")
            .arg(folder.join("data"))
            .args([
                "-U",
                "hookwell",
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg(format!("--pwfile={}", password.display()));
        run_as(&mut init);
        let made = init.output().unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "sh"])
            .args([&programs, &folder])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        run_as(&mut keeper);
        let mut keeper = keeper.spawn().unwrap();
        let (input, output) = (keeper.stdin.take().unwrap(), keeper.stdout.take().unwrap());
        let cluster = Self {
            keeper: Mutex::new((keeper, input, BufReader::new(output))),
            programs,
            port,
            made: Mutex::default(),
        };
        cluster.wait();
        cluster
    }

    fn wait(&self) {
        eventually("PostgreSQL starts", || {
            self.try_run("postgres", "SELECT 1").ok()
        });
    }

    fn tell(&self, word: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        let (_, input, output) = &mut *keeper;
        writeln!(input, "{word}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "done");
    }

    /// Ends the server as a crash does.
    pub(crate) fn crash(&self) {
        self.tell("stop");
    }

    /// Starts it again.
    pub(crate) fn start_again(&self) {
        self.tell("start");
        self.wait();
    }

    /// The address of a database, which is made when it is first asked for.
    pub(crate) fn database(&self, name: &str) -> String {
        if self.made.lock().unwrap().insert(name.to_owned()) {
            self.run(
                "postgres",
                &format!(r#"CREATE DATABASE "{name}" TEMPLATE template0"#),
            );
        }
        self.address(name)
    }

    /// The address of a database, whether it is there or not.
    pub(crate) fn address(&self, name: &str) -> String {
        format!(
            "postgres://hookwell:{PASSWORD}@127.0.0.1:{}/{name}",
            self.port
        )
    }

    /// The password that is in addresses.
    pub(crate) fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Runs SQL, and gives what it says.
    pub(crate) fn run(&self, database: &str, sql: &str) -> String {
        self.try_run(database, sql).unwrap()
    }

    fn try_run(&self, database: &str, sql: &str) -> Result<String, String> {
        let ran = Command::new(self.programs.join("psql"))
            .arg(self.address(database))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        if ran.status.success() {
            Ok(String::from_utf8(ran.stdout).unwrap().trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&ran.stderr).into_owned())
        }
    }
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| Some((number(&entry.path())?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").exists())
        .max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.map(|(_, folder)| folder).or_else(|| {
        std::env::split_paths(&path).find(|folder| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|name| folder.join(name).exists())
        })
    })
}

/// Whom the server is to run as: it refuses to be root.
fn owner(folder: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    Some(
        of("postgres")
            .or_else(|| of("nobody"))
            .expect("a user that PostgreSQL can run as"),
    )
}
