//! What a capture keeps of a request.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Bin, Ends, Server, eventually};

pub(crate) fn only(server: &Server, bin: &Bin) -> Value {
    assert_eq!(server.captures(bin).len(), 1);
    server.capture(bin, 1)
}

/// The fields of a capture but those that the test's own connection adds.
fn fields(capture: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    capture["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (text(&field["name"]), text(&field["value"])))
        .collect()
}

#[test]
fn takes_any_method_path_and_query_as_they_were_sent() {
    let server = Server::start();
    let bin = server.bin();
    let targets = [
        ("GET", ""),
        ("POST", "/orders/1?x=1&x=2;y&&=%zz"),
        ("DELETE", "/a%2Fb/../c//d/"),
        ("PROPFIND", "?"),
        ("purge!#", "/?q=a+b%20c"),
        ("M-SEARCH", "/%ff%fe"),
        ("GET", "/part?of=a#page?x"),
        ("GET", "#"),
    ];
    for (method, rest) in targets {
        let response = server.request(method, &format!("/{}{rest}", bin.id), &[], b"");
        assert_eq!(response.status, 200, "{method} {rest}");
        assert_eq!(response.body, b"");
    }
    let captures = server.captures(&bin);
    for (n, ((method, rest), capture)) in (1_u64..).zip(targets.iter().zip(&captures)) {
        let named = rest.split('#').next().unwrap();
        let (path, query) = match named.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (named, None),
        };
        assert_eq!(capture["n"], n);
        assert_eq!(capture["headers_as_sent"], true, "{rest}");
        assert_eq!(capture["method"], *method);
        assert_eq!(capture["target"], format!("/{}{rest}", bin.id));
        let path = if path.is_empty() { "/" } else { path };
        assert_eq!(capture["path"], path, "{rest}");
        assert_eq!(capture["query"], json!(query), "{rest}");
        assert_eq!(capture["http_version"], "HTTP/1.1");
    }
    assert_eq!(captures.len(), targets.len());
}

