//! A store that is moved between engines: all of it, again after a kill, and not where it would do harm.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rusqlite::{Connection as Database, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Bin, Ends, Server, ended, eventually};

fn command(from: &str, to: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hookwell"));
    program.args(["migrate", from, to]).stdin(Stdio::null());
    program
}

/// Moves a store, and gives what was said when it ended with that code.
#[track_caller]
fn migrate(from: &str, to: &str, code: i32) -> String {
    let output: Output = command(from, to).to_end();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
    told
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

/// A server over that store.
fn serve(folder: &TempDir, store: &str) -> Server {
    Server::over(folder.path(), &[], &[("HOOKWELL_STORE", store)])
}

/// All rows of a database.
fn rows(folder: &Path) -> Vec<String> {
    let file = folder.join("hookwell.db");
    let database = Database::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('heartbeat', 'sqlite_sequence')";
    let mut tables = database.prepare(sql).unwrap();
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut rows = Vec::new();
    for table in &tables {
        let sql = format!("SELECT * FROM {table}");
        add_rows(&database, table, &sql, &mut rows);
    }
    add_rows(
        &database,
        "numbers",
        "SELECT * FROM sqlite_sequence WHERE seq > 0",
        &mut rows,
    );
    rows.sort();
    rows
}

fn add_rows(database: &Database, table: &str, sql: &str, rows: &mut Vec<String>) {
    let mut statement = database.prepare(sql).unwrap();
    let columns = statement.column_count();
    let mut found = statement.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        let values: Vec<_> = (0..columns).map(|at| row.get_ref(at).unwrap()).collect();
        rows.push(format!("{table}: {values:?}"));
    }
}

/// The API's answer to the owner.
fn answer(server: &Server, bin: &Bin, below: &str) -> Value {
    let path = format!("/bins/{}{below}", bin.id);
    let (status, answer) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(status, 200, "{below}: {answer}");
    answer
}

/// What a server says of a bin and each of its captures; its own address is left out.
fn seen(server: &Server, bin: &Bin) -> Vec<String> {
    let mut shown = server.show(bin);
    shown["capture_url"].take();
    let mut seen = vec![shown.to_string(), answer(server, bin, "/share").to_string()];
    for capture in server.captures(bin) {
        let n = capture["n"].as_u64().unwrap();
        for below in ["", "/deliveries", "/attempts"] {
            seen.push(answer(server, bin, &format!("/captures/{n}{below}")).to_string());
        }
        seen.push(format!("{:?}", server.body(bin, n)));
    }
    seen
}

