//! What protects pages and API from foreign pages, whatever the route.

use percent_encoding::NON_ALPHANUMERIC;
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::call::{Ask, Expect, bearer};
use super::routes;
use crate::support::{Bin, Server, eventually};

/// What browsers send when a page of another origin asks.
const FOREIGN: [&[(&str, &str)]; 6] = [
    &[
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ],
    &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
    ],
    &[
        ("sec-fetch-site", "same-site"),
        ("origin", "http://localhost:3000"),
    ],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", "http://127.0.0.1.evil.example")],
];

fn bin_with_a_capture(server: &Server) -> Bin {
    let bin = server.bin();
    server.deliver_any(&bin);
    bin
}

#[test]
fn no_route_changes_anything_for_another_site() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let key = bearer(&bin);
    let mut all = routes::of_the_api(&server);
    all.extend(routes::of_the_pages());
    for route in all.iter().filter(|route| !route.is_safe()) {
        for foreign in FOREIGN {
            for media_type in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/json",
            ] {
                let mut fields = vec![
                    ("content-type", media_type),
                    ("authorization", key.as_str()),
                ];
                fields.extend_from_slice(foreign);
                let answer = server.ask(&route.method, &route.path(&bin), &fields, b"{}");
                assert_eq!(
                    answer.status,
                    403,
                    "{route:?} {foreign:?}: {}",
                    answer.text()
                );
            }
        }
    }
    let shown = server.of(&bin, "GET", "").is(200).json();
    assert_eq!(
        (&shown["captures"], &shown["name"]),
        (&1.into(), &"".into())
    );
}

#[test]
fn the_api_and_its_streams_read_nothing_to_another_site() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let key = bearer(&bin);
    for route in routes::of_the_api(&server) {
        for foreign in FOREIGN {
            for method in [route.method.as_str(), "HEAD", "OPTIONS"] {
                let mut fields = vec![("authorization", key.as_str())];
                fields.extend_from_slice(foreign);
                let answer = server.ask(method, &route.path(&bin), &fields, b"");
                assert_eq!(answer.status, 403, "{route:?} {foreign:?}");
                answer.lets_no_other_origin_in();
            }
        }
    }
}

#[test]
fn nothing_changes_on_a_get() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let key = bearer(&bin);
    let state = || {
        let bin_shown = server.of(&bin, "GET", "").is(200).text();
        (
            bin_shown,
            server.of(&bin, "GET", "/captures").is(200).text(),
        )
    };
    let before = state();
    let mut all = routes::of_the_api(&server);
    all.extend(routes::of_the_pages());
    all.extend(routes::for_everyone());
    for route in all {
        if route.template.ends_with("/events") || route.template.ends_with("/stream") {
            continue;
        }
        // Also on addresses that change something when they are posted to.
        for method in ["GET", "HEAD"] {
            for query in ["", "?_method=POST", "?confirm=yes"] {
                let path = format!("{}{query}", route.path(&bin));
                server.ask(method, &path, &[("authorization", &key)], b"");
            }
        }
    }
    assert_eq!(state(), before);
}

#[test]
fn acc_01_a_page_of_another_site_cannot_open_a_stream() {
    let server = Server::start();
    let bin = server.bin();
    let fields = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    for path in [
        format!("/api/v1/bins/{}/events", bin.id),
        format!("/b/{}/stream", bin.key),
    ] {
        let answer = server.ask("GET", &path, &fields, b"").is(403);
        answer.lets_no_other_origin_in();
    }
}

#[test]
fn acc_03_a_simple_request_of_another_site_changes_nothing() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let fields = [
        ("origin", "https://evil.example"),
        ("content-type", "text/plain"),
    ];
    let path = format!("/api/v1/bins/{}", bin.id);
    for (method, below) in [
        ("POST", "/clear"),
        ("DELETE", "/captures"),
        ("DELETE", ""),
        ("PATCH", ""),
    ] {
        server
            .ask(method, &format!("{path}{below}"), &fields, b"{}")
            .is(403);
    }
    server.ask("POST", "/api/v1/bins", &fields, b"{}").is(403);
    let shown = server.of(&bin, "GET", "").is(200).json();
    assert_eq!(shown["captures"], 1);
}

