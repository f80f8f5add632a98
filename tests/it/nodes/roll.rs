//! Nodes of two versions over one database: the new ones bring its tables to what they know while the old ones go on.

#![cfg(debug_assertions)] // Only what is built for development can be told of a further step.

use tempfile::TempDir;

use super::faults::{assert_agrees, more, under_load};
use super::{Nodes, roomy};
use crate::support::Ends;
use crate::support::postgres;
use crate::support::proxy::Proxy;

/// What a newer hookwell may do to the tables that older ones use: add to them.
const STEP: &str = "ALTER TABLE captures ADD COLUMN colour TEXT;
     ALTER TABLE bins ADD COLUMN owner BIGINT NOT NULL DEFAULT 0;
     CREATE TABLE labels (serial BIGINT NOT NULL, n BIGINT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (serial, n, label));
     CREATE INDEX captures_by_colour ON captures (serial, colour, n) WHERE colour IS NOT NULL;";

#[test]
fn nodes_are_rolled_to_a_new_version_with_a_migration_without_a_refusal() {
    let cluster = postgres::shared();
    let url = cluster.database();
    let database = url.rsplit('/').next().unwrap();
    let version = || -> u32 {
        let version = cluster.sql(database, "SELECT version FROM hookwell_schema");
        version.parse().unwrap()
    };
    let folder = TempDir::new().unwrap();
    let step = folder.path().join("step.sql");
    std::fs::write(&step, STEP).unwrap();
    let step = step.to_str().unwrap();
    let mut nodes = Nodes::over(&url, 3);
    let bin = roomy(&nodes.servers[0]);
    let old = version();
    let proxy = Proxy::before(nodes.servers.iter().map(|server| server.address));
    let ledger = under_load(proxy.address, &bin, |answered| {
        more(answered, 100);
        for server in &mut nodes.servers {
            assert!(server.stop().success());
            more(answered, 50);
            server.start_again_with("HOOKWELL_NEXT_STEP", step);
            assert_eq!(version(), old + 1);
            // Those that are still old go on beside it.
            more(answered, 100);
        }
    });
    assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    assert_agrees(&ledger, &nodes.servers[0], &bin);
}

#[test]
fn an_old_node_goes_on_beside_a_new_one_and_does_not_start_again() {
    let cluster = postgres::shared();
    let url = cluster.database();
    let folder = TempDir::new().unwrap();
    let step = folder.path().join("step.sql");
    std::fs::write(&step, STEP).unwrap();
    let mut nodes = Nodes::over(&url, 2);
    let bin = roomy(&nodes.servers[0]);
    assert_eq!(nodes.servers[0].post(&bin, "", b"before"), 1);
    assert!(nodes.servers[1].stop().success());
    nodes.servers[1].start_again_with("HOOKWELL_NEXT_STEP", step.to_str().unwrap());
    let [old, new] = &nodes.servers[..] else {
        unreachable!()
    };
    for n in 2..=9 {
        let node = if n % 2 == 0 { old } else { new };
        assert_eq!(node.post(&bin, "", b"{}"), n);
    }
    for node in [old, new] {
        assert_eq!(node.get("/readyz").status, 200);
        assert_eq!(node.captures(&bin).len(), 9);
        assert_eq!(node.bin().id.len(), bin.id.len());
    }
    // One that starts does not know what it would work with.
    let mut command = crate::support::Server::command(folder.path());
    let output = command.env("HOOKWELL_STORE", &url).to_end();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let database = url.rsplit('/').next().unwrap();
    let found: u32 = cluster
        .sql(database, "SELECT version FROM hookwell_schema")
        .parse()
        .unwrap();
    let want = format!(
        "it has schema version {found}, this hookwell knows versions up to {}",
        found - 1
    );
    assert!(said.contains(&want), "{said}");
}
