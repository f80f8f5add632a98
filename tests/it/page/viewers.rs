//! Bodies on the page of their request, in parts, decoded and previewed, and as files; `kinds` has one of each kind.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::json;

use super::capture::{captured, detail, is_a_download, section, seen};
use crate::support::{Bin, Server};

pub(super) const PNG: &[u8] = include_bytes!("../../files/two.png");

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sends a body, and gives the number of its capture.
pub(super) fn send(server: &Server, bin: &Bin, headers: &[&str], body: &[u8]) -> u64 {
    let reply = server.request("POST", &format!("/{}", bin.id), headers, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    server.captures(bin).last().unwrap()["n"].as_u64().unwrap()
}

/// The part of a request's page that shows its body.
pub(super) fn body_of(server: &Server, bin: &Bin, n: u64, query: &str) -> String {
    let page = server.get(&bin.page(&format!("/requests/{n}?part=detail{query}")));
    section(&page.text(), "body").to_owned()
}

#[test]
fn body_13_a_compressed_body_is_shown_decoded_and_had_in_both_forms() {
    let server = Server::start();
    let bin = server.bin();
    let json = br#"{"hello": "hello hello hello"}"#;
    for (coding, sent) in [
        ("gzip", gzip(json)),
        ("deflate", zlib(json)),
        ("br", include_bytes!("../../files/hello.br").to_vec()),
        ("zstd", include_bytes!("../../files/hello.zst").to_vec()),
        ("deflate, gzip", gzip(&zlib(json))),
    ] {
        let coded = format!("Content-Encoding: {coding}");
        let n = send(
            &server,
            &bin,
            &["Content-Type: application/json", &coded],
            &sent,
        );
        let text = seen(&body_of(&server, &bin, n, ""));
        let sentence = format!(
            "Decoded from {coding}: {} bytes were sent, 30 bytes are shown.",
            sent.len()
        );
        for wanted in [
            "\"hello\": \"hello hello hello\"",
            &sentence,
            "as sent",
            "decoded",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let as_sent = seen(&body_of(&server, &bin, n, "&as=sent"));
        assert!(
            as_sent.contains(&format!("As sent, in {coding}")),
            "{as_sent}"
        );
        let address = bin.page(&format!("/requests/{n}/body"));
        assert_eq!(server.get(&address).body, sent);
        let decoded = server.get(&format!("{address}?decoded=1"));
        is_a_download(&decoded, &format!("request-{n}-decoded.bin"));
        assert_eq!(decoded.body, json);
        let authorization = format!("Authorization: Bearer {}", bin.key);
        let path = format!("/api/v1/bins/{}/captures/{n}/body", bin.id);
        for (query, want) in [
            ("?decoded=1", &json[..]),
            ("?decoded=0", &sent),
            ("", &sent),
        ] {
            let answer = server.request("GET", &format!("{path}{query}"), &[&authorization], b"");
            assert_eq!(answer.body, want, "{coding} {query}");
        }
    }
}

#[test]
fn lim_12_a_bomb_and_a_broken_stream_are_said() {
    let server = Server::start();
    let bin = server.bin();
    let gzipped = ["Content-Type: text/plain", "Content-Encoding: gzip"];
    let text_of = |headers: &[&str], body: &[u8]| {
        let n = send(&server, &bin, headers, body);
        (n, seen(&body_of(&server, &bin, n, "")))
    };
    let (_, text) = text_of(&gzipped, &gzip(&vec![b'0'; 17 * 1024 * 1024]));
    let stopped = "Decoding stopped at 16,777,216 bytes: the compressed body holds more.";
    assert!(text.contains(stopped), "{text:.1000}");
    let words = gzip(&b"some words ".repeat(10_000));
    let (n, text) = text_of(&gzipped, &words[..words.len() / 2]);
    assert!(
        text.contains("The compressed body breaks off"),
        "{text:.1000}"
    );
    let answer = server.get(&bin.page(&format!("/requests/{n}/body?decoded=1")));
    assert_eq!(answer.status, 422);
    let (_, text) = text_of(&gzipped, b"never compressed");
    for wanted in [
        "Content-Encoding says gzip, but the bytes are not: shown as sent.",
        "never compressed",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let (_, text) = text_of(&["Content-Encoding: x-odd"], b"coded");
    assert!(text.contains("x-odd is not known here"), "{text}");
}

#[test]
fn a_part_is_looked_at_and_had_alone() {
    let png = [b"--b\r\nContent-Type: image/png\r\n\r\n", PNG].concat();
    let rest = "\r\n--b\r\nContent-Type: application/json\r\n\r\n{\"a\":[1]}\r\n--b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--b--";
    let body = [&png, rest.as_bytes()].concat();
    let (server, bin) = captured("/", &["Content-Type: multipart/mixed; boundary=b"], &body);
    let html = body_of(&server, &bin, 1, "");
    assert!(!html.contains("<script"));
    let address = bin.page("/requests/1");
    assert!(
        html.contains(&format!("<img src=\"{address}/preview?in=1\"")),
        "{html}"
    );
    let alone = body_of(&server, &bin, 1, "&in=2");
    assert!(seen(&alone).contains("Part 2 of the body.") && alone.contains("data-path=\"json.a\""));
    assert!(
        alone.contains(&format!("{address}?view=hex&amp;in=2#body")),
        "{alone}"
    );
    let download = server.get(&format!("{address}/body?in=2"));
    is_a_download(&download, "request-1-part-2.bin");
    assert_eq!(download.body, b"{\"a\":[1]}");
    let preview = server.get(&format!("{address}/preview?in=1"));
    assert_eq!(
        (
            preview.status,
            preview.header("content-type"),
            &*preview.body
        ),
        (200, Some("image/png"), PNG)
    );
    for below in [
        "/body?in=4",
        "/body?in=2.1",
        "/preview?in=2",
        "/preview?in=9",
        "/preview",
        "?in=4",
    ] {
        assert_eq!(
            server.get(&format!("{address}{below}")).status,
            404,
            "{below}"
        );
    }
}

#[test]
fn a_part_in_a_coding_for_mail_is_shown_decoded_and_had_in_both_forms() {
    let png = hookwell::model::base64::encode(PNG);
    let body = format!(
        "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{png}\r\n\
         --b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nna=C3=AFve=\r\n!\r\n\
         --b\r\nContent-Transfer-Encoding: base64\r\n\r\nno!\r\n--b--"
    );
    let kind = ["Content-Type: multipart/mixed; boundary=b"];
    let (server, bin) = captured("/", &kind, body.as_bytes());
    let text = seen(&body_of(&server, &bin, 1, ""));
    assert!(
        text.contains("Decoded from quoted-printable.") && text.contains("na\u{ef}ve!"),
        "{text}"
    );
    assert!(
        text.contains("This part is called base64, which it is not"),
        "{text}"
    );
    let address = bin.page("/requests/1");
    let preview = server.get(&format!("{address}/preview?in=1"));
    assert_eq!(
        (preview.header("content-type"), &*preview.body),
        (Some("image/png"), PNG)
    );
    let html = body_of(&server, &bin, 1, "&in=2");
    assert!(
        seen(&html)
            .contains("Decoded from quoted-printable: 14 bytes were sent, 7 bytes are shown."),
        "{html}"
    );
    let html = body_of(&server, &bin, 1, "&in=2&as=sent");
    assert!(
        seen(&html).contains("As sent, in quoted-printable: 14 bytes."),
        "{html}"
    );
    assert!(seen(&html).contains("na=C3=AFve="), "{html}");
    let api = format!("/api/v1/bins/{}/captures/1/body", bin.id);
    let key = format!("Authorization: Bearer {}", bin.key);
    for base in [format!("{address}/body"), api.clone()] {
        let had = |query: &str| server.request("GET", &format!("{base}?{query}"), &[&key], b"");
        let sent = had("in=2");
        is_a_download(&sent, "request-1-part-2.bin");
        assert_eq!(sent.body, b"na=C3=AFve=\r\n!", "{base}");
        let decoded = had("in=2&decoded=1");
        is_a_download(&decoded, "request-1-part-2-decoded.bin");
        assert_eq!(decoded.text(), "na\u{ef}ve!", "{base}");
        assert_eq!(had("in=1&decoded=1").body, PNG, "{base}");
        assert_eq!(had("in=3&decoded=1").status, 422, "{base}");
        assert_eq!(had("in=4").status, 404, "{base}");
    }
    for query in ["in=x", "in=", "decoded=2"] {
        let answer = server.request("GET", &format!("{api}?{query}"), &[&key], b"");
        assert_eq!(answer.status, 422, "{query}: {}", answer.text());
    }
}

#[test]
fn rnd_02_a_preview_is_answered_without_any_right() {
    let content_type = "Content-Type: text/html; charset=koi8-r";
    let (server, bin) = captured("/", &[content_type], b"<script>1</script>");
    let html = detail(&server, &bin, "");
    assert!(!html.contains("<iframe") && html.contains("?view=preview"));
    let page = server.get(&bin.page("/requests/1?view=preview"));
    assert!(page.text().contains("<iframe sandbox=\"\" src="));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.ends_with("frame-ancestors 'none'; frame-src 'self'"),
        "{policy}"
    );
    let preview = server.get(&bin.page("/requests/1/preview"));
    assert_eq!(
        preview.header("content-type"),
        Some("text/html; charset=KOI8-R")
    );
    assert_eq!(preview.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        preview.header("content-security-policy"),
        Some(
            "sandbox; default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'; \
             base-uri 'none'; frame-ancestors 'self'"
        )
    );
}

#[test]
fn what_header_fields_carry_is_decoded_for_the_owner_alone() {
    let server = Server::start();
    let bin = server.bin();
    let text = |bin: &Bin, n: u64| {
        seen(
            &server
                .get(&bin.page(&format!("/requests/{n}?part=detail")))
                .text(),
        )
    };
    let headers = [
        "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJpYXQiOjE3OTU2MDQ5NDF9.",
        "ce-specversion: 1.0",
        "ce-id: 7",
        "ce-source: /shop",
        "ce-type: order.made",
    ];
    let own = text(&bin, send(&server, &bin, &headers, b"hello"));
    for wanted in [
        "JSON Web Token in Authorization, decoded, not verified",
        "25 Nov 2026, 11:09:01 UTC",
        "CloudEvent order.made from /shop, binary mode",
    ] {
        assert!(own.contains(wanted), "{wanted}: {own}");
    }
    let n = send(
        &server,
        &bin,
        &["Authorization: Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="],
        b"x",
    );
    let own = text(&bin, n);
    assert!(
        own.contains("Aladdin") && own.contains("open:sesame"),
        "{own}"
    );
    let path = format!("/bins/{}/share", bin.id);
    let (status, share) = server.api("POST", &path, Some(&bin.key), Some(&json!({})));
    assert_eq!(status, 201, "{share}");
    let reader = Bin {
        id: bin.id.clone(),
        key: share["key"].as_str().unwrap().to_owned(),
    };
    let theirs = text(&reader, n);
    assert!(theirs.contains("•••"), "{theirs}");
    assert!(
        !theirs.contains("Aladdin") && !theirs.contains("Basic credentials"),
        "{theirs}"
    );

    // What is masked in a form is not told by its compression either, however it is said.
    let coded = ["Content-Encoding: identity", "Content-Encoding: gzip"];
    let n = send(&server, &bin, &coded, &gzip(b"a=1&password=s3cr3t"));
    assert!(text(&bin, n).contains("s3cr3t"));
    let theirs = text(&reader, n);
    assert!(
        !theirs.contains("s3cr3t") && theirs.contains("This body is withheld"),
        "{theirs}"
    );
}

#[test]
fn a_large_body_opens_at_once_and_is_had_whole() {
    let server = Server::with(&["--max-body", "80M"]);
    let bin = server.bin_with(&json!({ "body_limit": 80_000_000 }));
    let n = send(&server, &bin, &[], &vec![0; 10 * 1024 * 1024]);
    let html = body_of(&server, &bin, n, "");
    assert!(html.len() < 100_000, "{}", html.len());
    assert!(seen(&html).contains("Bytes 0 to 4,095 of 10,485,760."));
    // A JSON of 64 MB, and ten thousand arrays in each other.
    let json = ["Content-Type: application/json"];
    let huge = format!("[{}1]", format!("\"{:061}\",", 7).repeat(1_000_000));
    assert_eq!(huge.len(), 64_000_003);
    let n = send(&server, &bin, &json, huge.as_bytes());
    let html = body_of(&server, &bin, n, "");
    assert!(html.len() < 1_000_000, "{}", html.len());
    assert!(seen(&html).contains("1,000 of 1,000,003 lines shown."));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let n = send(&server, &bin, &json, deep.as_bytes());
    let text = seen(&body_of(&server, &bin, n, ""));
    let said = "nested deeper than 128 levels at line 1, column 129. Shown as text";
    assert!(text.contains(said), "{text:.500}");
}