#[test]
fn a_reader_may_follow_a_link_to_a_page_from_anywhere() {
    let server = Server::start();
    let bin = server.bin();
    let fields = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for path in ["/".to_owned(), format!("/b/{}", bin.key)] {
        let answer = server.ask("GET", &path, &fields, b"");
        assert_ne!(answer.status, 403, "{path}");
    }
    server
        .ask("GET", "/api/v1/openapi.json", &fields, b"")
        .is(403);
}

#[test]
fn every_answer_carries_the_safety_headers() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let mut all = routes::of_the_api(&server);
    all.extend(routes::of_the_pages());
    all.extend(routes::for_everyone());
    let mut asked: Vec<(String, String)> = all
        .iter()
        .filter(|route| {
            !route.template.ends_with("/events") && !route.template.ends_with("/stream")
        })
        .map(|route| (route.method.clone(), route.path(&bin)))
        .collect();
    // Also what no route answers, or not with that method.
    for (method, path) in [
        ("GET", "/api/nothing"),
        ("GET", "/no.such.page"),
        ("PUT", "/api/v1/bins"),
        ("DELETE", "/"),
        ("ODD", "/api/v1/bins"),
    ] {
        asked.push((method.to_owned(), path.to_owned()));
    }
    let key = bearer(&bin);
    // Deletes last, so that there is something to answer with until then.
    asked.sort_by_key(|(method, _)| method == "DELETE");
    for (method, path) in asked {
        let hosts = [server.address.to_string(), "evil.example".to_owned()];
        for host in hosts.iter().rev() {
            let fields = [("authorization", key.as_str()), ("host", host.as_str())];
            let answer = server.ask(&method, &path, &fields, b"");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("x-robots-tag", "noindex, nofollow"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.field(name), value, "{method} {path}");
            }
            let policy = answer.field("content-security-policy");
            assert!(
                policy.contains("default-src 'none'"),
                "{method} {path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{method} {path}: {policy}");
            answer.field("permissions-policy");
            assert_eq!(answer.field("x-request-id").len(), 12);
            answer.lets_no_other_origin_in();
            let cached = answer.field("cache-control");
            let fixed = path.starts_with("/static/")
                || !path.starts_with("/api") && !path.starts_with("/b/");
            assert!(
                fixed || cached == "private, no-store",
                "{method} {path}: {cached}"
            );
            assert!(answer.status < 500, "{method} {path}: {}", answer.text());
        }
    }
}

