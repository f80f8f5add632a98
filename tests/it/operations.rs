//! What an operator relies on: one server a folder, schema versions, health, logs that tell no secrets, private files, and
//! deleted bytes that are gone.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::disk::{Disk, Plan};
use crate::support::{Bin, Ends, Server, eventually};

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let mut server = Server::start();
    let bin = server.bin();
    let output = Server::command(server.data()).to_end();
    assert_eq!(output.status.code(), Some(1));
    let message = message(&output);
    assert!(
        message.contains("another hookwell is using the data folder")
            && message.contains(server.data().to_str().unwrap())
            && message.contains("--data"),
        "{message}"
    );
    assert_eq!(server.post(&bin, "", b"the first goes on"), 1);
    // A lock that a killed server leaves behind is none.
    server.kill();
    server.start_again();
    assert_eq!(server.post(&bin, "", b""), 2);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hookwell"))
        .args(["serve", "--listen", &address, "--data"])
        .arg(data.path())
        .to_end();
    assert_eq!(output.status.code(), Some(1));
    let message = message(&output);
    assert!(
        message.contains(&format!("cannot listen on {address}")),
        "{message}"
    );
}

#[test]
fn data_of_a_newer_version_is_refused_and_left_alone() {
    let mut server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"kept");
    server.stop();
    let database = server.data().join("hookwell.db");
    let version = |version: i64| {
        let connection = Connection::open(&database).unwrap();
        let before: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        connection
            .pragma_update(None, "user_version", version)
            .unwrap();
        before
    };
    let known = version(99);
    let output = Server::command(server.data()).to_end();
    assert_eq!(output.status.code(), Some(1));
    let message = message(&output);
    assert!(
        message.contains("schema version 99") && message.contains("use a newer hookwell"),
        "{message}"
    );
    assert_eq!(version(known), 99);
    server.start_again();
    assert_eq!(server.body(&bin, 1), b"kept");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let data = tempfile::TempDir::new().unwrap();
    let path = data.path().join("hookwell.db");
    let content = b"these are somebody's notes ".repeat(1000);
    std::fs::write(&path, &content).unwrap();
    let output = Server::command(data.path()).to_end();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message(&output).contains("not a database"),
        "{}",
        message(&output)
    );
    assert!(std::fs::read(&path).unwrap() == content);
}

#[test]
fn health_and_readiness_are_told_apart() {
    let disk = Disk::new();
    let server = disk.serve(&[]);
    for path in ["/healthz", "/readyz"] {
        // Probes use all kinds of names.
        let response = server.send(format!(
            "GET {path} HTTP/1.1\r\nHost: probe.internal\r\nConnection: close\r\n\r\n"
        ));
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookwell"));
        command.args(["healthcheck", "--listen", &server.address.to_string()]);
        command.to_end().status.code()
    };
    assert_eq!(check(), Some(0));
    disk.plan(Plan::failing(rustix::io::Errno::IO));
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(check(), Some(1));
    disk.plan(Plan::GOOD);
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(check(), Some(0));
}

#[test]
fn a_failure_has_one_id_for_who_asked_and_in_the_log() {
    let disk = Disk::new();
    let server = disk.serve(&["--log-format", "json"]);
    disk.plan(Plan::failing(rustix::io::Errno::IO));
    let page = server.request("POST", "/", &["Accept: text/html"], b"");
    let api = server.request("POST", "/api/v1/bins", &[], b"");
    assert!(api.status >= 500, "{}", api.text());
    let id = api.header("x-request-id").unwrap();
    assert_eq!(api.json()["request_id"], id);
    assert_ne!(page.header("x-request-id"), Some(id));
    let line = eventually("the line of the failure", || {
        let log = server.log();
        let line = log.lines().find(|line| line.contains(id))?;
        serde_json::from_str::<Value>(line).ok()
    });
    assert_eq!(line["level"], "ERROR", "{line}");
    assert_eq!(line["route"], "/api/v1/bins", "{line}");
    assert_eq!(line["status"], api.status, "{line}");
    assert_eq!(line["span"]["id"], id, "{line}");
    assert!(
        line["cause"]
            .as_str()
            .is_some_and(|cause| !cause.is_empty()),
        "{line}"
    );
    disk.plan(Plan::GOOD);
}

