//! Reading and deleting captures.

use serde_json::{Value, json};

use super::call::{Ask, Expect, bearer};
use crate::support::{Bin, Server};

fn numbers(server: &Server, bin: &Bin, query: &str) -> (Vec<u64>, Value) {
    let answer = server.of(bin, "GET", &format!("/captures{query}"));
    let list = answer.is(200).json();
    let captures = list["captures"].as_array().unwrap().iter();
    (
        captures.map(|it| it["n"].as_u64().unwrap()).collect(),
        list["next"].clone(),
    )
}

#[test]
fn a_capture_has_everything_that_was_sent() {
    let server = Server::start();
    let bin = server.bin();
    let fields: [(&str, &[u8]); 4] = [
        ("Content-Type", b"Application/JSON; charset=utf-8"),
        ("X-Twice", b"1"),
        ("X-Odd", b"caf\xe9"),
        ("x-twice", b"2"),
    ];
    server.deliver(
        &bin,
        "PROPFIND",
        "/orders%2F/..//a?x=1&&y",
        &fields,
        "{\"é\":1}".as_bytes(),
    );
    let mut capture = server.of(&bin, "GET", "/captures/1").is(200).json();
    for (name, form) in [("received_at", "Z"), ("peer", "127.0.0.1:")] {
        assert!(capture[name].as_str().unwrap().contains(form), "{capture}");
        capture[name] = json!("*");
    }
    assert!(capture["took_us"].is_u64());
    capture["took_us"] = json!("*");
    let mut headers = capture["headers"].take();
    // The client's own fields aside.
    headers.as_array_mut().unwrap().retain(|it| {
        let name = it["name"].as_str().unwrap().to_ascii_lowercase();
        !["host", "connection", "content-length"].contains(&name.as_str())
    });
    assert_eq!(
        headers,
        json!([
            {"name": "Content-Type", "value": "Application/JSON; charset=utf-8"},
            {"name": "X-Twice", "value": "1"},
            {"name": "X-Odd", "value": "café", "base64": "Y2Fm6Q=="},
            {"name": "x-twice", "value": "2"},
        ])
    );
    let host = capture["host"].take();
    assert!(!host.as_str().unwrap().is_empty());
    assert_eq!(
        capture,
        json!({
            "n": 1, "bin": bin.id, "received_at": "*", "took_us": "*",
            "method": "PROPFIND", "target": format!("/{}/orders%2F/..//a?x=1&&y", bin.id),
            "path": "/orders%2F/..//a", "query": "x=1&&y", "http_version": "HTTP/1.1", "scheme": "http",
            "host": null, "client": "127.0.0.1", "peer": "*",
            "headers": null, "headers_as_sent": true, "trailers": [],
            "body": {
                "size": 8, "state": "complete", "media_type": "application/json",
                "encoding": "utf-8", "content": "{\"é\":1}"
            },
            "reply": {"status": 200, "rule": null, "delay_ms": 0},
            "pinned": false, "note": "", "imported": false,
            "provider": null, "event": null, "verdict": null, "delivery": null
        })
    );
}

#[test]
fn a_body_that_is_not_text_comes_as_base64() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver(&bin, "POST", "", &[], b"\xff\x00\xfe");
    server.deliver(&bin, "GET", "", &[], b"");
    let body = server.of(&bin, "GET", "/captures/1").is(200).json()["body"].take();
    let expected = json!({
        "size": 3, "state": "complete", "media_type": null, "encoding": "base64", "content": "/wD+"
    });
    assert_eq!(body, expected);
    let empty = server.of(&bin, "GET", "/captures/2").is(200).json();
    assert_eq!(
        (&empty["path"], &empty["query"]),
        (&json!("/"), &Value::Null)
    );
    assert_eq!(empty["body"]["content"], "");
}

#[test]
fn a_list_is_newest_first_and_goes_on_from_next() {
    let server = Server::start();
    let bin = server.bin();
    assert_eq!(numbers(&server, &bin, ""), (vec![], Value::Null));
    for _ in 0..5 {
        server.deliver_any(&bin);
    }
    assert_eq!(
        numbers(&server, &bin, ""),
        (vec![5, 4, 3, 2, 1], Value::Null)
    );
    assert_eq!(
        numbers(&server, &bin, "?limit=5"),
        (vec![5, 4, 3, 2, 1], Value::Null)
    );
    assert_eq!(numbers(&server, &bin, "?limit=2"), (vec![5, 4], json!(4)));
    assert_eq!(
        numbers(&server, &bin, "?limit=2&before=4"),
        (vec![3, 2], json!(2))
    );
    assert_eq!(
        numbers(&server, &bin, "?limit=2&before=2"),
        (vec![1], Value::Null)
    );
    assert_eq!(
        numbers(&server, &bin, "?after=0&limit=2"),
        (vec![1, 2], json!(2))
    );
    assert_eq!(
        numbers(&server, &bin, "?after=2&limit=3"),
        (vec![3, 4, 5], Value::Null)
    );
    assert_eq!(numbers(&server, &bin, "?after=5"), (vec![], Value::Null));
    let far = u64::MAX;
    assert_eq!(
        numbers(&server, &bin, &format!("?before={far}&limit=1")),
        (vec![5], json!(5))
    );
    assert_eq!(
        numbers(&server, &bin, &format!("?after={far}")),
        (vec![], Value::Null)
    );
    let list = server.of(&bin, "GET", "/captures?limit=1").json();
    let body = list["captures"][0]["body"].as_object().unwrap();
    assert!(
        !body.contains_key("content") && body["size"] == 1,
        "{body:?}"
    );
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("before=1&after=1", "after"),
        ("p=2", "p"),
    ] {
        let answer = server.of(&bin, "GET", &format!("/captures?{query}"));
        answer.problem(422, Some(field));
    }
}

