//! The filter at the API's doors: lists, streams, counts and deleting.

use serde_json::{Value, json};

use super::call::{Ask, Expect};
use crate::support::{Bin, Server};

/// A bin with five captures.
fn filled(server: &Server) -> Bin {
    let bin = server.bin();
    for (method, path, body) in [
        ("POST", "/orders/1", r#"{"amount": 100, "note": "first"}"#),
        ("POST", "/orders/2", r#"{"amount": 250.50}"#),
        ("GET", "/orders/2?page=2", ""),
        ("DELETE", "/orders/1", ""),
        ("POST", "/other", "plain words"),
    ] {
        server.deliver(&bin, method, path, &[("X-Shop", b"Acme")], body.as_bytes());
    }
    bin
}

fn found(server: &Server, bin: &Bin, query: &str) -> Vec<u64> {
    let list = server.of(bin, "GET", &format!("/captures?{query}"));
    let list = list.is(200).json();
    assert_eq!(list["next"], Value::Null, "{query}");
    let captures = list["captures"].as_array().unwrap().iter();
    captures.map(|it| it["n"].as_u64().unwrap()).collect()
}

#[test]
fn a_list_has_what_the_filter_lets_through() {
    let server = Server::start();
    let bin = filled(&server);
    for (query, want) in [
        ("q=", &[5, 4, 3, 2, 1][..]),
        ("q=method:POST", &[5, 2, 1]),
        ("q=method:post+path:/orders/*", &[2, 1]),
        ("q=-method:POST", &[4, 3]),
        ("q=query.page:2", &[3]),
        ("q=header.x-shop:acme&limit=200", &[5, 4, 3, 2, 1]),
        ("q=json.amount%3E100", &[2]),
        ("q=json.amount%3D100.0", &[1]),
        ("q=%22PLAIN%20words%22", &[5]),
        ("q=(method:GET+or+method:DELETE)&after=0", &[3, 4]),
        ("q=method:POST&before=5", &[2, 1]),
        ("q=method:PUT", &[]),
    ] {
        assert_eq!(found(&server, &bin, query), want, "{query}");
    }
    let first = server.of(&bin, "GET", "/captures?q=method:POST&limit=2");
    let first = first.is(200).json();
    assert_eq!(first["next"], json!(2));
    assert_eq!(found(&server, &bin, "q=method:POST&limit=2&before=2"), [1]);
}

#[test]
fn a_filter_that_cannot_be_read_says_where() {
    let server = Server::start();
    let bin = filled(&server);
    for (query, position) in [
        ("q=status:abc", 7),
        ("q=method:POST+metod:GET", 12),
        ("q=(method:POST", 0),
        ("q=%C3%BC%C3%BC+size%3Ex", 8),
    ] {
        for call in ["/captures", "/captures/count", "/events"] {
            let answer = server.of(&bin, "GET", &format!("{call}?{query}"));
            let problem = answer.problem(422, Some("q"));
            assert_eq!(problem["position"], json!(position), "{query}: {problem}");
        }
        let answer = server.of(&bin, "DELETE", &format!("/captures?{query}"));
        answer.problem(422, Some("q"));
    }
    for (query, field) in [("q=%FF", "q"), ("q=method:GET&z=1", "z")] {
        let answer = server.of(&bin, "GET", &format!("/captures?{query}"));
        answer.problem(422, Some(field));
    }
    assert_eq!(found(&server, &bin, "").len(), 5);
}

#[test]
fn captures_are_counted_and_deleted_by_filter() {
    let server = Server::start();
    let bin = filled(&server);
    let count = |query: &str| {
        let answer = server.of(&bin, "GET", &format!("/captures/count?{query}"));
        answer.is(200).json()
    };
    assert_eq!(count(""), json!({"captures": 5, "is_all": true}));
    assert_eq!(
        count("q=method:POST"),
        json!({"captures": 3, "is_all": true})
    );
    // An empty filter would delete everything, which nobody means who sends one.
    let empty = server.of(&bin, "DELETE", "/captures?q=");
    empty.problem(422, Some("q"));
    let deleted = server.of(&bin, "DELETE", "/captures?q=method:POST+json.amount%3E0");
    assert_eq!(deleted.is(200).json(), json!({"deleted": 2}));
    assert_eq!(found(&server, &bin, ""), [5, 4, 3]);
    let none = server.of(&bin, "DELETE", "/captures?q=method:PUT");
    assert_eq!(none.is(200).json(), json!({"deleted": 0}));
    server.of(&bin, "DELETE", "/captures").is(204);
    assert_eq!(found(&server, &bin, ""), [0; 0]);
}

#[test]
fn a_stream_tells_of_what_the_filter_lets_through() {
    let server = Server::start();
    let bin = filled(&server);
    let mut stream = server.watch(&bin, "?after=0&q=json.amount%3E100+or+method:PUT", &[]);
    let mut next = || {
        let event = stream.next().unwrap();
        let data: Value = serde_json::from_str(&event.data).unwrap();
        (event.event, data["n"].as_u64().unwrap())
    };
    assert_eq!(next(), ("capture".into(), 2));
    server.deliver(&bin, "POST", "/", &[], br#"{"amount": 99}"#);
    server.deliver(&bin, "PUT", "/", &[], b"");
    server.deliver(&bin, "GET", "/", &[], b"");
    server.deliver(&bin, "POST", "/", &[], br#"{"amount": 1e3}"#);
    assert_eq!(next(), ("capture".into(), 7));
    assert_eq!(next(), ("capture".into(), 9));
}
