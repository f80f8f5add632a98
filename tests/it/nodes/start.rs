//! What is said, and what is not, when a node starts over a database.

use tempfile::TempDir;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Ends, Server};

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
            .to_end();
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
        .to_end();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("HOOKWELL_STORE") && !help.contains(PASSWORD));
}
