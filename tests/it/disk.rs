//! A full disk: captures are refused, nothing else breaks, and what makes room makes the server whole again by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::support::disk::{Disk, Plan, assert_sound};
use crate::support::ledger::{Ledger, held};
use crate::support::{Bin, Connection, Ends, PATIENCE, Server, eventually};

/// A small disk in memory, gone when this is dropped.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// `None` where this user may not mount one.
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let disk = Self {
            folder: TempDir::new().unwrap(),
        };
        let mounted = mount(
            &["-t", "tmpfs", "-o", &format!("size={size}"), "none"],
            disk.folder.path(),
        );
        mounted.then_some(disk)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn grow(&self, size: &str) {
        assert!(mount(
            &["-o", &format!("remount,size={size}")],
            self.folder.path()
        ));
    }
}

fn mount(flags: &[&str], path: &Path) -> bool {
    let status = Command::new("mount")
        .args(flags)
        .arg(path)
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that still runs when a test failed must not keep it.
        let path = self.folder.path();
        Command::new("umount").arg("-l").arg(path).status().ok();
    }
}

/// A body that no other is like.
fn body(name: &str, size: usize) -> String {
    format!("{name:x<size$}")
}

/// Posts until the disk is full, and somewhat longer.
fn fill(server: &Server, bin: &Bin, ledger: &mut Ledger, name: &str) {
    let mut connection = server.connect();
    let (mut full, mut i) = (0, 0);
    while full < 40 {
        let status = ledger.send(&mut connection, bin, body(&format!("{name}-{i}-"), 16_000));
        match status {
            Some(507) => full += 1,
            Some(200) => {}
            other => panic!("{other:?} for {i}"),
        }
        i += 1;
        assert!(i < 5000, "it is never full");
    }
}

fn post(server: &Server, bin: &Bin, ledger: &mut Ledger, body: String) -> u16 {
    ledger
        .send(&mut Connection::open(server.address), bin, body)
        .expect("an answer")
}

/// Waits until captures are taken again, and stay taken.
fn assert_recovers(server: &Server, bin: &Bin, ledger: &mut Ledger, name: &str) {
    let mut tries = 0;
    eventually("captures to be taken again", || {
        tries += 1;
        let body = body(&format!("{name}-try-{tries}-"), 4000);
        (post(server, bin, ledger, body) == 200).then_some(())
    });
    for i in 0..20 {
        let body = body(&format!("{name}-well-{i}-"), 4000);
        assert_eq!(post(server, bin, ledger, body), 200, "{name} {i}");
    }
    eventually("the server to be ready", || {
        (server.get("/readyz").status == 200).then_some(())
    });
}

fn assert_reads_work(server: &Server, bin: &Bin, ledger: &Ledger) {
    let faults = ledger.faults(&held(server, bin, 0));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(server.show(bin)["captures"], ledger.kept.len());
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get(&format!("/b/{}", bin.key)).status, 200);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_full_disk_refuses_captures_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("8m") else {
        eprintln!(
            "no small disk can be mounted here: a full disk is tested by failing writes only"
        );
        return;
    };
    let mut server = Server::over(&disk.data(), &[], &[]);
    let large = json!({"keep": {"captures": 100_000}});
    let (first, second) = (server.bin_with(&large), server.bin_with(&large));
    let (mut of_first, mut of_second) = (Ledger::default(), Ledger::default());
    for i in 0..50 {
        post(
            &server,
            &second,
            &mut of_second,
            body(&format!("other-{i}-"), 16_000),
        );
    }
    fill(&server, &first, &mut of_first, "first");
    assert!(of_first.kept.len() > 100 && of_first.refused.len() >= 40);
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &*ready.text()), (503, "the disk is full\n"));
    assert_reads_work(&server, &first, &of_first);
    assert_reads_work(&server, &second, &of_second);

    // Deleting works, and makes room.
    let one = format!("/bins/{}/captures/1", first.id);
    assert_eq!(server.api("DELETE", &one, Some(&first.key), None).0, 204);
    of_first.kept.remove(&1);
    assert_reads_work(&server, &first, &of_first);
    let all = format!("/bins/{}/captures", first.id);
    let (status, cleared) = server.api("DELETE", &all, Some(&first.key), None);
    assert!(matches!(status, 200 | 204), "{status} {cleared}");
    of_first.kept.clear();
    assert_recovers(&server, &second, &mut of_second, "cleared");
    eventually("the refused to be counted", || {
        let refused = server.show(&first)["refused"].as_u64()?;
        (refused == of_first.refused.len() as u64).then_some(())
    });

    // Full again; now a whole bin goes.
    fill(&server, &first, &mut of_first, "again");
    let bin = format!("/bins/{}", first.id);
    assert_eq!(server.api("DELETE", &bin, Some(&first.key), None).0, 204);
    assert_recovers(&server, &second, &mut of_second, "deleted");

    // And again; now the disk grows.
    fill(&server, &second, &mut of_second, "third");
    disk.grow("64m");
    assert_recovers(&server, &second, &mut of_second, "grown");
    assert_reads_work(&server, &second, &of_second);

    assert!(server.stop().success());
    assert_sound(&disk.data());
    server.start_again();
    assert_reads_work(&server, &second, &of_second);
}

