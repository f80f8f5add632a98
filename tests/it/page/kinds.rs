//! One body of each kind on the page of its request: its view, and what is said of it.

use super::capture::seen;
use super::viewers::{PNG, body_of, send};
use crate::support::Server;

const MULTIPART: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--";

/// The same without its end.
const UNCLOSED: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\nContent-Type: text/plain\r\n\r\nhello";

/// What bodies are called, they, the view that they open with, and what is read there.
const KINDS: &[(&str, &[u8], &str, &[&str])] = &[
    (
        "application/json",
        br#"{"a":{"b":1}}"#,
        "Pretty",
        &["\"b\": 1", "application/json, utf-8, 13 bytes"],
    ),
    (
        "application/x-ndjson",
        b"{\"a\":1}\n{\"a\":",
        "Pretty",
        &[
            "2 values, one a line",
            "Not valid JSON in line 2: the input ends too early at column 6.",
        ],
    ),
    (
        "application/json",
        b"{\"a\":1,\"a\":2}",
        "Pretty",
        &["The key \"a\" is there more than once: lines 2, 3."],
    ),
    (
        "application/json",
        b"[1, oops]",
        "Raw",
        &["Not valid JSON: this begins no JSON value at line 1, column 5."],
    ),
    // body-08
    (
        "application/x-www-form-urlencoded; charset=windows-1255",
        b"title=\xf9\xec\xe5\xed",
        "Fields",
        &["שלום", "windows-1255"],
    ),
    // body-11
    (
        "multipart/form-data; boundary=b",
        MULTIPART.as_bytes(),
        "Parts",
        &[
            "notes.txt · text/plain",
            "5 B",
            "hello",
            "Header fields of this part",
        ],
    ),
    (
        "multipart/form-data; boundary=b",
        UNCLOSED.as_bytes(),
        "Parts",
        &["The closing boundary is missing"],
    ),
    (
        "multipart/form-data; boundary=other",
        MULTIPART.as_bytes(),
        "Raw",
        &["its boundary does not occur"],
    ),
    (
        "text/xml",
        b"<s:Envelope xmlns:s='x'><s:Body/></s:Envelope>",
        "Pretty",
        &["\n  <s:Body/>\n", "utf-8, indented"],
    ),
    (
        "text/xml",
        b"<a><b></a>",
        "Raw",
        &["Not well-formed XML: <b> is not closed by this at line 1, column 7."],
    ),
    ("text/html", b"<p>hi</p>", "Raw", &["<p>hi</p>"]),
    (
        "image/svg+xml",
        b"<svg><g/></svg>",
        "Pretty",
        &["<svg>\n  <g/>\n</svg>"],
    ),
    (
        "text/csv",
        b"a;b\r\n\"x;y\n\";2\r\n3\r\n",
        "Table",
        &[
            "x;y",
            "separated by semicolons",
            "3 rows",
            "Row 3 has another number of cells than the first row.",
        ],
    ),
    (
        "text/plain; charset=koi8-r",
        b"\xcd\xc9\xd2",
        "Raw",
        &["мир", "koi8-r"],
    ),
    (
        "text/plain; charset=odd",
        b"caf\xe9",
        "Raw",
        &["café", "odd, which is not known: read as Latin-1"],
    ),
    (
        "application/jwt",
        b"eyJhbGciOiJub25lIn0.eyJpYXQiOjE3OTU2MDQ5NDF9.",
        "Token",
        &[
            "\"alg\": \"none\"",
            "25 Nov 2026, 11:09:01 UTC",
            "decoded, not verified",
        ],
    ),
    (
        "application/octet-stream",
        b"\0\x01\x02\xff",
        "Hex",
        &["00 01 02 ff"],
    ),
    // body-16: its bytes decide, whatever it is called.
    (
        "text/html",
        PNG,
        "Preview",
        &["PNG, 2 × 1 pixels. Drawn from the bytes as they are."],
    ),
];

#[test]
fn every_kind_of_body_has_its_view_and_says_how_it_was_read() {
    let server = Server::start();
    let bin = server.bin();
    for (content_type, body, tab, texts) in KINDS {
        let n = send(
            &server,
            &bin,
            &[&format!("Content-Type: {content_type}")],
            body,
        );
        let html = body_of(&server, &bin, n, "");
        let text = seen(&html);
        let tabs = html.split("class=\"tabs\"").nth(1).unwrap();
        let current = tabs.split("aria-current=\"true\">").nth(1).unwrap();
        assert_eq!(
            current.split('<').next(),
            Some(*tab),
            "{content_type}: {text}"
        );
        for wanted in *texts {
            assert!(text.contains(wanted), "{wanted:?}: {text}");
        }
        // Another view by its link.
        assert!(seen(&body_of(&server, &bin, n, "&view=hex")).contains("00000000"));
    }
}

#[test]
fn reported_bodies_are_shown_for_what_they_are() {
    let server = Server::start();
    let bin = server.bin();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for (n, (id, texts)) in (1..).zip([
        (
            "body-01",
            &["00 01 02 03", "application/octet-stream, 8 bytes"][..],
        ),
        (
            "body-02",
            &[r#""https:\/\/hooks.example.com\/orders\/7\/checkout""#],
        ),
        (
            "body-04",
            &[
                r#""\u00e9""#,
                r#""\u00E9""#,
                r#""\\u00e9""#,
                r#""\ud83d\ude00""#,
            ],
        ),
        ("body-06", &["\"s-1\"", "utf-8, byte order mark skipped"]),
        ("body-08", &["windows-1255"]),
        ("body-09", &["测试", "gbk"]),
        ("body-10", &["\"greeting\": \"should be visible\""]),
        ("body-14", &["\"ok 😀 done\""]),
        ("body-15", &["x\\x80", "with bytes that are not UTF-8"]),
        ("body-17", &["before⟨NUL⟩after", "13 bytes"]),
        ("body-20", &["⟨U+2028⟩", "⟨U+2029⟩end"]),
        (
            "rnd-07",
            &[
                "1234567890123456789",
                "18446744073709551617",
                "1.10",
                "1e400",
                "is there more than once",
            ],
        ),
    ]) {
        let input = std::fs::read(folder.join(format!("{id}.http"))).unwrap();
        let at = memchr::memmem::find(&input, b"{BIN}").unwrap();
        let path = format!("/{}", bin.id);
        let input = [&input[..at], path.as_bytes(), &input[at + 5..]].concat();
        server.send(input);
        let text = seen(&body_of(&server, &bin, n, ""));
        for wanted in texts {
            assert!(text.contains(wanted), "{id}: {wanted:?}: {text}");
        }
    }
    // body-21: all of a text that is not small, to its last letter.
    let long = format!("{}the end", "A".repeat(20_000));
    let n = send(
        &server,
        &bin,
        &["Content-Type: text/plain"],
        long.as_bytes(),
    );
    assert!(seen(&body_of(&server, &bin, n, "")).contains("AAAthe end"));
}
