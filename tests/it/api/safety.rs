//! What protects pages and API from foreign pages, whatever the route.

use percent_encoding::NON_ALPHANUMERIC;
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::routes;
use super::server::{Server, TestBin};

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

async fn bin_with_a_capture(server: &Server) -> TestBin {
    let bin = server.bin().await;
    server.send(&bin, "POST", "", &[], b"x").await;
    bin
}

#[tokio::test]
async fn no_route_changes_anything_for_another_site() {
    let server = Server::start().await;
    let bin = bin_with_a_capture(&server).await;
    let key = format!("Bearer {}", bin.key);
    let mut all = routes::of_the_api(&server).await;
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
                let answer = server
                    .ask(&route.method, &route.path(&bin), &fields, b"{}")
                    .await;
                assert_eq!(
                    answer.status,
                    403,
                    "{route:?} {foreign:?}: {}",
                    answer.text()
                );
            }
        }
    }
    let shown = server.of(&bin, "GET", "").await.expect(200).json();
    assert_eq!(
        (&shown["captures"], &shown["name"]),
        (&1.into(), &"".into())
    );
}

#[tokio::test]
async fn the_api_and_its_streams_read_nothing_to_another_site() {
    let server = Server::start().await;
    let bin = bin_with_a_capture(&server).await;
    let key = format!("Bearer {}", bin.key);
    for route in routes::of_the_api(&server).await {
        for foreign in FOREIGN {
            for method in [route.method.as_str(), "HEAD", "OPTIONS"] {
                let mut fields = vec![("authorization", key.as_str())];
                fields.extend_from_slice(foreign);
                let answer = server.ask(method, &route.path(&bin), &fields, b"").await;
                assert_eq!(answer.status, 403, "{route:?} {foreign:?}");
                assert!(
                    !answer
                        .headers
                        .keys()
                        .any(|name| name.starts_with("access-control-"))
                );
            }
        }
    }
}

