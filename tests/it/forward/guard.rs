//! A server with its defaults calls nobody who is not public, however the address is spelled.

use std::net::TcpListener;

use serde_json::json;

use super::{ALLOW, attempt, attempts, replay};
use crate::support::{Server, Target};

/// Spellings of addresses that lead inside, and what is no address at all; `9` stands for the port of a listener.
const SPELLINGS: &str = include_str!("../../cases/outbound.txt");

#[test]
fn no_spelling_of_a_private_address_is_called() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tried = 0;
    for line in SPELLINGS.lines().filter(|line| !line.is_empty()) {
        let url = line.replace(":9/", &format!(":{port}/"));
        let (status, problem) = replay(&server, &bin, 1, &json!({ "url": url }));
        assert_eq!(status, 422, "{url}: {problem}");
        assert_eq!(problem["field"], "url", "{url}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.len() > 20, "{url}: {detail}");
        tried += 1;
    }
    assert!(tried >= 80, "{tried}");
    assert!(listener.accept().is_err(), "somebody connected");
    assert_eq!(attempts(&server, &bin, 1).len(), 0);
}

#[test]
fn only_what_is_allowed_is_called() {
    let server = Server::with(&["--allow-outbound", "127.0.0.1"]);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let target = Target::start();
    assert_eq!(
        attempt(&server, &bin, 1, &target.url("/"))["answer"]["status"],
        200
    );
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", target.address.port());
    assert_eq!(attempt(&server, &bin, 1, &mapped)["answer"]["status"], 200);
    for host in ["127.0.0.2", "10.0.0.1", "[::1]", "169.254.169.254"] {
        let url = format!("http://{host}:{}/", target.address.port());
        assert_eq!(
            replay(&server, &bin, 1, &json!({ "url": url })).0,
            422,
            "{host}"
        );
    }
}

#[test]
fn a_redirect_is_the_answer_and_leads_nowhere() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    for (status, to) in [
        (301, "/elsewhere"),
        (302, "http://169.254.169.254/"),
        (307, "http://[::ffff:127.0.0.1]:9/"),
    ] {
        let target = Target::answering(move |_, _| {
            format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        });
        let attempt = attempt(&server, &bin, 1, &target.url("/"));
        assert_eq!(attempt["answer"]["status"], status);
        let location = json!({ "name": "location", "value": to });
        assert_eq!(attempt["answer"]["headers"][0], location);
        assert_eq!(target.heard().len(), 1);
    }
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let proxy = Target::start();
    let folder = tempfile::TempDir::new().unwrap();
    let url = proxy.url("/");
    let names = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    let variables: Vec<_> = names.iter().map(|name| (*name, url.as_str())).collect();
    let server = Server::over(folder.path(), &ALLOW, &variables);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let target = Target::start();
    attempt(&server, &bin, 1, &target.url("/"));
    assert_eq!((target.heard().len(), proxy.heard().len()), (1, 0));
}
