//! Backups of a database that is written to meanwhile, what is put back, and what a check finds.

use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rusqlite::Connection as Database;
use serde_json::json;
use tempfile::TempDir;

use crate::support::ledger::{Ledger, held};
use crate::support::{Bin, Connection, Ends, Server, beside, eventually};

fn hookwell(command: &str, data: &Path, words: &[&Path]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hookwell"));
    program.args([command, "--data"]).arg(data).args(words);
    program.to_end()
}

fn told(output: &Output) -> String {
    let bytes = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
}

/// Sends from a few connections until `work` is done, and gives what was acknowledged before it began, and in all.
fn under_load(server: &Server, bin: &Bin, work: impl FnOnce()) -> (usize, Ledger) {
    let answered = AtomicUsize::new(0);
    let send = |client: usize, is_over: &AtomicBool| {
        let (mut ledger, mut connection) = (Ledger::default(), Connection::open(server.address));
        for i in 0.. {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let status = ledger.send(&mut connection, bin, format!("{client}-{i}"));
            assert_eq!(status, Some(200));
            answered.fetch_add(1, Ordering::Relaxed);
        }
        ledger
    };
    let (before, ledgers) = beside(4, send, || {
        let enough = || {
            let before = answered.load(Ordering::Relaxed);
            (before >= 200).then_some(before)
        };
        let before = eventually("a load", enough);
        work();
        // The load was there until the end.
        let then = answered.load(Ordering::Relaxed);
        eventually("more of it", || {
            (answered.load(Ordering::Relaxed) > then).then_some(())
        });
        before
    });
    (before, Ledger::of_all(ledgers))
}

#[test]
fn a_backup_under_load_has_all_that_was_acknowledged_before_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("backup.db");
    let server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"captures": 1_000_000}}));
    let (before, all) = under_load(&server, &bin, || {
        assert_code(&hookwell("backup", server.data(), &[&file]), 0);
    });
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_code(&hookwell("check", folder.path(), &[&file]), 0);
    // The server's own database is looked at while it is in use.
    assert_code(&hookwell("check", server.data(), &[]), 0);

    let restored = folder.path().join("data");
    assert_code(&hookwell("restore", &restored, &[&file]), 0);
    let again = Server::over(&restored, &[], &[]);
    let kept = held(&again, &bin, 0);
    assert!(kept.len() >= before, "{} of {before}", kept.len());
    // Numbers have no gaps, so that these are the first of those that were acknowledged; what was under way at the end may be there.
    let last = *kept.keys().next_back().unwrap();
    assert_eq!(kept.len() as u64, last);
    for (n, body) in &kept {
        assert_eq!(all.kept.get(n), Some(body), "{n}");
    }
    // Numbering goes on where the backup ended.
    assert_eq!(again.post(&bin, "", b"new"), last + 1);
}

#[test]
fn a_restore_touches_neither_data_nor_a_server() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("backup.db");
    let mut server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"one");
    assert_code(&hookwell("backup", server.data(), &[&file]), 0);
    // The same file again, a folder in use, a folder that was used, a folder without anything to copy.
    let output = hookwell("backup", server.data(), &[&file]);
    assert_code(&output, 1);
    assert!(
        told(&output).contains("is there already"),
        "{}",
        told(&output)
    );
    server.post(&bin, "", b"two");
    let output = hookwell("restore", server.data(), &[&file]);
    assert_code(&output, 1);
    assert!(
        told(&output).contains("another hookwell is using"),
        "{}",
        told(&output)
    );
    server.stop();
    let output = hookwell("restore", server.data(), &[&file]);
    assert_code(&output, 1);
    assert!(
        told(&output).contains("is there already"),
        "{}",
        told(&output)
    );
    server.start_again();
    assert_eq!(server.body(&bin, 2), b"two");
    let output = hookwell("backup", folder.path(), &[&folder.path().join("other.db")]);
    assert_code(&output, 1);
    assert!(
        told(&output).contains("there is no database"),
        "{}",
        told(&output)
    );
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["backup.db"], "nothing half-done is left");
}