#[tokio::test]
async fn acc_01_a_page_of_another_site_cannot_open_a_stream() {
    let server = Server::start().await;
    let bin = server.bin().await;
    let fields = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    for path in [
        format!("/api/v1/bins/{}/events", bin.id),
        format!("/b/{}/stream", bin.key),
    ] {
        let answer = server.ask("GET", &path, &fields, b"").await.expect(403);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn acc_02_a_foreign_host_is_answered_nothing() {
    let server = Server::start_with(|config| {
        config.listen.allow_hosts = vec!["inspect.lan".to_owned()];
    })
    .await;
    let bin = server.bin().await;
    let mut all = routes::of_the_api(&server).await;
    all.extend(routes::of_the_pages());
    for route in all {
        if ["/healthz", "/readyz"].contains(&route.template.as_str())
            || route.template.starts_with("/static/")
        {
            continue;
        }
        for host in [
            "evil.example:8080",
            "evil.localhost",
            "127.0.0.1.evil.example",
        ] {
            let answer = server
                .ask(&route.method, &route.path(&bin), &[("host", host)], b"")
                .await;
            assert_eq!(answer.status, 421, "{route:?} {host}");
            assert!(
                answer.text().contains("--allow-host"),
                "{route:?}: {}",
                answer.text()
            );
        }
    }
    let raw = b"GET / HTTP/1.1\r\nHost: evil.example:8080\r\nConnection: close\r\n\r\n";
    server.ask_raw(raw).await.expect(421);
    for host in ["localhost", "127.0.0.1:1", "[::1]", "Inspect.LAN:8080"] {
        server
            .ask("GET", "/api/v1/openapi.json", &[("host", host)], b"")
            .await
            .expect(200);
    }
    for hosts in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        let raw = format!("GET /api/v1/openapi.json HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        server.ask_raw(raw.as_bytes()).await.expect(400);
    }
}

#[tokio::test]
async fn acc_03_a_simple_request_of_another_site_changes_nothing() {
    let server = Server::start().await;
    let bin = bin_with_a_capture(&server).await;
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
            .await
            .expect(403);
    }
    server
        .ask("POST", "/api/v1/bins", &fields, b"{}")
        .await
        .expect(403);
    let shown = server.of(&bin, "GET", "").await.expect(200).json();
    assert_eq!(shown["captures"], 1);
}

#[tokio::test]
async fn a_reader_may_follow_a_link_to_a_page_from_anywhere() {
    let server = Server::start().await;
    let bin = server.bin().await;
    let fields = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for path in ["/".to_owned(), format!("/b/{}", bin.key)] {
        let answer = server.ask("GET", &path, &fields, b"").await;
        assert_ne!(answer.status, 403, "{path}");
    }
    server
        .ask("GET", "/api/v1/openapi.json", &fields, b"")
        .await
        .expect(403);
}

#[tokio::test]
async fn every_answer_carries_the_safety_headers() {
    let server = Server::start().await;
    let bin = bin_with_a_capture(&server).await;
    let mut all = routes::of_the_api(&server).await;
    all.extend(routes::of_the_pages());
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
    let key = format!("Bearer {}", bin.key);
    // Deletes last, so that there is something to answer with until then.
    asked.sort_by_key(|(method, _)| method == "DELETE");
    for (method, path) in asked {
        let hosts = [server.address.to_string(), "evil.example".to_owned()];
        for host in hosts.iter().rev() {
            let fields = [("authorization", key.as_str()), ("host", host.as_str())];
            let answer = server.ask(&method, &path, &fields, b"").await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("x-robots-tag", "noindex, nofollow"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(name), value, "{method} {path}");
            }
            let policy = answer.header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'"),
                "{method} {path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{method} {path}: {policy}");
            assert!(answer.headers.contains_key("permissions-policy"));
            assert_eq!(answer.header("x-request-id").len(), 12);
            assert!(
                !answer
                    .headers
                    .keys()
                    .any(|name| name.starts_with("access-control-"))
            );
            let cached = answer.header("cache-control");
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

#[tokio::test]
async fn what_the_api_does_not_have_is_a_problem_and_not_a_page() {
    let server = Server::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/bin",
        "/api/v2/bins",
        "/api/v1/bins/x/y/z",
    ] {
        for method in ["GET", "POST", "DELETE", "ODD"] {
            server
                .ask(method, path, &[], b"")
                .await
                .expect_problem(404, None);
        }
    }
    for (method, path, allow) in [
        ("GET", "/api/v1/bins", "POST"),
        ("POST", "/api/v1/bins/x/captures", "DELETE,GET,HEAD"),
        ("PUT", "/api/v1/bins/x", "DELETE,GET,HEAD,PATCH"),
        ("POST", "/api/v1/openapi.json", "GET,HEAD"),
        ("ODD", "/api/v1/bins/x/captures/1/body", "GET,HEAD"),
    ] {
        let answer = server.ask(method, path, &[], b"").await;
        let mut have: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        have.sort_unstable();
        assert_eq!(have.join(","), allow, "{method} {path}");
        answer.expect_problem(405, None);
    }
}

#[tokio::test]
async fn a_service_worker_script_is_refused() {
    let server = Server::start().await;
    let fields = [("service-worker", "script")];
    for path in ["/", "/api/v1/openapi.json", "/healthz"] {
        server.ask("GET", path, &fields, b"").await.expect(403);
    }
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_takes_gzip() {
    let server = Server::start().await;
    let fields = [("accept-encoding", "gzip")];
    let answer = server
        .ask("GET", "/api/v1/openapi.json", &fields, b"")
        .await
        .expect(200);
    assert_eq!(answer.header("content-encoding"), "gzip");
    let plain = server
        .ask("GET", "/api/v1/openapi.json", &[], b"")
        .await
        .expect(200);
    assert!(!plain.headers.contains_key("content-encoding"));
    assert!(answer.body.len() * 3 < plain.body.len());
}

#[tokio::test]
async fn nothing_that_is_asked_makes_the_server_fail() {
    let server = Server::start().await;
    let bin = bin_with_a_capture(&server).await;
    let key = format!("Bearer {}", bin.key);
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
                let answer = server
                    .ask("GET", &path, &[("authorization", &key)], b"")
                    .await;
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
            let answer = server.patch(&bin, &body).await;
            assert!(answer.status < 500, "{body}: {}", answer.text());
        }
    }
    server.of(&bin, "GET", "/captures/1").await.expect(200);
}

/// Texts of all kinds, the same ones each time.
fn any_texts(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let text = || any::<String>().new_tree(&mut runner).unwrap().current();
    std::iter::repeat_with(text).take(count).collect()
}