#[test]
fn large_bodies_at_once_leave_a_full_disk_that_can_still_be_cleared() {
    let Some(disk) = SmallDisk::mount("64m") else {
        return; // The test above says so.
    };
    let server = Server::over(&disk.data(), &[], &[]);
    let bin = server.bin_with(&json!({"keep": {"captures": 100_000, "bytes": 0}}));
    let kept: usize = std::thread::scope(|scope| {
        let send = || {
            let target = format!("/{}", bin.id);
            let body = vec![b'x'; 3_000_000];
            let statuses = (0..12).map(|_| server.request("POST", &target, &[], &body).status);
            let answers = |status| match status {
                200 => true,
                507 => false,
                other => panic!("{other}"),
            };
            statuses.map(answers).filter(|&kept| kept).count()
        };
        let senders: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .sum()
    });
    assert!((4..30).contains(&kept), "{kept} were kept");
    assert_eq!(server.captures(&bin).len(), kept);
    let mut ledger = Ledger::default();
    for round in 0..2 {
        let all = format!("/bins/{}/captures", bin.id);
        let (status, cleared) = server.api("DELETE", &all, Some(&bin.key), None);
        assert!(matches!(status, 200 | 204), "{status} {cleared}");
        assert_recovers(&server, &bin, &mut ledger, &format!("round-{round}"));
        fill(&server, &bin, &mut ledger, &format!("round-{round}"));
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_disk_that_is_full_from_the_start_is_reported() {
    let Some(disk) = SmallDisk::mount("64k") else {
        return; // The test above says so.
    };
    let output = Server::command(&disk.data()).to_end();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("disk is full"), "{message}");
}

#[test]
fn writes_that_find_no_room_refuse_captures_and_nothing_else() {
    let disk = Disk::new();
    let server = disk.serve(&[]);
    let bin = server.bin();
    let mut ledger = Ledger::default();
    for i in 0..20 {
        assert_eq!(post(&server, &bin, &mut ledger, format!("before-{i}")), 200);
    }
    disk.plan(Plan::failing(rustix::io::Errno::NOSPC));
    // Longer than the server waits before it looks again.
    let began = Instant::now();
    let mut i = 0;
    while began.elapsed() < Duration::from_millis(1500) {
        assert_eq!(
            post(&server, &bin, &mut ledger, format!("full-{i}")),
            507,
            "{i}"
        );
        i += 1;
    }
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.api("POST", "/bins", None, Some(&json!({}))).0, 507);
    assert_reads_work(&server, &bin, &ledger);
    disk.plan(Plan::GOOD);
    assert_recovers(&server, &bin, &mut ledger, "after");
    assert_reads_work(&server, &bin, &ledger);
    assert!(began.elapsed() < PATIENCE);
}
