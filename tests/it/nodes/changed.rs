//! Tables that were changed by hand: it is said at the start and while a node runs, and nothing is acknowledged that is not kept.

use tempfile::TempDir;

use super::{Nodes, roomy};
use crate::support::ledger::{Ledger, held};
use crate::support::postgres::{self, PASSWORD};
use crate::support::{Connection, Ends, Server, eventually};

/// The database's name, out of its address.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

#[test]
fn a_start_over_tables_that_were_changed_says_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    for (sql, said) in [
        (
            "ALTER TABLE captures DROP COLUMN body",
            "the column captures.body is missing",
        ),
        (
            "ALTER TABLE bins ALTER COLUMN last_n TYPE text",
            "the column bins.last_n is text, not int8",
        ),
        ("DROP TABLE attempts", "the table attempts is missing"),
        ("DROP TABLE heartbeat", "the table heartbeat is missing"),
    ] {
        let cluster = postgres::shared();
        let url = cluster.database();
        assert!(Server::with(&["--store", &url]).stop().success());
        // Bins have a default that no text can have.
        cluster.sql(
            name(&url),
            "ALTER TABLE bins ALTER COLUMN last_n DROP DEFAULT",
        );
        cluster.sql(name(&url), sql);
        let mut command = Server::command(folder.path());
        let output = command.env("HOOKWELL_STORE", &url).to_end();
        assert_eq!(output.status.code(), Some(1), "{sql}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("cannot use the database"), "{message}");
        assert!(message.contains(said), "{sql}: {message}");
        assert!(!message.contains(PASSWORD), "{message}");
    }
}

#[test]
fn a_table_that_is_changed_meanwhile_is_told_and_missed_by_no_acknowledged_capture() {
    let cluster = postgres::shared();
    let url = cluster.database();
    let nodes = Nodes::over(&url, 2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let mut ledger = Ledger::default();
    let mut count = 0;
    let mut send = |node: &Server, ledger: &mut Ledger| {
        count += 1;
        let body = format!("body {count}");
        let status = ledger.send(&mut Connection::open(node.address), &bin, body);
        status.expect("an answer")
    };
    for (change, back, said) in [
        (
            "ALTER TABLE captures RENAME COLUMN body TO gone",
            "ALTER TABLE captures RENAME COLUMN gone TO body",
            "the column captures.body is missing",
        ),
        (
            "ALTER TABLE captures ALTER COLUMN https TYPE integer USING https::integer",
            "ALTER TABLE captures ALTER COLUMN https TYPE boolean USING https::boolean",
            "the column captures.https is int4, not bool",
        ),
        (
            "ALTER TABLE captures RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO captures",
            "the table captures is missing",
        ),
        (
            "ALTER TABLE bins RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO bins",
            "the table bins is missing",
        ),
        (
            "ALTER TABLE shares RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO shares",
            "the table shares is missing",
        ),
    ] {
        for node in [a, b] {
            assert_eq!(send(node, &mut ledger), 200);
        }
        cluster.sql(name(&url), change);
        for node in [a, b] {
            let ready = node.get("/readyz");
            assert_eq!(ready.status, 503, "{change}");
            assert!(ready.text().contains(said), "{change}: {}", ready.text());
            let status = send(node, &mut ledger);
            // What has no need of that table goes on.
            assert!(
                status == 503 || said.contains("shares"),
                "{change}: {status}"
            );
            assert_eq!(node.get("/healthz").status, 200);
        }
        cluster.sql(name(&url), back);
        for node in [a, b] {
            eventually("the node to be ready again", || {
                (node.get("/readyz").status == 200).then_some(())
            });
            assert_eq!(send(node, &mut ledger), 200, "{back}");
        }
        let faults = ledger.faults(&held(b, &bin, 0));
        assert!(faults.is_empty(), "{change}: {}", faults.join("\n"));
    }
    assert!(
        a.log()
            .contains("the tables of the database are not as this hookwell needs them")
    );
}
