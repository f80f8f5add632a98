//! Many servers over one PostgreSQL, through the real door.

use serde_json::json;
use tempfile::TempDir;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Connection, Events, Server, eventually};

/// A node over that database; its data folder stays empty.
fn node(folder: &TempDir, url: &str) -> Server {
    Server::over(folder.path(), &[], &[("HOOKWELL_STORE", url)])
}

#[test]
fn what_one_node_takes_is_seen_live_on_another() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let folder = TempDir::new().unwrap();
    let (a, mut b) = (node(&folder, &url), node(&folder, &url));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let bin = a.bin();
    let authorization = format!("Authorization: Bearer {}", bin.key);
    let target = format!("/api/v1/bins/{}/events?after=0", bin.id);
    let mut events = Events::open(&b, &target, &[&authorization]);
    for n in 1..=3 {
        assert_eq!(a.post(&bin, "/from-a", b"{}"), 2 * n - 1);
        assert_eq!(b.post(&bin, "/from-b", b"{}"), 2 * n);
    }
    let seen: Vec<_> = (0..6).map(|_| events.next().unwrap().id.unwrap()).collect();
    assert_eq!(seen, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(a.body(&bin, 6), b"{}");
    // A setting of one node holds on the other.
    let path = format!("/bins/{}", bin.id);
    let (status, _) = b.api(
        "PATCH",
        &path,
        Some(&bin.key),
        Some(&json!({"name": "of both"})),
    );
    assert_eq!(status, 200);
    eventually("the other node knows the name", || {
        (a.show(&bin)["name"] == "of both").then_some(())
    });
    // A node that goes away takes nothing with it.
    b.kill();
    assert_eq!(a.captures(&bin).len(), 6);
    assert_eq!(a.post(&bin, "/alone", b"{}"), 7);
    assert!(!a.log().contains(PASSWORD) && !b.log().contains(PASSWORD));
}

#[test]
fn a_database_that_goes_away_is_told_to_senders_and_comes_back() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let folder = TempDir::new().unwrap();
    let server = node(&folder, &url);
    let bin = server.bin();
    assert_eq!(server.post(&bin, "", b"before"), 1);
    cluster.stop();
    let post = format!(
        "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}",
        bin.id
    );
    let mut connection = Connection::open(server.address);
    connection.send(&post).unwrap();
    let refused = connection.receive().unwrap();
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.header("x-hookwell-request"), None);
    assert_eq!(server.get("/readyz").status, 503);
    cluster.start_again();
    eventually("it is ready again", || {
        (server.get("/readyz").status == 200).then_some(())
    });
    eventually("captures are taken again", || {
        connection.send(&post).ok()?;
        (connection.receive()?.status == 200).then_some(())
    });
    let list = server.captures(&bin);
    assert_eq!(list[0]["n"], 1);
    assert!(!server.log().contains(PASSWORD));
}

#[test]
fn a_password_on_the_command_line_does_not_stay_there() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let server = Server::with(&["--store", &url]);
    let line = std::fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
    let line = String::from_utf8(line).unwrap();
    assert!(line.contains("serve") && !line.contains(PASSWORD), "{line}");
    let bin = server.bin();
    assert_eq!(server.post(&bin, "", b"{}"), 1);
}

#[test]
fn a_start_that_fails_says_why_without_the_password() {
    let folder = TempDir::new().unwrap();
    for url in [
        format!("postgres://hookwell:{PASSWORD}@127.0.0.1:1/hooks"),
        format!("postgres//hookwell:{PASSWORD}@127.0.0.1/hooks"),
    ] {
        let output = Server::command(folder.path())
            .env("HOOKWELL_STORE", &url)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("cannot use the database"), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
    let help = Server::command(folder.path())
        .env(
            "HOOKWELL_STORE",
            format!("postgres://hookwell:{PASSWORD}@h/d"),
        )
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("HOOKWELL_STORE") && !help.contains(PASSWORD));
}
