//! What was answered is on the disk: the server is killed under load, and its disk fails, call by call.
//!
//! Without delayed writes a server that answers before its commit would pass, since the moment in between is too short to be
//! hit. Every write and sync therefore takes some milliseconds longer (`tests/shim/slow_disk.c`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::disk::{Disk, Plan, assert_sound, database};
use crate::support::ledger::{Ledger, held};
use crate::support::{Bin, Connection, Server, beside, eventually};

const CLIENTS: usize = 16;

/// No such capture is dropped for want of room.
fn roomy(server: &Server) -> Bin {
    server.bin_with(&json!({"keep": {"captures": 1_000_000}}))
}

/// Sends numbered bodies over connections that stay open, until these end or `meanwhile` does, which is told how many were answered.
fn under_load(
    server: &mut Server,
    bin: &Bin,
    round: usize,
    meanwhile: impl FnOnce(&mut Server, &AtomicUsize),
) -> Ledger {
    let (address, answered) = (server.address, AtomicUsize::new(0));
    let send = |client: usize, is_over: &AtomicBool| {
        let mut ledger = Ledger::default();
        let mut connection = Connection::open(address);
        for i in 0.. {
            // Asked before: where the server is gone by then, one more is sent in vain.
            let is_last = is_over.load(Ordering::Acquire);
            let body = format!("{round}-{client}-{i}");
            let is_closed = ledger.send(&mut connection, bin, body).is_none();
            if is_closed || is_last {
                break;
            }
            answered.fetch_add(1, Ordering::Relaxed);
        }
        ledger
    };
    let ((), ledgers) = beside(CLIENTS, send, || meanwhile(server, &answered));
    Ledger::of_all(ledgers)
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let disk = Disk::new();
    let mut server = disk.serve(&[]);
    let bin = roomy(&server);
    disk.plan(Plan {
        delay_us: 5000,
        ..Plan::GOOD
    });
    let (mut kept, mut newest, mut faults) = (0, 0, Vec::new());
    for round in 0..22 {
        let ledger = under_load(&mut server, &bin, round, |server, answered| {
            let enough = CLIENTS + round * 3;
            eventually("some answers", || {
                (answered.load(Ordering::Relaxed) >= enough).then_some(())
            });
            // At another moment of a commit each time.
            std::thread::park_timeout(Duration::from_millis((round * 7 % 50) as u64));
            server.kill();
        });
        assert_eq!(ledger.unanswered.len(), CLIENTS);
        assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
        server.start_again();
        let held = held(&server, &bin, newest);
        faults.extend(ledger.faults(&held));
        assert!(
            held.keys()
                .copied()
                .eq(newest + 1..=newest + held.len() as u64),
            "gaps in {held:?}"
        );
        assert_sound(&disk.data());
        newest += held.len() as u64;
        kept += ledger.kept.len();
    }
    assert!(
        faults.is_empty(),
        "{} of {kept}:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert!(kept >= 22 * CLIENTS, "only {kept} were acknowledged");
    assert_eq!(server.show(&bin)["captures"], newest);
}

#[test]
fn nothing_acknowledged_is_lost_at_full_speed_either() {
    let mut server = Server::start();
    let bin = roomy(&server);
    let ledger = under_load(&mut server, &bin, 0, |server, answered| {
        eventually("many answers", || {
            (answered.load(Ordering::Relaxed) >= 2000).then_some(())
        });
        server.kill();
    });
    server.start_again();
    let faults = ledger.faults(&held(&server, &bin, 0));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The bodies that the database holds, whatever the server would say.
fn on_disk(disk: &Disk) -> std::collections::BTreeMap<u64, String> {
    let database = database(&disk.data());
    let mut sql = database
        .prepare("SELECT id & 0xfffffffff, CAST(body AS TEXT) FROM captures")
        .unwrap();
    let rows = sql.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Lets some calls from the Nth on fail, for many N, and compares answers with the disk after a restart. Says how many senders
/// were refused.
fn failures_at_every_call(error: rustix::io::Errno, count: u32) -> usize {
    let disk = Disk::new();
    let mut server = disk.serve(&[]);
    let bin = roomy(&server);
    let (mut ledger, mut refused) = (Ledger::default(), 0);
    for first in 1..=24 {
        disk.plan(Plan {
            first,
            count,
            error: error.raw_os_error(),
            ..Plan::GOOD
        });
        let mut connection = server.connect();
        for i in 0..4 {
            let status = ledger
                .send(&mut connection, &bin, format!("{first}-{i}"))
                .expect("an answer");
            assert!(matches!(status, 200 | 503 | 507), "{status} at {first}");
            refused += usize::from(status != 200);
        }
        assert_eq!(server.get("/healthz").status, 200, "after {first}");
        disk.plan(Plan::GOOD);
        // It recovers by itself.
        let mut tries = 0;
        eventually("a capture to be taken again", || {
            tries += 1;
            let body = format!("{first}-again-{tries}");
            (ledger.send(&mut connection, &bin, body)? == 200).then_some(())
        });
        server.kill();
        server.start_again();
        let faults = ledger.faults(&on_disk(&disk));
        assert!(faults.is_empty(), "after {first}: {}", faults.join("\n"));
        assert_sound(&disk.data());
    }
    refused
}

#[test]
fn answers_agree_with_a_disk_that_is_full_for_a_moment() {
    assert!(failures_at_every_call(rustix::io::Errno::NOSPC, 4) > 0);
}

#[test]
fn answers_agree_with_a_disk_that_fails_for_a_moment() {
    assert!(failures_at_every_call(rustix::io::Errno::IO, 3) > 0);
}

#[test]
fn a_single_failure_is_made_good_and_nobody_hears_of_it() {
    for error in [rustix::io::Errno::NOSPC, rustix::io::Errno::IO] {
        assert_eq!(failures_at_every_call(error, 1), 0);
    }
}

#[test]
fn a_disk_that_goes_on_failing_is_reported_and_survived() {
    let disk = Disk::new();
    let server = disk.serve(&[]);
    let bin = roomy(&server);
    let mut ledger = Ledger::default();
    let mut connection = server.connect();
    assert_eq!(
        ledger.send(&mut connection, &bin, "good".to_owned()),
        Some(200)
    );
    disk.plan(Plan::failing(rustix::io::Errno::IO));
    for i in 0..10 {
        let status = ledger.send(&mut connection, &bin, format!("bad-{i}"));
        assert_eq!(status, Some(503), "{i}");
    }
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.captures(&bin).len(), 1);
    disk.plan(Plan::GOOD);
    assert_eq!(
        ledger.send(&mut connection, &bin, "better".to_owned()),
        Some(200)
    );
    assert_eq!(server.get("/readyz").status, 200);
    let faults = ledger.faults(&held(&server, &bin, 0));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Those that were refused are counted.
    eventually("ten refusals", || {
        (server.show(&bin)["refused"] == 10).then_some(())
    });
}

#[test]
fn no_answer_leaves_before_the_disk_has_synced() {
    // Writes alone survive a killed server, not a power cut: what is only written must not be acknowledged.
    let disk = Disk::new();
    let server = disk.serve(&[]);
    let bin = roomy(&server);
    let mut ledger = Ledger::default();
    let mut connection = server.connect();
    disk.plan(Plan {
        kinds: "s",
        ..Plan::failing(rustix::io::Errno::IO)
    });
    for i in 0..5 {
        let status = ledger.send(&mut connection, &bin, format!("unsynced-{i}"));
        assert_eq!(status, Some(503), "{i}");
    }
    disk.plan(Plan::GOOD);
    let status = ledger.send(&mut connection, &bin, "synced".to_owned());
    assert_eq!(status, Some(200));
    let faults = ledger.faults(&held(&server, &bin, 0));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