/// What is done to a file.
type Break<'a> = Box<dyn Fn(&Path) + 'a>;

/// A database of a stopped server with some captures of a kind, and a copy of it to be broken.
fn database(folder: &Path) -> std::path::PathBuf {
    let mut server = Server::start();
    let bin = server.bin();
    let github = [
        "X-GitHub-Event: push",
        "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958",
    ];
    for i in 0..40 {
        let body = format!("{{\"body of\": {i}, \"long\": \"{}\"}}", "x".repeat(2000));
        let target = format!("/{}", bin.id);
        server.request("POST", &target, &github, body.as_bytes());
    }
    server.stop();
    let file = folder.join("whole.db");
    assert_code(&hookwell("backup", server.data(), &[&file]), 0);
    file
}

#[test]
fn a_check_finds_what_is_broken() {
    let folder = TempDir::new().unwrap();
    let whole = database(folder.path());
    let broken = folder.path().join("broken.db");
    let sql = |statement: &'static str| {
        move |file: &Path| {
            let database = Database::open(file).unwrap();
            assert!(database.execute(statement, []).unwrap() > 0, "{statement}");
        }
    };
    let write = |place: u64, bytes: &'static [u8]| {
        move |file: &Path| {
            let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
            file.write_all_at(bytes, place).unwrap();
        }
    };
    let cut = |file: &Path| {
        let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    let ways: [(&str, Break<'_>, &str); 9] = [
        (
            "its head is lost",
            Box::new(write(0, b"not a database any more")),
            "not a database",
        ),
        (
            "pages are lost",
            Box::new(write(3 * 8192, &[0x5a; 4096])),
            "",
        ),
        ("half of it is lost", Box::new(cut), ""),
        (
            "a row is lost",
            Box::new(sql("DELETE FROM captures WHERE id & 0xfff = 7")),
            "there are 39",
        ),
        (
            "a counter is wrong",
            Box::new(sql("UPDATE bins SET bytes = bytes + 1")),
            "its counters say",
        ),
        (
            "numbers run backwards",
            Box::new(sql("UPDATE bins SET last_n = 3, floor = 5")),
            "run backwards",
        ),
        (
            "a body is another",
            Box::new(sql(
                "UPDATE captures SET body = zeroblob(size) WHERE id & 0xfff = 9",
            )),
            "not the one that came",
        ),
        (
            "a body is shorter",
            Box::new(sql("UPDATE captures SET body = x'00' WHERE id & 0xfff = 9")),
            "another size",
        ),
        (
            "a bin is lost",
            Box::new(sql("DELETE FROM bins")),
            "of no bin",
        ),
    ];
    for (what, break_it, want) in ways {
        std::fs::copy(&whole, &broken).unwrap();
        assert_code(&hookwell("check", folder.path(), &[&broken]), 0);
        break_it(&broken);
        let output = hookwell("check", folder.path(), &[&broken]);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", told(&output));
        assert!(told(&output).contains(want), "{what}: {}", told(&output));
        // Nobody is given it back.
        let data = folder.path().join("data");
        let output = hookwell("restore", &data, &[&broken]);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", told(&output));
        assert!(!data.join("hookwell.db").exists(), "{what}");
    }
}

#[test]
fn what_cannot_be_told_is_neither_sound_nor_damaged() {
    let folder = TempDir::new().unwrap();
    let output = hookwell("check", folder.path(), &[]);
    assert_code(&output, 2);
    let said = "hookwell.db: there is no such file";
    assert!(told(&output).contains(said), "{}", told(&output));
    let whole = database(folder.path());
    let database = Database::open(&whole).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let output = hookwell("check", folder.path(), &[&whole]);
    assert_code(&output, 2);
    assert!(
        told(&output).contains("use a newer hookwell"),
        "{}",
        told(&output)
    );
}
