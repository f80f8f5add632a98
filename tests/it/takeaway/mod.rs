//! A whole bin as a file, and such a file taken back.

mod ended;
mod schema;

use hookwell::model::base64;
use serde_json::{Value, json};

use crate::support::{Bin, Response, Server};

fn export(server: &Server, bin: &Bin, query: &str) -> Response {
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/export?{query}", bin.id);
    server.request("GET", &path, &[&key], b"")
}

fn whole(server: &Server, bin: &Bin, format: &str) -> Vec<u8> {
    let response = export(server, bin, &format!("format={format}"));
    assert_eq!(response.status, 200, "{}", response.text());
    response.body
}

fn import(server: &Server, bin: &Bin, fields: &[&str], file: &[u8]) -> (u16, Value) {
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/import", bin.id);
    let fields = [&[&*key], fields].concat();
    let response = server.request("POST", &path, &fields, file);
    (response.status, response.json())
}

fn lines(ndjson: &[u8]) -> Vec<Value> {
    let lines = ndjson.split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// Requests that are hard to keep: bodies of every kind, odd fields and targets.
fn odd(server: &Server) -> Bin {
    let bin = server.bin();
    let binary: Vec<u8> = (0..=255).rev().cycle().take(100_000).collect();
    let bodies: [&[u8]; 8] = [
        b"",
        b"{\"a\": [1, \"]}\\\"\", {}]}",
        b"it's \"quoted\" `id` $HOME \\ \\n",
        b"\nline\r\nline\n\n",
        "grün 日本 😀\u{2028}".as_bytes(),
        b"nul\0nul",
        b"caf\xe9",
        &binary,
    ];
    for (at, body) in bodies.into_iter().enumerate() {
        let head = format!(
            "POST /{}/a/../{at}?x=1&&y=%ff HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\nx-CASE:1\r\nX-Twice:  a \r\nX-Twice: b\r\n",
            bin.id,
            body.len()
        );
        let odd = b"X-Odd: caf\xe9\r\nConnection: close\r\n\r\n";
        let bytes = [head.as_bytes(), odd, body].concat();
        assert_eq!(server.send(bytes).status, 200);
    }
    bin
}

#[test]
fn a_whole_bin_is_a_file_in_each_form_oldest_first() {
    let server = Server::start();
    let bin = odd(&server);
    for (format, media_type) in [
        ("har", "application/json"),
        ("ndjson", "application/x-ndjson"),
        ("http", "text/plain; charset=utf-8"),
    ] {
        let query = format!("format={format}");
        let page = server.get(&format!("/b/{}/export?{query}", bin.key));
        let answer = export(&server, &bin, &query);
        for answer in [&answer, &page] {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), Some(media_type));
            let name = format!("attachment; filename=\"hookwell-{}.{format}\"", bin.id);
            assert_eq!(answer.header("content-disposition"), Some(&*name));
            assert_eq!(answer.header("content-encoding"), None);
        }
        assert_eq!(answer.body, page.body);
    }
    let captures = lines(&whole(&server, &bin, "ndjson"));
    let each: Vec<_> = (1..=8).map(|n| server.capture(&bin, n)).collect();
    assert_eq!(captures, each);
    let har: Value = serde_json::from_slice(&whole(&server, &bin, "har")).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap();
    let numbers: Vec<_> = entries
        .iter()
        .map(|entry| &entry["_hookwell"]["n"])
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let http = String::from_utf8(whole(&server, &bin, "http")).unwrap();
    assert_eq!(http.matches("### Request ").count(), 8);
    for query in ["format=word", "limit=1", "q=is:"] {
        assert_eq!(export(&server, &bin, query).status, 422, "{query}");
    }
}

