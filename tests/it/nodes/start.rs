//! What is said, and what is not, when a node starts over a database.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Ends, Server};

/// A certificate for `localhost` that signs itself, and its key.
const CERTIFICATE: &[u8] = include_bytes!("../../../src/outbound/tests/cert.der");
const KEY: &[u8] = include_bytes!("../../../src/outbound/tests/key.der");

/// A certificate that has nothing to do with it.
const OTHER: &[u8] = include_bytes!("../../../src/forward/visit/sns.pem");

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

fn write_pem(path: &Path, label: &str, der: &[u8]) {
    let base64 = hookwell::model::base64::encode(der);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    let text = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    );
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_way_to_the_database_is_encrypted_and_its_name_asked_for() {
    let cluster = Cluster::made(&[], |cluster| {
        let (certificate, key) = (
            cluster.data().join("server.crt"),
            cluster.data().join("server.key"),
        );
        write_pem(&certificate, "CERTIFICATE", CERTIFICATE);
        write_pem(&key, "PRIVATE KEY", KEY);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        cluster.give(&certificate);
        cluster.give(&key);
        // Who comes unencrypted is told that there is no such way.
        let hba = "local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(cluster.data().join("pg_hba.conf"), hba).unwrap();
        "ssl = on\n".to_owned()
    });
    let by_number = cluster.database();
    let url = by_number.replace("@127.0.0.1", "@localhost");
    let folder = TempDir::new().unwrap();
    let (own, other) = (
        folder.path().join("own.pem"),
        folder.path().join("other.pem"),
    );
    write_pem(&own, "CERTIFICATE", CERTIFICATE);
    std::fs::write(&other, OTHER).unwrap();
    let (own, other) = (own.display(), other.display());
    for mode in [
        "sslmode=require".to_owned(),
        format!("sslmode=verify-full&sslrootcert={own}"),
    ] {
        let server = Server::with(&["--store", &format!("{url}?{mode}")]);
        let bin = server.bin();
        assert_eq!(server.post(&bin, "", b"{}"), 1);
        let encrypted = cluster.sql(
            "postgres",
            "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = 'test_0'",
        );
        assert_eq!(encrypted, "t", "{mode}");
    }
    for (url, mode, reason) in [
        (
            &url,
            format!("sslmode=verify-full&sslrootcert={other}"),
            "UnknownIssuer",
        ),
        (&url, "sslmode=verify-full".to_owned(), "UnknownIssuer"),
        (
            &by_number,
            format!("sslmode=verify-full&sslrootcert={own}"),
            "not valid for",
        ),
        (
            &url,
            "sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned(),
            "/nowhere.pem cannot be read",
        ),
        (&url, "sslmode=disable".to_owned(), "no encryption"),
        (&url, "sslmode=on".to_owned(), "sslmode is none of"),
    ] {
        let mut command = Server::command(folder.path());
        let output = command
            .env("HOOKWELL_STORE", format!("{url}?{mode}"))
            .to_end();
        assert_eq!(output.status.code(), Some(1), "{mode}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("cannot use the database") && said.contains(reason),
            "{mode}: {said}"
        );
        assert!(!said.contains(PASSWORD), "{said}");
    }
}