#[test]
fn no_key_and_no_address_of_a_page_reaches_the_log() {
    let server = Server::with(&["--log", "trace"]);
    let bin = bin_with_a_capture(&server);
    let key = bearer(&bin);
    let mut all = routes::of_the_api(&server);
    all.extend(routes::of_the_pages());
    for route in all {
        let streams = ["/events", "/stream"];
        if streams.iter().any(|end| route.template.ends_with(end)) {
            continue;
        }
        let fields = [
            ("authorization", key.as_str()),
            ("cookie", bin.key.as_str()),
            ("x-trouble", "canary"),
        ];
        let path = format!("{}?canary=1", route.path(&bin));
        server.ask(&route.method, &path, &fields, b"canary");
    }
    let log = eventually("a line for the last request", || {
        let log = server.log();
        log.contains("route=\"/api/v1/bins/{id}\"").then_some(log)
    });
    for secret in [&bin.key, "canary"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn what_the_api_does_not_have_is_a_problem_and_not_a_page() {
    let server = Server::start();
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/bin/x",
        "/api/v2/bins",
        "/api/v1/bins/x/y/z",
    ] {
        for method in ["GET", "POST", "DELETE", "ODD"] {
            server.ask(method, path, &[], b"").problem(404, None);
        }
    }
    for (method, path, allow) in [
        ("GET", "/api/v1/bins", "POST"),
        ("POST", "/api/v1/bins/x/captures", "DELETE,GET,HEAD"),
        ("PUT", "/api/v1/bins/x", "DELETE,GET,HEAD,PATCH"),
        ("POST", "/api/v1/openapi.json", "GET,HEAD"),
        ("ODD", "/api/v1/bins/x/captures/1/body", "GET,HEAD"),
    ] {
        let answer = server.ask(method, path, &[], b"");
        let mut have: Vec<_> = answer.field("allow").split(',').map(str::trim).collect();
        have.sort_unstable();
        assert_eq!(have.join(","), allow, "{method} {path}");
        answer.problem(405, None);
    }
}

#[test]
fn a_body_that_is_declared_too_large_is_refused_before_it_is_sent() {
    let server = Server::start();
    let bin = server.bin();
    let fields = [("expect", "100-continue"), ("content-length", "10485760")];
    for (method, path) in [
        ("POST", "/api/v1/bins"),
        ("PATCH", "/api/v1/bins/x"),
        ("POST", "/b/no-such-bin-000000000000"),
        ("POST", "/"),
        ("GET", "/nothing.here"),
    ] {
        // The answer is the first thing that comes: no 100 before it.
        server.ask(method, path, &fields, b"").is(413);
    }
    server.of(&bin, "GET", "").is(200);
}

#[test]
fn a_service_worker_script_is_refused() {
    let server = Server::start();
    let fields = [("service-worker", "script")];
    for path in ["/", "/api/v1/openapi.json", "/healthz"] {
        server.ask("GET", path, &fields, b"").is(403);
    }
}

#[test]
fn a_long_answer_is_compressed_for_who_takes_gzip() {
    let server = Server::start();
    let fields = [("accept-encoding", "gzip")];
    let answer = server
        .ask("GET", "/api/v1/openapi.json", &fields, b"")
        .is(200);
    assert_eq!(answer.field("content-encoding"), "gzip");
    let plain = server.ask("GET", "/api/v1/openapi.json", &[], b"").is(200);
    assert_eq!(plain.header("content-encoding"), None);
    assert!(answer.body.len() * 3 < plain.body.len());
}

#[test]
fn nothing_that_is_asked_makes_the_server_fail() {
    let server = Server::start();
    let bin = bin_with_a_capture(&server);
    let key = bearer(&bin);
    let mut texts = any_texts(60);
    texts.extend(
        [
            "%00",
            "%ff%fe",
            "..%2f..",
            "%",
            "1e9",
            "0x1",
            "''--",
            "[]",
            "9".repeat(400).as_str(),
        ]
        .map(str::to_owned),
    );
    for text in &texts {
        let encoded = percent_encoding::percent_encode(text.as_bytes(), NON_ALPHANUMERIC);
        let encoded = encoded.to_string();
        let plain: String = text.chars().filter(char::is_ascii_graphic).collect();
        for part in [&encoded, &plain] {
            for path in [
                format!("/api/v1/bins/{part}"),
                format!("/api/v1/bins/{}/captures/{part}", bin.id),
                format!("/api/v1/bins/{}/captures?{part}={part}", bin.id),
                format!("/api/v1/bins/{}/captures?limit={part}&after={part}", bin.id),
                format!("/api/{part}"),
                format!("/b/{part}"),
            ] {
                let answer = server.ask("GET", &path, &[("authorization", &key)], b"");
                assert!(answer.status < 500, "{path}: {}", answer.text());
            }
        }
        let quoted = serde_json::to_string(text).unwrap();
        for body in [
            text.clone(),
            quoted.clone(),
            format!("{{\"name\": {quoted}, \"alias\": {quoted}}}"),
            format!("{{{quoted}: 1}}"),
        ] {
            let answer = server.patch(&bin, &body);
            assert!(answer.status < 500, "{body}: {}", answer.text());
        }
    }
    server.of(&bin, "GET", "/captures/1").is(200);
}

/// Texts of all kinds, the same ones each time.
fn any_texts(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let text = || any::<String>().new_tree(&mut runner).unwrap().current();
    std::iter::repeat_with(text).take(count).collect()
}