/// A bin with something of all there is; captures 2 to 10 are there.
fn full(server: &Server) -> Bin {
    let bin = server.bin_with(&json!({
        "alias": "moved-along", "body_limit": 70_000, "keep": {"captures": 100, "days": 30},
        "reply": {"status": 200, "body": "taken"},
        "rules": [{"name": "in turn", "when": "path:/turn", "replies": [{"status": 201, "times": 1}, {"status": 202, "times": 1}, {"status": 203}]}],
    }));
    server.post(&bin, "/gone", b"deleted below");
    server.post(&bin, "/plain?a=%00b", b"{\"a\": 1}");
    let target = format!("/{}", bin.id);
    for _ in 0..2 {
        let github = [
            "X-GitHub-Event: push",
            "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
        ];
        server.request("POST", &target, &github, b"{\"ref\": \"main\"}");
    }
    server.request("PUT", &target, &["X-Bytes: \u{e9}"], &[0, 255, 7]);
    server.post(&bin, "/large", &vec![b'x'; 69_000]);
    let turn = server.request("POST", &format!("{target}/turn"), &[], b"");
    assert_eq!(turn.status, 201);
    server.post(&bin, "/pinned", b"pinned");
    server.post(&bin, "/attempted", b"attempted");
    assert_eq!(
        server
            .request("POST", &target, &[], &vec![b'y'; 70_001])
            .status,
        413
    );
    let broken = format!("G@T {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(server.send(broken).status, 400);
    let of = |n: u64| format!("/bins/{}/captures/{n}", bin.id);
    let key = Some(bin.key.as_str());
    assert_eq!(server.api("DELETE", &of(1), key, None).0, 204);
    let marks = json!({"pinned": true, "note": "why it is här"});
    assert_eq!(server.api("PATCH", &of(8), key, Some(&marks)).0, 200);
    let order = json!({"url": "http://127.0.0.1:1/"});
    let (status, tried) = server.api("POST", &format!("{}/replay", of(9)), key, Some(&order));
    assert!(status < 500, "{tried}");
    let share = format!("/bins/{}/share", bin.id);
    assert_eq!(server.api("POST", &share, key, Some(&json!({}))).0, 201);
    eventually("the refusal is counted", || {
        (server.show(&bin)["refused"] == 1).then_some(())
    });
    bin
}

#[test]
fn a_store_is_the_same_in_another_engine_and_back() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let (folder, other, back) = (
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
    );
    let flags = ["--allow-outbound", "127.0.0.0/8"];
    let mut server = Server::over(folder.path(), &flags, &[]);
    let bin = full(&server);
    let gone = server.bin_with(&json!({"alias": "not-there"}));
    server.post(&gone, "", b"of a bin that is deleted");
    let deleted = server.api(
        "DELETE",
        &format!("/bins/{}", gone.id),
        Some(&gone.key),
        None,
    );
    assert_eq!(deleted.0, 204);
    let waiting = server.bin_with(&json!({"targets": [{"url": "http://127.0.0.1:1/"}]}));
    server.post(&waiting, "", b"waits");
    eventually("it was tried", || {
        let attempts = answer(&server, &waiting, "/captures/1/attempts");
        (!attempts["attempts"].as_array().unwrap().is_empty()).then_some(())
    });
    let before = seen(&server, &bin);
    // What is served is left alone.
    let told = migrate(path(folder.path()), &url, 1);
    assert!(told.contains("another hookwell is using"), "{told}");
    server.stop();

    let told = migrate(path(folder.path()), &url, 0);
    assert!(told.contains("3 bins"), "{told}");
    migrate(&url, path(back.path()), 0);
    assert_eq!(rows(back.path()), rows(folder.path()));
    let mut check = Command::new(env!("CARGO_BIN_EXE_hookwell"));
    let check = check.args(["check", "--data"]).arg(back.path()).to_end();
    assert!(check.status.success());
    // What is there stays.
    for to in [url.as_str(), path(back.path())] {
        let told = migrate(path(folder.path()), to, 1);
        assert!(told.contains("is not empty"), "{told}");
    }

    for (folder, store) in [(&other, url.as_str()), (&back, "sqlite")] {
        let server = serve(folder, store);
        assert_eq!(seen(&server, &bin), before, "{store:.6}");
        // Numbers, sequences, ids and tombstones go on where they were.
        let turn = server.request("POST", "/moved-along/turn", &[], b"");
        assert_eq!(turn.status, 202);
        assert_eq!(turn.header("x-hookwell-request"), Some("11"));
        let github = [
            "X-GitHub-Event: push",
            "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
        ];
        server.request("POST", "/moved-along", &github, b"{\"ref\": \"main\"}");
        let deliveries = answer(&server, &bin, "/captures/12/deliveries");
        assert!(deliveries.to_string().contains("\"n\":3"), "{deliveries}");
        for name in [&gone.id, "not-there"] {
            let answer = server.request("POST", &format!("/{name}"), &[], b"");
            assert_eq!(answer.status, 410, "{name}");
        }
        // What waited still does, or was given up where the target may not be called.
        let targets = answer(&server, &waiting, "/targets");
        let dead = targets["dead"].as_array().unwrap().len() as u64;
        let still = targets["targets"][0]["waiting"].as_u64().unwrap();
        assert_eq!(dead + still, 1, "{targets}");
        let made = server.bin();
        assert_eq!(server.post(&made, "", b"new"), 1);
        let share = format!("/bins/{}/share", bin.id);
        let (status, share) = server.api("POST", &share, Some(&bin.key), Some(&json!({})));
        assert_eq!(status, 201, "{share}");
    }
}

#[test]
fn a_folder_is_moved_into_another_and_no_bar_is_drawn_into_a_file() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let to = other.path().join("new");
    let mut server = serve(&folder, "sqlite");
    let bin = full(&server);
    let before = seen(&server, &bin);
    server.stop();
    let output = command(path(folder.path()), path(&to)).to_end();
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{err}");
    assert!(
        out.starts_with("moved and compared: 1 bins, 9 captures"),
        "{out}"
    );
    // Lines, which a log can keep: of the first and of the last of each part.
    assert!(
        err.contains("moving: ") && err.contains("comparing: "),
        "{err}"
    );
    assert!(
        !err.contains(['\r', '\u{1b}', '█']) && !out.contains(['\r', '\u{1b}']),
        "{err}{out}"
    );
    assert_eq!(rows(&to), rows(folder.path()));
    let moved = Server::over(&to, &[], &[]);
    assert_eq!(seen(&moved, &bin), before);
    assert_eq!(moved.post(&bin, "", b"next"), 11);
    // What is finished is not begun again, and what was moved is left as it was.
    let told = migrate(path(folder.path()), path(&to), 1);
    assert!(told.contains("another hookwell is using"), "{told}");
    let mut moved = moved;
    moved.stop();
    let told = migrate(path(folder.path()), path(&to), 1);
    assert!(told.contains("is not empty"), "{told}");
    assert_eq!(seen(&serve(&folder, "sqlite"), &bin), before);
}

#[test]
fn a_bar_is_drawn_on_a_terminal() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut server = serve(&folder, "sqlite");
    full(&server);
    server.stop();
    let words = format!(
        "{} migrate {} {}",
        env!("CARGO_BIN_EXE_hookwell"),
        path(folder.path()),
        path(&other.path().join("new"))
    );
    // A terminal of its own; what is written there comes out of it.
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &words, "/dev/null"])
        .env("TERM", "xterm")
        .to_end();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told}");
    for part in [
        "moving ░",
        "comparing ",
        "█ 9 of 9",
        "moved and compared: 1 bins, 9 captures",
    ] {
        assert!(told.contains(part), "{part}: {told:?}");
    }
    assert!(!told.contains("of 0"), "{told:?}");
}

