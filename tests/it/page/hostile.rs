//! Bodies that would make a page many times their size.

use crate::support::{Bin, Server};

/// How large a page may be that shows a body of a mebibyte, whatever that is.
const FIRST: usize = 3 << 20;

/// The same where all that can be shown is asked for, and for a comparison.
const ALL: usize = 9 << 20;

const MIB: usize = 1 << 20;

/// A body out of one piece, again and again.
fn of(piece: &str) -> Vec<u8> {
    piece.repeat(MIB / piece.len()).into_bytes()
}

/// Names, media types and bodies.
fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let json = |piece: &str| {
        let mut body = b"[0".to_vec();
        body.extend(of(piece));
        body.push(b']');
        body
    };
    let deep = |open: &str, close: &str| {
        let leaf = "0,".repeat(MIB / 2 - 200) + "0";
        format!("{}{leaf}{}", open.repeat(100), close.repeat(100)).into_bytes()
    };
    let long = format!("{{\"{}\":[0", "k".repeat(990));
    vec![
        ("empty arrays", "application/json", json(",[]")),
        ("numbers", "application/json", json(",1")),
        ("pairs", "application/json", json(",{\"a\":1}")),
        (
            "unseen",
            "application/json",
            json(",\"\u{202e}\u{202e}\u{202e}\u{202e}\""),
        ),
        (
            "one unseen string",
            "application/json",
            format!("\"{}\"", "\u{202e}".repeat(300_000)).into_bytes(),
        ),
        ("marks", "application/json", json(",\"<<<<&&&&\"")),
        ("deep", "application/json", deep("[", "]")),
        (
            "long paths",
            "application/json",
            [long.as_bytes(), &of(",1"), b"]}"].concat(),
        ),
        ("lines", "application/x-ndjson", of("[]\n")),
        ("lines that are none", "application/x-ndjson", of("[<\n")),
        ("commas", "text/csv", of(",")),
        (
            "wide and then narrow",
            "text/csv",
            [",".repeat(199).as_bytes(), b"\n", &of("a\n")].concat(),
        ),
        ("rows", "text/csv", of("\n")),
        ("cells of marks", "text/csv", of("<,")),
        ("unseen cells", "text/csv", of("\u{202e},")),
        ("ampersands", "application/x-www-form-urlencoded", of("a&")),
        (
            "unseen fields",
            "application/x-www-form-urlencoded",
            of("%00=%00&"),
        ),
        (
            "one unseen field",
            "application/x-www-form-urlencoded",
            of("%00"),
        ),
        (
            "elements",
            "application/xml",
            [&b"<a>"[..], &of("<b/>"), b"</a>"].concat(),
        ),
        ("open elements", "application/xml", of("<a>")),
        ("lines of text", "text/plain", of("\n")),
        ("text of marks", "text/plain", of("<")),
        ("unseen text", "text/plain", of("\u{1}")),
        (
            "parts",
            "multipart/form-data; boundary=a",
            of("--a\r\n\r\n<\r\n"),
        ),
        ("bytes", "application/octet-stream", of("\0")),
    ]
}

/// Sends a body and gives its number.
fn sent(server: &Server, bin: &Bin, media_type: &str, body: &[u8]) -> String {
    let kind = format!("Content-Type: {media_type}");
    let answer = server.request("POST", &format!("/{}", bin.id), &[&kind], body);
    assert_eq!(answer.status, 200);
    answer.header("x-hookwell-request").unwrap().to_owned()
}

fn expect_bounded(server: &Server, bin: &Bin, what: &str, below: &str, most: usize) {
    let page = server.get(&bin.page(below));
    assert_eq!(page.status, 200, "{what}: {below}");
    let size = page.body.len();
    assert!(size <= most, "{what}: {size} bytes of {below}");
}

#[test]
fn no_body_makes_a_page_without_bound() {
    let server = Server::start();
    let bin = server.bin();
    for (name, media_type, body) in bodies() {
        let n = sent(&server, &bin, media_type, &body);
        for (query, most) in [("", FIRST), ("?lines=all", ALL)] {
            let below = format!("/requests/{n}{query}");
            expect_bounded(&server, &bin, name, &below, most);
        }
        // What is left out is said, with the way to all of it.
        let text = server.get(&bin.page(&format!("/requests/{n}"))).text();
        assert!(text.contains(&format!("/requests/{n}/body")), "{name}");
    }
}

#[test]
fn no_two_bodies_make_a_comparison_without_bound() {
    let server = Server::start();
    let bin = server.bin();
    for (name, media_type, body) in bodies() {
        let mut other = body.clone();
        other.truncate(body.len() / 2);
        other.extend_from_slice(b"x");
        let a = sent(&server, &bin, media_type, &body);
        let b = sent(&server, &bin, media_type, &other);
        let below = format!("/compare?a={a}&b={b}&show=all");
        expect_bounded(&server, &bin, name, &below, ALL);
    }
}