#[test]
fn keeps_fields_in_the_order_and_case_they_came_with_their_bytes() {
    let server = Server::start();
    let bin = server.bin();
    let head = format!("POST /{} HTTP/1.1\r\nhOsT: shop.example\r\n", bin.id);
    let rest = b"X-B: 1\r\nX-A:2\r\nx-b: 3\r\nX-Odd: caf\xe9\r\nX-Empty:\r\nX-Space: \t a  b \t\r\nX-Utf: \xc3\xa9\r\nContent-Length: 2\r\n\r\nok";
    let response = server.send([head.as_bytes(), rest].concat());
    assert_eq!(response.status, 200);
    let capture = only(&server, &bin);
    assert_eq!(capture["headers_as_sent"], true);
    let want = [
        ("hOsT", "shop.example"),
        ("X-B", "1"),
        ("X-A", "2"),
        ("x-b", "3"),
        ("X-Odd", "caf\u{e9}"),
        ("X-Empty", ""),
        ("X-Space", "a  b"),
        ("X-Utf", "\u{e9}"),
        ("Content-Length", "2"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields(&capture), want);
    assert_eq!(capture["host"], "shop.example");
    assert_eq!(
        capture["headers"][4],
        json!({"name": "X-Odd", "value": "caf\u{e9}", "base64": "Y2Fm6Q=="})
    );
    assert_eq!(capture["headers"][7].get("base64"), None);
}

#[test]
fn keeps_a_body_of_any_bytes_and_of_megabytes() {
    let server = Server::start();
    let bin = server.bin();
    let every: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    for body in [&every[..], b"", b"\0", &every[..65_537]] {
        let n = server.post(&bin, "", body);
        assert!(server.body(&bin, n) == body, "capture {n}");
        let shown = server.capture(&bin, n);
        assert_eq!(shown["body"]["size"], body.len());
        assert_eq!(shown["body"]["state"], "complete");
        assert_eq!(shown["body"].get("sent"), None);
    }
    let (text, bytes) = (server.post(&bin, "", b"{\"a\":1}"), server.capture(&bin, 4));
    let text = server.capture(&bin, text);
    assert_eq!(text["body"]["encoding"], "utf-8");
    assert_eq!(text["body"]["content"], "{\"a\":1}");
    assert_eq!(bytes["body"]["encoding"], "base64");
}

#[test]
fn says_when_and_from_where_a_request_came_and_what_was_answered() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    let port = connection.stream().local_addr().unwrap().port();
    connection
        .send(format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", bin.id))
        .unwrap();
    connection.receive().unwrap();
    let capture = only(&server, &bin);
    assert_eq!(capture["peer"], format!("127.0.0.1:{port}"));
    assert_eq!(capture["client"], "127.0.0.1");
    assert_eq!(capture["scheme"], "http");
    assert_eq!(
        capture["reply"],
        json!({"status": 200, "rule": null, "delay_ms": 0})
    );
    assert!(capture["took_us"].as_u64().unwrap() < 60_000_000);
    assert_eq!(server.show(&bin)["last_capture_at"], capture["received_at"]);
}

#[test]
fn an_alias_is_an_address_of_the_bin() {
    let server = Server::start();
    let bin = server.bin_with(&json!({"alias": "orders-staging"}));
    let response = server.request("POST", "/orders-staging/x?y", &[], b"hi");
    assert_eq!(response.status, 200);
    let capture = only(&server, &bin);
    assert_eq!(
        (&capture["path"], &capture["query"]),
        (&json!("/x"), &json!("y"))
    );
    assert_eq!(server.get("/orders-production").status, 404);
}

#[test]
fn a_subdomain_of_the_capture_domain_is_a_bin_and_nothing_else() {
    let server = Server::with(&["--capture-domain", "hooks.test"]);
    let bin = server.bin_with(&json!({"alias": "shop"}));
    let ask = |host: &str, target: &str| {
        server
            .send(format!(
                "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ))
            .status
    };
    assert_eq!(ask(&format!("{}.hooks.test", bin.id), "/"), 200);
    assert_eq!(ask("SHOP.Hooks.Test:8080", "/api/v1/bins?x"), 200);
    assert_eq!(ask("nobody.hooks.test", "/"), 404);
    assert_eq!(ask("api.hooks.test", "/healthz"), 404);
    assert_eq!(ask("a.shop.hooks.test", "/"), 404);
    // By path it is reached as before, under any host.
    assert_eq!(ask("elsewhere.example", &format!("/{}", bin.id)), 200);
    let captures = server.captures(&bin);
    let paths: Vec<_> = captures.iter().map(|capture| &capture["path"]).collect();
    assert_eq!(paths, ["/", "/api/v1/bins", "/"]);
    assert_eq!(captures[1]["target"], "/api/v1/bins?x");
    assert_eq!(captures[1]["host"], "SHOP.Hooks.Test:8080");
}

#[test]
fn only_trusted_proxies_may_say_who_sent_a_request() {
    let matrix: [(&[&str], &[&str], &str, &str); 7] = [
        (
            &[],
            &["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"],
            "127.0.0.1",
            "http",
        ),
        (
            &["--trusted-proxy", "10.0.0.0/8"],
            &["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"],
            "127.0.0.1",
            "http",
        ),
        (
            &["--trusted-proxy", "127.0.0.1"],
            &[
                "X-Forwarded-For: 1.2.3.4, 203.0.113.9",
                "X-Forwarded-Proto: https",
            ],
            "203.0.113.9",
            "https",
        ),
        (
            &["--trusted-proxy", "127.0.0.0/8,10.0.0.0/8"],
            &[
                "X-Forwarded-For: 1.2.3.4, 203.0.113.9",
                "X-Forwarded-For: 10.1.2.3:99",
            ],
            "203.0.113.9",
            "http",
        ),
        (
            &["--trusted-proxy", "127.0.0.1"],
            &["X-Forwarded-For: [2001:db8::7]:443"],
            "2001:db8::7",
            "http",
        ),
        (
            &["--trusted-proxy", "127.0.0.1"],
            &["X-Forwarded-For: unknown"],
            "127.0.0.1",
            "http",
        ),
        (&["--trusted-proxy", "127.0.0.1"], &[], "127.0.0.1", "http"),
    ];
    for (flags, headers, client, scheme) in matrix {
        let server = Server::with(flags);
        let bin = server.bin();
        server.request("POST", &format!("/{}", bin.id), headers, b"");
        let capture = only(&server, &bin);
        assert_eq!(capture["client"], client, "{flags:?} {headers:?}");
        assert_eq!(capture["scheme"], scheme, "{flags:?} {headers:?}");
        assert!(capture["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
    }
}

#[test]
fn the_capture_address_lets_nobody_read() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/secret", b"canary-in-the-body");
    for path in [
        format!("/bins/{}", bin.id),
        format!("/bins/{}/captures", bin.id),
        format!("/bins/{}/captures/1", bin.id),
        format!("/bins/{}/captures/1/body", bin.id),
    ] {
        for key in [None, Some(bin.id.as_str())] {
            let (status, shown) = server.api("GET", &path, key, None);
            assert!(matches!(status, 401 | 403 | 404), "{path}: {status}");
            assert!(!shown.to_string().contains("canary"), "{path}");
        }
    }
    let response = server.get(&format!("/{}/secret", bin.id));
    assert_eq!((response.status, response.body.len()), (200, 0));
}

#[test]
fn numbers_have_no_gaps_under_64_senders() {
    const SENDERS: usize = 64;
    const EACH: usize = 20;
    let server = Server::with(&[]);
    let bin = server.bin_with(&json!({"keep": {"captures": 5000}}));
    let numbers: Vec<(u64, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (server, bin) = (&server, &bin);
                scope.spawn(move || {
                    let mut connection = server.connect();
                    let mut numbers = Vec::new();
                    for i in 0..EACH {
                        let body = format!("{sender}-{i}");
                        let head = format!(
                            "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
                            bin.id,
                            body.len()
                        );
                        connection.send(head).unwrap();
                        let response = connection.receive().expect("an answer");
                        let n = response.header("x-hookwell-request").expect("a number");
                        numbers.push((n.parse().unwrap(), body));
                    }
                    numbers
                })
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().unwrap();
        threads.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    let all: BTreeSet<u64> = numbers.iter().map(|(n, _)| *n).collect();
    let count = (SENDERS * EACH) as u64;
    assert!(all.iter().copied().eq(1..=count), "{all:?}");
    assert_eq!(server.show(&bin)["captures"], count);
    for (n, body) in numbers.iter().step_by(97) {
        assert_eq!(server.body(&bin, *n), body.as_bytes());
    }
}

#[test]
fn curl_is_captured_over_every_version_it_speaks() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("curl is not installed: its requests are not tested");
        return;
    }
    let server = Server::start();
    let bin = server.bin();
    let url = format!("{}/{}/curl?x=1", server.base(), bin.id);
    let versions = [
        ("--http1.0", "HTTP/1.0"),
        ("--http1.1", "HTTP/1.1"),
        ("--http2", "HTTP/1.1"),
        ("--http2-prior-knowledge", "HTTP/2"),
    ];
    for (flag, _) in versions {
        let output = Command::new("curl")
            .args([
                "-sS",
                "--max-time",
                "20",
                "-w",
                "%{http_code}",
                "-d",
                "a=1",
                flag,
                &url,
            ])
            .stdin(Stdio::null())
            .to_end();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "200",
            "{flag}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let captures = eventually("four captures", || {
        let captures = server.captures(&bin);
        (captures.len() >= versions.len()).then_some(captures)
    });
    for ((flag, version), capture) in versions.iter().zip(&captures) {
        assert_eq!(capture["http_version"], *version, "{flag}");
        assert_eq!(capture["body"]["size"], 3, "{flag}");
        assert_eq!(capture["path"], "/curl");
    }
}
