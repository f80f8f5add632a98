//! What is exported of a body that is not the one that was sent.

use serde_json::json;

use crate::support::{Bin, Server};

/// The request as raw HTTP: the lengths that it names, and the body behind its head.
fn exported(server: &Server, bin: &Bin) -> (Vec<String>, String) {
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/1/as/http", bin.id);
    let answer = server.request("GET", &path, &[&key], b"");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let lengths = head
        .lines()
        .filter_map(|line| line.strip_prefix("Content-Length: "))
        .map(str::to_owned)
        .collect();
    (lengths, body.to_owned())
}

#[test]
fn raw_http_names_the_length_of_the_body_that_is_there() {
    let server = Server::start();
    let cut = server.bin_with(&json!({ "body_limit": 4 }));
    let answer = server.request("POST", &format!("/{}", cut.id), &[], b"0123456789");
    assert_eq!(answer.status, 413);
    assert_eq!(
        exported(&server, &cut),
        (vec!["4".to_owned()], "0123".to_owned())
    );

    let bin = server.bin_with(&json!({ "mask": { "json": ["card"] } }));
    let sent = r#"{"card": "4242424242424242", "n": 1}"#;
    server.post(&bin, "", sent.as_bytes());
    let whole = (vec![sent.len().to_string()], sent.to_owned());
    assert_eq!(exported(&server, &bin), whole);
    let path = format!("/bins/{}/share", bin.id);
    let (_, made) = server.api("POST", &path, Some(&bin.key), Some(&json!({})));
    let link = Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    };
    let (lengths, masked) = exported(&server, &link);
    assert!(
        !masked.contains("4242") && masked.len() != sent.len(),
        "{masked}"
    );
    assert_eq!(lengths, [masked.len().to_string()]);
}

#[test]
fn formats_say_what_they_are() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let key = format!("Authorization: Bearer {}", bin.key);
    for (format, media_type) in [
        ("har", "application/json"),
        ("http", "text/plain; charset=utf-8"),
        ("curl", "text/plain; charset=utf-8"),
    ] {
        let path = format!("/api/v1/bins/{}/captures/1/as/{format}", bin.id);
        let answer = server.request("GET", &path, &[&key], b"");
        assert_eq!(answer.header("content-type"), Some(media_type), "{format}");
        let page = server.get(&bin.page(&format!("/requests/1/as/{format}")));
        assert_eq!(page.header("content-type"), Some(media_type), "{format}");
    }
}
