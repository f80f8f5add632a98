//! The command line, as a person meets it.

mod archive;
mod breaks;
pub(crate) mod home;
mod kills;
mod listen;
mod place;
pub(crate) mod program;
mod respond;
mod tls;
mod wait;

use std::process::{Command, Output};

use hookwell::model::Reason;
use tempfile::TempDir;

use crate::support::{Ends, Server};

fn hookwell(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hookwell"))
        .args(words)
        .to_end()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_groups_the_flags_and_names_their_variables() {
    let output = hookwell(&["serve", "--help"]);
    assert!(output.status.success());
    let help = text(&output.stdout);
    for heading in ["Addresses:", "Data:", "Limits (0 is unlimited):", "Logs:"] {
        assert!(
            help.lines().any(|line| line == heading),
            "{heading} in\n{help}"
        );
    }
    let named = Reason::ALL.iter().flat_map(|reason| reason.flags());
    for flag in named.copied().chain([
        "--listen",
        "--public-url",
        "--capture-domain",
        "--allow-host",
        "--trusted-proxy",
        "--data",
        "--max-body",
        "--body-memory",
        "--head-timeout",
        "--body-idle-timeout",
        "--keep-alive-timeout",
        "--drain-timeout",
        "--log",
        "--log-format",
    ]) {
        let variable = format!("HOOKWELL_{}=", flag[2..].to_uppercase().replace('-', "_"));
        assert!(help.contains(&format!("{flag} <")), "{flag} in\n{help}");
        assert!(help.contains(&variable), "{variable} in\n{help}");
    }
    // The marks of documentation are none of a person at a terminal.
    let waiting = text(&hookwell(&["wait", "--help"]).stdout);
    assert!(waiting.contains("or http://127.0.0.1:8080]"), "{waiting}");
    assert!(waiting.contains("the XML of JUnit"), "{waiting}");
    // What cannot be done yet is not offered.
    let commands = text(&hookwell(&["--help"]).stdout);
    assert!(commands.contains("serve") && commands.contains("healthcheck"));
    let version = text(&hookwell(&["--version"]).stdout);
    assert_eq!(version, format!("hookwell {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_value_is_named_with_what_is_expected() {
    for (flag, value, expected) in [
        ("--listen", "nowhere", "invalid socket address"),
        ("--max-body", "ten", "write a size as 4096, 64k, 10M or 1G"),
        ("--max-body", "99999999999G", "more than there can be"),
        (
            "--head-timeout",
            "soon",
            "write a time as 500ms, 30s, 2m or 1h",
        ),
        ("--public-url", "hooks.example.com", "http:// or https://"),
        (
            "--public-url",
            "https://x/path",
            "scheme, host and port only",
        ),
        (
            "--trusted-proxy",
            "10.0.0.0/40",
            "an address or a network such as 10.0.0.0/8",
        ),
        (
            "--capture-domain",
            "https://x",
            "a host name, without scheme or port",
        ),
        ("--log-format", "xml", "[possible values: text, json]"),
        ("--log", "hookwell=loud", "expected one of"),
        ("--no-such-flag", "1", "unexpected argument"),
    ] {
        let data = TempDir::new().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_hookwell"))
            .args(["serve", flag, value, "--data"])
            .arg(data.path())
            .to_end();
        let message = text(&output.stderr);
        assert!(!output.status.success(), "{flag} {value}");
        assert!(message.contains(expected), "{flag} {value}: {message}");
        assert_eq!(text(&output.stdout), "", "{flag} {value}");
        assert!(!data.path().join("hookwell.db").exists(), "{flag} {value}");
    }
}

#[test]
fn a_variable_stands_for_its_flag_and_the_flag_wins() {
    let data = TempDir::new().unwrap();
    let server = Server::over(data.path(), &[], &[("HOOKWELL_MAX_BODY", "10")]);
    let bin = server.bin();
    let post = |server: &Server| {
        let target = format!("/{}", bin.id);
        server.request("POST", &target, &[], &[b'x'; 50]).status
    };
    assert_eq!(post(&server), 413);
    drop(server);
    let variables = [("HOOKWELL_MAX_BODY", "10")];
    let server = Server::over(data.path(), &["--max-body", "100"], &variables);
    assert_eq!(post(&server), 200);
    drop(server);
    let mut command = Server::command(data.path());
    let output = command.env("HOOKWELL_MAX_BODY", "x").to_end();
    let message = text(&output.stderr);
    assert!(
        !output.status.success() && message.contains("--max-body"),
        "{message}"
    );
}

#[test]
fn healthcheck_answers_by_its_exit_code() {
    let mut server = Server::start();
    let check = |address: &str| hookwell(&["healthcheck", "--listen", address]);
    let address = server.address.to_string();
    assert_eq!(check(&address).status.code(), Some(0));
    // An address that means all of them is asked on this machine.
    let any = format!("0.0.0.0:{}", server.address.port());
    assert_eq!(check(&any).status.code(), Some(0));
    server.stop();
    let output = check(&address);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("hookwell: "), "{output:?}");
}
