//! A full disk at the database: nothing that was acknowledged is lost, nodes live on, and all is well again when there is room.

use std::time::Duration;

use super::faults::assert_agrees;
use super::{Nodes, roomy};
use crate::disk::SmallDisk;
use crate::support::ledger::{Ledger, held};
use crate::support::postgres::Cluster;
use crate::support::{Bin, Connection, Server, eventually};

/// Sends to the nodes in turn until that many were refused in one of these ways. A database that is slow for other reasons is no refusal
/// of that kind; what it was sent may be there.
fn fill(nodes: &Nodes, bin: &Bin, ledger: &mut Ledger, ways: &[u16], refused: usize) {
    let mut count = 0;
    for i in 0.. {
        assert!(i < 20_000, "it is never full");
        let node = &nodes.servers[i % nodes.servers.len()];
        let body = format!("{:x<16000}", format!("{i}-"));
        let status = ledger.send(&mut Connection::open(node.address), bin, body);
        match status.expect("an answer") {
            200 => {}
            status if ways.contains(&status) => count += 1,
            503 => ledger.unanswered.extend(ledger.refused.pop()),
            status => panic!("{status}"),
        }
        if count == refused {
            break;
        }
    }
}

fn assert_reads_work(node: &Server, bin: &Bin) {
    assert_eq!(node.get(&format!("/b/{}", bin.key)).status, 200);
    assert_eq!(node.get("/healthz").status, 200);
    assert_eq!(node.get("/").status, 200);
}

/// Waits until a node is ready and takes captures, and sees that it goes on.
fn assert_recovers(node: &Server, bin: &Bin, ledger: &mut Ledger, name: &str) {
    eventually("the node to be ready", || {
        (node.get("/readyz").status == 200).then_some(())
    });
    let mut tries = 0;
    let mut send = |ledger: &mut Ledger| {
        tries += 1;
        let body = format!("{:x<16000}", format!("{name}-{tries}-"));
        let status = ledger.send(&mut Connection::open(node.address), bin, body);
        status.expect("an answer")
    };
    eventually("captures to be taken again", || {
        (send(ledger) == 200).then_some(())
    });
    for _ in 0..20 {
        assert_eq!(send(ledger), 200);
    }
}

#[test]
fn a_full_disk_under_the_tables_refuses_captures_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("24m") else {
        eprintln!(
            "no small disk can be mounted here: a full disk at the database is tested by what it would say"
        );
        return;
    };
    let cluster = Cluster::start();
    let nodes = Nodes::over(&cluster.database_in(&disk.path().join("space")), 2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let mut ledger = Ledger::default();
    fill(&nodes, &bin, &mut ledger, &[507], 20);
    assert!(ledger.kept.len() > 100);
    for node in [a, b] {
        eventually("the node to say that the disk is full", || {
            let ready = node.get("/readyz");
            assert_eq!(ready.status, 503, "{}", ready.text());
            (ready.text() == "the disk is full\n").then_some(())
        });
        assert_reads_work(node, &bin);
        let faults = ledger.faults(&held(node, &bin, 0));
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
    disk.grow("96m");
    for (node, name) in [(a, "a"), (b, "b")] {
        assert_recovers(node, &bin, &mut ledger, name);
    }
    assert_agrees(&ledger, b, &bin);
}

#[test]
fn a_full_disk_under_the_log_loses_nothing() {
    let Some(disk) = SmallDisk::mount("12m") else {
        return; // The test above says so.
    };
    let log = disk.path().join("log");
    // Pieces of 1 MiB, and no checkpoint that would free any before the disk is full.
    let flags = ["--waldir", log.to_str().unwrap(), "--wal-segsize=1"];
    let cluster = Cluster::made(&flags, |_| "max_wal_size = 1GB\n".to_owned());
    let nodes = Nodes::over(&cluster.database(), 2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let mut ledger = Ledger::default();
    // PostgreSQL itself ends then, and may come back by itself.
    fill(&nodes, &bin, &mut ledger, &[503, 507], 10);
    for node in [a, b] {
        assert_eq!(node.get("/healthz").status, 200);
    }
    disk.grow("64m");
    std::thread::park_timeout(Duration::from_millis(500));
    eventually("the database to run", || {
        (cluster.is_running() || cluster.try_start_again()).then_some(())
    });
    for (node, name) in [(a, "a"), (b, "b")] {
        assert_recovers(node, &bin, &mut ledger, name);
        assert_reads_work(node, &bin);
    }
    // The answer to a commit may have been lost with its connection.
    let refused = std::mem::take(&mut ledger.refused);
    ledger.unanswered.extend(refused);
    assert_agrees(&ledger, b, &bin);
}