#[test]
fn a_database_that_is_served_is_not_moved() {
    let cluster = Cluster::start();
    let (url, empty) = (cluster.database(), cluster.database());
    let (folder, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let told = migrate(&empty, path(to.path()), 1);
    assert!(told.contains("there is no store"), "{told}");
    let told = migrate(path(&folder.path().join("nothing")), &empty, 1);
    assert!(told.contains("there is no store"), "{told}");
    let server = serve(&folder, &url);
    let bin = server.bin();
    server.post(&bin, "", b"one");
    serve(&to, "sqlite").stop();
    for (from, to) in [(url.as_str(), path(to.path())), (path(to.path()), &url)] {
        let told = migrate(from, to, 1);
        assert!(told.contains("servers are using"), "{told}");
    }
    for (from, to) in [
        ("mysql://h/d", "data"),
        ("data", "data"),
        ("data", "mysql://h/d"),
    ] {
        migrate(from, to, 2);
    }
}

/// Starts a move, and kills it as soon as that many captures have come.
fn killed(from: &str, to: &str, come: impl Fn() -> bool) {
    let mut child: Child = command(from, to).stderr(Stdio::null()).spawn().unwrap();
    eventually("some have come", || come().then_some(()));
    child.kill().unwrap();
    assert_eq!(ended(&mut child).code(), None, "it was over already");
}

/// How many captures a data folder has; none when that cannot be told yet.
fn come(folder: &Path) -> i64 {
    let file = folder.join("hookwell.db");
    Database::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|database| {
            database.query_row("SELECT count(*) FROM captures", [], |row| row.get(0))
        })
        .unwrap_or(0)
}

#[test]
fn a_move_that_was_killed_goes_on() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let (folder, other, back) = (
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
    );
    let mut server = serve(&folder, "sqlite");
    let bin = server.bin();
    for at in 0..60 {
        server.post(&bin, "", &vec![b'a' + at % 26; 1 << 20]);
    }
    let second = server.bin();
    server.post(&second, "", b"of another bin");
    server.stop();
    let from = path(folder.path());

    let in_database = || cluster.sql("test_0", "SELECT count(*) FROM captures");
    let count = || {
        let is_there = cluster.sql("test_0", "SELECT to_regclass('moving') IS NOT NULL");
        if is_there == "t" {
            in_database().parse().unwrap()
        } else {
            0
        }
    };
    for least in [1, 20] {
        killed(from, &url, || count() >= least);
    }
    // Half a store is not served, and not moved on.
    let mut refused = Server::command(other.path());
    let refused = refused.env("HOOKWELL_STORE", &url).to_end();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("has not finished"), "{told}");
    let told = migrate(&url, path(back.path()), 1);
    assert!(told.contains("has not finished"), "{told}");
    migrate(from, &url, 0);
    for least in [1, 20] {
        killed(&url, path(back.path()), || come(back.path()) >= least);
    }
    let refused = Server::command(back.path()).to_end();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("has not finished"), "{told}");
    migrate(&url, path(back.path()), 0);
    assert_eq!(rows(back.path()), rows(folder.path()));
    assert_eq!(serve(&back, "sqlite").post(&bin, "", b"next"), 61);

    // What became of the part that was there is noticed in the end, and a store that was changed meanwhile at once.
    killed(from, path(other.path()), || come(other.path()) >= 1);
    let file = other.path().join("hookwell.db");
    let database = Database::open(file).unwrap();
    let lost = database.execute("DELETE FROM captures WHERE id & 0xfff = 1", []);
    assert_eq!(lost.unwrap(), 1);
    drop(database);
    let told = migrate(from, path(other.path()), 1);
    assert!(told.contains("the stores differ"), "{told}");
    serve(&folder, "sqlite").post(&bin, "", b"meanwhile");
    let told = migrate(from, path(other.path()), 1);
    assert!(told.contains("begin anew"), "{told}");
}

#[test]
fn what_was_left_to_its_day_to_drop_is_not_moved() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let (folder, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut server = serve(&folder, &url);
    let (ended, bin) = (server.bin(), server.bin());
    for at in 0..3 {
        server.post(&ended, "", format!("{at}").as_bytes());
    }
    server.post(&bin, "", b"of another bin");
    server.stop();
    // As the sweeper leaves a bin that it ended.
    let end = format!(
        "UPDATE bins SET gone_at = last_capture_at + 691200000000, settings = '{{}}', floor = last_n, purged = last_n,
          captures = 0, bytes = 0 WHERE id = decode(replace('{}', '-', ''), 'hex')",
        ended.id
    );
    cluster.sql("test_0", &end);
    assert_eq!(cluster.sql("test_0", "SELECT count(*) FROM captures"), "4");
    migrate(&url, path(to.path()), 0);
    assert_eq!(come(to.path()), 1);
    let server = serve(&to, "sqlite");
    assert_eq!(server.post(&bin, "", b"next"), 2);
    let gone = server.request("POST", &format!("/{}", ended.id), &[], b"late");
    assert_eq!(gone.status, 410);
}