#[test]
fn a_body_is_downloaded_as_the_exact_bytes_and_never_as_a_page() {
    let server = Server::start();
    let bin = server.bin();
    let html = b"<script>alert(1)</script>\xff".repeat(100);
    let fields: [(&str, &[u8]); 2] = [
        ("Content-Type", b"text/html"),
        ("Content-Disposition", b"inline; filename=\"../x.html\""),
    ];
    server.deliver(&bin, "POST", "/x.html", &fields, &html);
    let key = bearer(&bin);
    let path = format!("/api/v1/bins/{}/captures/1/body", bin.id);
    let fields = [("authorization", key.as_str()), ("accept-encoding", "gzip")];
    let answer = server.ask("GET", &path, &fields, b"").is(200);
    assert_eq!(answer.body, html);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        (
            "content-disposition",
            "attachment; filename=\"request-1.bin\"",
        ),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("content-length", &html.len().to_string()),
    ] {
        assert_eq!(answer.field(name), value, "{name}");
    }
}

#[test]
fn a_body_is_not_given_for_another_question() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver_any(&bin);
    for (query, field) in [
        ("decoded=2", "decoded"),
        ("decoded=yes", "decoded"),
        ("part=1", "part"),
    ] {
        let answer = server.of(&bin, "GET", &format!("/captures/1/body?{query}"));
        answer.problem(422, Some(field));
    }
}

#[test]
fn captures_are_deleted_one_by_one_and_all_at_once_and_numbering_goes_on() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..3 {
        server.deliver_any(&bin);
    }
    server.of(&bin, "DELETE", "/captures/2").is(204);
    server.of(&bin, "DELETE", "/captures/2").problem(404, None);
    server.of(&bin, "GET", "/captures/2").problem(404, None);
    assert_eq!(numbers(&server, &bin, "").0, [3, 1]);
    server.of(&bin, "DELETE", "/captures").is(204);
    server.of(&bin, "DELETE", "/captures").is(204);
    assert_eq!(numbers(&server, &bin, "").0, [0_u64; 0]);
    server.deliver_any(&bin);
    assert_eq!(numbers(&server, &bin, "").0, [4]);
}

#[test]
fn a_number_that_no_capture_has_is_404() {
    let server = Server::start();
    let bin = server.bin();
    let problem = server.of(&bin, "GET", "/captures/1").problem(404, None);
    assert_eq!(
        problem["detail"],
        "the bin has no request #1: it has not come yet, or was deleted, or dropped to make room"
    );
    for n in [
        "0",
        "1",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
        "x",
        "1%2F2",
    ] {
        for below in [format!("/captures/{n}"), format!("/captures/{n}/body")] {
            server.of(&bin, "GET", &below).problem(404, None);
        }
        server
            .of(&bin, "DELETE", &format!("/captures/{n}"))
            .problem(404, None);
    }
}

#[test]
fn a_capture_is_had_as_a_command_and_as_raw_http() {
    let server = Server::start();
    let bin = server.bin();
    let fields: [(&str, &[u8]); 1] = [("X-Shop", b"acme")];
    server.deliver(&bin, "PUT", "/a?b=c", &fields, b"hello");
    server.deliver(&bin, "POST", "/b", &[], b"\xff\x00");
    let curl = server.of(&bin, "GET", "/captures/1/as/curl").is(200);
    assert_eq!(curl.field("content-type"), "text/plain; charset=utf-8");
    let policy = curl.field("content-security-policy");
    assert_eq!(policy, "sandbox; default-src 'none'");
    let name = "attachment; filename=\"request-1.sh\"";
    assert_eq!(curl.field("content-disposition"), name);
    let url = format!("http://{}/{}/a?b=c", server.address, bin.id);
    assert!(curl.text().contains(&url), "{}", curl.text());

    let http = server.of(&bin, "GET", "/captures/1/as/http").is(200);
    let text = http.text();
    assert!(
        text.starts_with(&format!("PUT /{}/a?b=c HTTP/1.1\r\n", bin.id)),
        "{text}"
    );
    assert!(
        text.contains("X-Shop: acme\r\n") && text.ends_with("\r\n\r\nhello"),
        "{text}"
    );
    let bytes = server.of(&bin, "GET", "/captures/2/as/http").is(200);
    assert_eq!(bytes.field("content-type"), "application/octet-stream");
    assert!(bytes.body.ends_with(b"\r\n\r\n\xff\x00"));

    // A command that reads the body from a file names the file that the body is downloaded as.
    let command = server.of(&bin, "GET", "/captures/2/as/curl").is(200).text();
    let body = server.of(&bin, "GET", "/captures/2/body").is(200);
    let file = body.field("content-disposition").split('"').nth(1).unwrap();
    if command.contains("--data-binary @") {
        assert!(
            command.contains(&format!("--data-binary @{file}")),
            "{command}"
        );
    }

    for below in [
        "/captures/1/as/word",
        "/captures/1/as/",
        "/captures/9/as/curl",
    ] {
        server.of(&bin, "GET", below).problem(404, None);
    }
    let unknown = server.of(&bin, "GET", "/captures/1/as/word");
    let detail = unknown.problem(404, None)["detail"].take();
    assert!(
        detail
            .as_str()
            .unwrap()
            .ends_with("curl, httpie, fetch, python, powershell, http, har"),
        "{detail}"
    );
}