#[test]
fn an_empty_bin_is_a_file_too() {
    let server = Server::start();
    let bin = server.bin();
    let har: Value = serde_json::from_slice(&whole(&server, &bin, "har")).unwrap();
    assert_eq!(har["log"]["entries"], json!([]));
    assert_eq!(whole(&server, &bin, "ndjson"), b"");
    for (file, status) in [(&whole(&server, &bin, "har")[..], 200), (b"", 200)] {
        let (answered, told) = import(&server, &bin, &[], file);
        assert_eq!((answered, &told["imported"]), (status, &json!(0)), "{told}");
        assert_eq!(told["first"], Value::Null);
    }
}

#[test]
fn a_download_of_many_is_filtered_and_skips_what_was_deleted() {
    let server = Server::start();
    let bin = server.bin();
    for n in 1..=230 {
        server.post(&bin, if n % 2 == 0 { "/even" } else { "/odd" }, b"{}");
    }
    let path = format!("/bins/{}/captures/7", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    let numbers = |query: &str| -> Vec<u64> {
        let captures = lines(&export(&server, &bin, query).body);
        captures
            .iter()
            .map(|one| one["n"].as_u64().unwrap())
            .collect()
    };
    let all: Vec<u64> = (1..=230).filter(|&n| n != 7).collect();
    assert_eq!(numbers(""), all);
    let odd: Vec<u64> = all.into_iter().filter(|n| n % 2 == 1).collect();
    assert_eq!(numbers("format=ndjson&q=path:/odd"), odd);
}

#[test]
fn what_is_exported_imported_and_exported_again_is_the_same() {
    let server = Server::start();
    let bin = odd(&server);
    for format in ["har", "ndjson"] {
        let other = server.bin();
        let (status, told) = import(&server, &other, &[], &whole(&server, &bin, format));
        assert_eq!((status, &told["imported"]), (200, &json!(8)), "{told}");
        assert_eq!((&told["first"], &told["last"]), (&json!(1), &json!(8)));
        assert_eq!(told["skipped"], json!([]));
        for n in 1..=8 {
            let (mut was, mut is) = (server.capture(&bin, n), server.capture(&other, n));
            assert_eq!(
                (&was["imported"], &is["imported"]),
                (&json!(false), &json!(true))
            );
            for capture in [&mut was, &mut is] {
                capture["bin"].take();
                capture["imported"].take();
            }
            assert_eq!(was, is);
            assert_eq!(server.body(&bin, n), server.body(&other, n));
        }
        // A HAR does not name its bin, and has each header line to the byte.
        assert!(whole(&server, &bin, "har") == whole(&server, &other, "har"));
        let query = format!("/bins/{}/captures/count?q=is:imported", other.id);
        let (_, counted) = server.api("GET", &query, Some(&other.key), None);
        assert_eq!(counted["captures"], 8);
        let page = server.get(&format!("/b/{}", other.key)).text();
        assert!(page.contains(">imported<"));
    }
}

#[test]
fn what_cannot_be_imported_is_named_and_the_rest_is_imported() {
    let server = Server::start();
    let bin = server.bin();
    let har = br#"{"log": {"version": "1.2", "pages": [{"entries": [1]}], "entries": [
        {"startedDateTime": "2020-01-02T03:04:05.678Z", "request": {"method": "GET", "url": "http://h/a?b", "headers": []}},
        {"startedDateTime": "2020-01-02T03:04:05.678Z", "request": {"method": "GET", "headers": []}},
        {"request": {}}, 7,
        {"startedDateTime": "2020-01-02T03:04:05Z", "request": {"method": "PUT", "url": "https://h/", "headers": [{"name": "a", "value": "x\ny"}]}}
    ]}}"#;
    let (status, told) = import(&server, &bin, &["Content-Type: application/json"], har);
    assert_eq!(status, 200, "{told}");
    assert_eq!(
        (&told["imported"], &told["skipped_count"]),
        (&json!(1), &json!(4))
    );
    let skipped = told["skipped"].as_array().unwrap();
    let places: Vec<_> = skipped
        .iter()
        .map(|one| one["at"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["entry 2", "entry 3", "entry 4", "entry 5"]);
    assert_eq!(skipped[0]["problem"], "request.url: is missing");
    let one = server.capture(&bin, 1);
    assert_eq!(one["received_at"], "2020-01-02T03:04:05.678000Z");
    assert_eq!(
        (&one["target"], &one["host"]),
        (&json!("/a?b"), &json!("h"))
    );

    let line = r#"{"received_at":"2020-01-02T03:04:05Z","method":"GET","target":"/","headers":[],"body":{"content":"x"}}"#;
    let file = format!("\u{feff}{line}\r\n\n{{}}\n{line}x\n{line}");
    let (status, told) = import(
        &server,
        &bin,
        &["Content-Type: application/x-ndjson"],
        file.as_bytes(),
    );
    assert_eq!(status, 200, "{told}");
    assert_eq!((&told["first"], &told["last"]), (&json!(2), &json!(3)));
    let places: Vec<_> = told["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["at"].clone())
        .collect();
    assert_eq!(places, ["line 3", "line 4"]);

    for file in [
        &b"hello"[..],
        b"[1]",
        b"\xff\xd8",
        b"{\"log\": 1}",
        b"{\"log\":{\"entries\":[{}",
    ] {
        let (status, problem) = import(&server, &bin, &[], file);
        assert_eq!(
            (status, &problem["status"]),
            (422, &json!(422)),
            "{problem}"
        );
    }
    assert_eq!(server.captures(&bin).len(), 3);
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_sent() {
    let server = Server::start();
    let bin = server.bin();
    let head = format!(
        "POST /api/v1/bins/{}/captures/import HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 268435457\r\n\r\n",
        bin.id, server.address, bin.key
    );
    let mut connection = server.connect();
    connection.send(head).unwrap();
    assert_eq!(connection.receive().unwrap().status, 413);
}

#[test]
fn a_file_larger_than_a_form_may_be_is_imported() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/large", &vec![b'\x01'; 3 << 20]);
    let (status, told) = import(&server, &bin, &[], &whole(&server, &bin, "har"));
    assert_eq!((status, &told["imported"]), (200, &json!(1)), "{told}");
    assert_eq!(server.body(&bin, 2), server.body(&bin, 1));
}

#[test]
fn header_lines_to_the_byte_are_masked_for_a_read_key() {
    let server = Server::start();
    let bin = server.bin();
    let head = format!(
        "GET /{} HTTP/1.1\r\nHost: h\r\nAUTHORIZATION:\tBearer s3cr3t \r\nx-a:1\r\nConnection: close\r\n\r\n",
        bin.id
    );
    assert_eq!(server.send(head).status, 200);
    let share = format!("/bins/{}/share", bin.id);
    let (_, made) = server.api("POST", &share, Some(&bin.key), None);
    let link = Bin {
        key: made["key"].as_str().unwrap().to_owned(),
        ..bin.clone()
    };
    let blocks = |bin: &Bin| {
        let har: Value = serde_json::from_slice(&whole(&server, bin, "har")).unwrap();
        let of_ndjson = lines(&whole(&server, bin, "ndjson")).remove(0);
        let entry = &har["log"]["entries"][0]["_hookwell"];
        [&server.capture(bin, 1), entry, &of_ndjson].map(|capture| {
            let block = base64::decode(capture["raw_headers"].as_str().unwrap());
            String::from_utf8(block.unwrap()).unwrap()
        })
    };
    let exact = "Host: h\r\nAUTHORIZATION:\tBearer s3cr3t \r\nx-a:1\r\nConnection: close\r\n";
    assert_eq!(blocks(&bin), [exact; 3]);
    for block in blocks(&link) {
        let start = "Host: h\r\nAUTHORIZATION:\tBearer ••• (6 bytes";
        assert!(block.starts_with(start), "{block}");
        assert!(
            block.ends_with(") \r\nx-a:1\r\nConnection: close\r\n"),
            "{block}"
        );
        assert!(!block.contains("s3cr3t"), "{block}");
    }
    // Lists have no more than they had.
    assert_eq!(server.captures(&bin)[0].get("raw_headers"), None);
}
