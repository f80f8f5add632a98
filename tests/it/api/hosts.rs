//! Under which names pages and API answer.

use super::call::{Ask, Expect};
use super::routes;
use crate::support::Server;

#[test]
fn acc_02_a_foreign_host_is_answered_nothing() {
    let server = Server::with(&["--allow-host", "inspect.lan"]);
    let bin = server.bin();
    let mut all = routes::of_the_api(&server);
    all.extend(routes::of_the_pages());
    for route in all {
        for host in [
            "evil.example:8080",
            "evil.localhost",
            "127.0.0.1.evil.example",
        ] {
            let answer = server.ask(&route.method, &route.path(&bin), &[("host", host)], b"");
            assert_eq!(answer.status, 421, "{route:?} {host}");
            assert!(
                answer.text().contains("--allow-host"),
                "{route:?}: {}",
                answer.text()
            );
        }
    }
    let raw = b"GET / HTTP/1.1\r\nHost: evil.example:8080\r\nConnection: close\r\n\r\n";
    server.send(raw).is(421);
    for host in ["localhost", "127.0.0.1:1", "[::1]", "Inspect.LAN:8080"] {
        server
            .ask("GET", "/api/v1/openapi.json", &[("host", host)], b"")
            .is(200);
    }
    for hosts in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        let raw = format!("GET /api/v1/openapi.json HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        server.send(raw.as_bytes()).is(400);
    }
}

#[test]
fn a_trusted_proxy_speaks_for_the_visitor_and_nobody_else_does() {
    let trusting = Server::with(&[
        "--allow-host",
        "hooks.lan",
        "--trusted-proxy",
        "127.0.0.0/8",
    ]);
    let wary = Server::with(&["--allow-host", "hooks.lan"]);
    let fields = [
        ("host", "internal:8080"),
        ("x-forwarded-host", "evil.example, hooks.lan"),
        ("x-forwarded-proto", "https"),
        ("origin", "https://hooks.lan"),
    ];
    let bin = trusting
        .ask("POST", "/api/v1/bins", &fields, b"")
        .is(201)
        .json();
    let id = bin["id"].as_str().unwrap();
    assert_eq!(bin["capture_url"], format!("https://hooks.lan/{id}"));
    wary.ask("POST", "/api/v1/bins", &fields, b"")
        .problem(421, None);
    let foreign = [("x-forwarded-host", "evil.example")];
    trusting
        .ask("POST", "/api/v1/bins", &foreign, b"")
        .problem(421, None);
}