/// Sends secrets everywhere that a stranger or a reader can write something.
fn send_secrets(server: &Server, bin: &Bin) {
    let key = &bin.key;
    let secret = [
        "X-Secret: canary-header",
        "Cookie: canary-cookie=1",
        "User-Agent: canary-agent",
    ];
    let target = format!("/{}/canary-path?canary-query=1", bin.id);
    server.request("POST", &target, &secret, b"canary-body");
    server.request("POST", &target, &["Expect: canary-expect"], b"canary-body");
    for target in [
        format!("/b/{key}?canary-query"),
        format!("/b/{key}/requests/1"),
        format!("/b/{key}/requests/99"),
        "/b/canary-wrong-key".to_owned(),
        "/canary-unknown/path".to_owned(),
        format!("/api/v1/bins/{}/captures?limit=canary", bin.id),
    ] {
        server.get(&target);
    }
    server.captures(bin);
    server.capture(bin, 1);
    server.body(bin, 1);
    let path = format!("/bins/{}", bin.id);
    server.api(
        "PATCH",
        &path,
        Some(key),
        Some(&json!({"name": "canary-name"})),
    );
    server.api("PATCH", &path, Some(key), Some(&json!({"canary-field": 1})));
    server.api("GET", &path, Some("canary-key"), None);
    // Heads that cannot be read, bodies that break off, hosts that are not ours.
    for bytes in [
        format!("GET /{}/\"?\"canary\" HTTP/1.1\r\nHost: x\r\n\r\n", bin.id),
        format!(
            "POST /{}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n",
            bin.id
        ),
        "GET / HTTP/1.1\r\nHost: canary.example\r\n\r\n".to_owned(),
        format!("CANARY-METHOD /{} HTTP/1.1\r\nHost: x\r\n\r\n", bin.id),
        "GET /a%1b[31mcanary HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "GET /static/\x1b[31mcanary HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        "BAD\x1b[31m /canary HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ] {
        let mut connection = server.connect();
        connection.send(bytes).unwrap();
        connection.receive();
    }
    let mut leaving = server.connect();
    let head = format!(
        "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\ncanary",
        bin.id
    );
    leaving.send(head).unwrap();
    drop(leaving);
    server.api("DELETE", &path, Some(key), None);
}

#[test]
fn logs_tell_nothing_of_what_was_sent_and_no_address() {
    for format in ["text", "json"] {
        let flags = ["--log", "debug", "--log-format", format];
        let mut server = Server::with(&flags);
        let bin = server.bin_with(&json!({"alias": "canary-alias"}));
        send_secrets(&server, &bin);
        server.request("POST", "/canary-alias", &[], b"");
        server.stop();
        let log = eventually("the end of the log", || {
            let log = server.log();
            log.contains("stopped").then_some(log)
        });
        assert!(
            log.contains("/b/{key}"),
            "the log is not what was expected:\n{log}"
        );
        for secret in ["canary", "CANARY", &bin.id, &bin.key, "31m"] {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} is in the log ({format})");
        }
        let control = log.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None);
        if format == "json" {
            for line in log.lines() {
                serde_json::from_str::<Value>(line).expect(line);
            }
        }
    }
}

#[test]
fn the_files_are_private() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("made/here");
    let server = Server::over(&data, &[], &[]);
    let bin = server.bin();
    server.post(&bin, "", b"private");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for name in ["hookwell.db", "hookwell.db-wal", "hookwell.db-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}

/// The files of a folder that hold these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            let content = std::fs::read(path).unwrap_or_default();
            memchr::memmem::find(&content, bytes).is_some()
        })
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn what_was_deleted_is_gone_from_the_files() {
    let server = Server::start();
    let small = |name: &str| format!("{{\"secret\": \"canary-{name}\"}}").into_bytes();
    let large = |name: &str| format!("canary-{name} ").repeat(5000).into_bytes();
    let fill = |name: &str, keep: u64| {
        let bin = server.bin_with(&json!({"keep": {"captures": keep}}));
        for _ in 0..3 {
            server.post(&bin, &format!("/canary-{name}"), &small(name));
            server.post(&bin, "", &large(name));
        }
        bin
    };
    let (one, all, bin) = (fill("one", 100), fill("all", 100), fill("bin", 100));
    let kept = fill("kept", 100);
    let dropping = fill("dropped", 6);
    for name in ["one", "all", "bin", "kept", "dropped"] {
        let canary = format!("canary-{name}");
        assert_ne!(files_with(server.data(), canary.as_bytes()), [""; 0]);
    }
    for n in 1..=6 {
        let path = format!("/bins/{}/captures/{n}", one.id);
        assert_eq!(server.api("DELETE", &path, Some(&one.key), None).0, 204);
    }
    let clear = format!("/bins/{}/captures", all.id);
    assert!(server.api("DELETE", &clear, Some(&all.key), None).0 < 300);
    let delete = format!("/bins/{}", bin.id);
    assert_eq!(server.api("DELETE", &delete, Some(&bin.key), None).0, 204);
    for _ in 0..6 {
        server.post(&dropping, "", b"newer");
    }
    for name in ["one", "all", "bin", "dropped"] {
        let canary = format!("canary-{name}");
        eventually(&format!("{canary} to be gone"), || {
            files_with(server.data(), canary.as_bytes())
                .is_empty()
                .then_some(())
        });
    }
    assert_ne!(files_with(server.data(), b"canary-kept"), [""; 0]);
    assert_eq!(server.body(&kept, 2), large("kept"));
}

#[test]
fn another_program_that_locks_the_database_is_waited_for() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"before");
    let other = Connection::open(server.data().join("hookwell.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answers = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| server.post(&bin, "", b"meanwhile")))
            .collect();
        // Reading goes on.
        assert_eq!(server.captures(&bin).len(), 1);
        std::thread::park_timeout(std::time::Duration::from_millis(500));
        other.execute_batch("COMMIT").unwrap();
        let mut answers: Vec<u64> = senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect();
        answers.sort_unstable();
        answers
    });
    assert_eq!(answers, [2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(server.captures(&bin).len(), 9);
}
