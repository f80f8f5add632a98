//! The page of one request.

use crate::support::{Bin, Response, Server};

/// A server with a bin that has one capture, sent with these header lines and this body.
pub(super) fn captured(target: &str, headers: &[&str], body: &[u8]) -> (Server, Bin) {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("/{}{target}", bin.id);
    let reply = server.request("POST", &target, headers, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    (server, bin)
}

/// The part of the page that shows the open request.
pub(super) fn detail(server: &Server, bin: &Bin, query: &str) -> String {
    let page = server.get(&bin.page(&format!("/requests/1?part=detail{query}")));
    assert_eq!(page.status, 200);
    let html = page.text();
    assert!(!html.contains("<html"), "{html}");
    html
}

/// The text of a part of a page: what a reader sees, without tags.
pub(crate) fn seen(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let (_, after) = piece.split_once('>').unwrap_or(("", piece));
        text.push_str(after);
    }
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(text, |text, (escape, c)| text.replace(escape, c))
}

/// The section with that id.
pub(super) fn section<'a>(html: &'a str, id: &str) -> &'a str {
    let start = html
        .find(&format!("<section class=\"sec\" id=\"{id}\""))
        .expect("the section");
    let rest = &html[start..];
    &rest[..rest.find("</section>").unwrap()]
}

pub(super) fn is_a_download(response: &Response, name: &str) {
    assert_eq!(response.status, 200);
    let header = |name| response.header(name).unwrap_or_default();
    assert_eq!(
        header("content-disposition"),
        format!("attachment; filename=\"{name}\"")
    );
    assert_eq!(
        header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(!header("content-type").contains("html"));
}

#[test]
fn rnd_07_json_is_shown_as_it_was_sent() {
    let body =
        br#"{"id":1234567890123456789,"big":18446744073709551617,"price":1.10,"e":1e400,"id":1}"#;
    let (server, bin) = captured("/rnd-07", &["Content-Type: application/json"], body);
    let html = detail(&server, &bin, "");
    let text = seen(section(&html, "body"));
    for line in [
        "\"id\": 1234567890123456789,",
        "\"big\": 18446744073709551617,",
        "\"price\": 1.10,",
        "\"e\": 1e400,",
        "\"id\": 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(html.contains("data-path=\"json.big\""));
}

#[test]
fn a_request_has_a_page_of_its_own_beside_the_list() {
    let (server, bin) = captured("/orders?env=staging", &["User-Agent: x/1"], b"hello");
    let page = server.get(&bin.page("/requests/1")).text();
    assert_eq!(super::rows(&page), [1]);
    assert!(page.contains("data-view=\"detail\"") && page.contains("aria-label=\"Request 1\""));
    let text = seen(&page);
    let url = format!("{}/{}/orders?env=staging", server.base(), bin.id);
    assert!(text.contains(&url), "{url}");
    let missing = server.get(&bin.page("/requests/2"));
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("no request #2"));
    let back = format!("href=\"{}\"", bin.page(""));
    assert!(missing.text().contains(&back), "the way back to the list");
}

#[test]
fn header_fields_are_in_their_order_and_case_with_repeats_counted() {
    let headers = ["x-Dup: 1", "X-Empty:", "X-dup: 2", "Cookie: a=1; b=2"];
    let (server, bin) = captured("/", &headers, b"");
    let html = detail(&server, &bin, "");
    let names: Vec<_> = section(&html, "headers")
        .split("<th scope=\"row\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Host",
            "Content-Length",
            "x-Dup",
            "X-Empty",
            "X-dup",
            "Cookie",
            "Connection"
        ]
    );
    assert_eq!(html.matches(">1 of 2<").count(), 1);
    assert!(seen(section(&html, "cookies")).contains('b'));
}

#[test]
fn hostile_text_is_text_wherever_it_stands() {
    let evil = "<script>alert(1)</script>\u{202e}\"'";
    let headers = [
        format!("X-{}: {evil}", "Evil"),
        format!("Cookie: c={evil}"),
        format!("Content-Type: text/html; charset={evil}"),
    ];
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    let target = "/'%22/?q=%3Cscript%3Ealert(1)%E2%80%AE&'=%22";
    for body in [
        format!(
            "{{\"{}\": \"<script>alert(1)</script>\u{202e}\"}}",
            "<img src=x onerror=alert(1)>\u{202e}"
        ),
        evil.to_owned(),
    ] {
        let (server, bin) = captured(target, &headers, body.as_bytes());
        for query in ["", "&view=text", "&view=hex"] {
            let html = detail(&server, &bin, query);
            assert!(
                !html.contains("<script") && !html.contains("<img"),
                "{html}"
            );
            assert!(!html.contains('\u{202e}'), "{html}");
        }
        let page = server.get(&bin.page("/requests/1"));
        assert!(!page.text().contains("<script>alert"));
        assert!(
            page.header("content-security-policy")
                .unwrap()
                .contains("script-src 'self'")
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_a_window_of_hex() {
    let body: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
    let (server, bin) = captured("/", &["Content-Type: application/octet-stream"], &body);
    let html = detail(&server, &bin, "");
    assert!(html.contains("00000ff0") && !html.contains("00001000"));
    let next = format!("{}?view=hex&amp;offset=4096#body", bin.page("/requests/1"));
    assert!(html.contains(&next), "{next}");
    let html = detail(&server, &bin, "&view=hex&offset=4096");
    assert!(html.contains("00001000") && !html.contains("00000ff0"));
    assert!(seen(&html).contains("Bytes 4,096 to 8,191 of 10,000."));
}

#[test]
fn body_18_json_that_is_none_says_why_and_is_shown_as_text() {
    let (server, bin) = captured(
        "/",
        &["Content-Type: application/json"],
        b"{\"name\":\"\xff\xfe\"}",
    );
    let text = seen(&detail(&server, &bin, ""));
    assert!(
        text.contains("Not valid JSON: this byte is not UTF-8 at line 1, column 10."),
        "{text}"
    );
}

#[test]
fn rnd_06_a_request_without_a_body_has_none_to_show() {
    let server = Server::start();
    let bin = server.bin();
    server.send(format!("GET /{} HTTP/1.0\r\n\r\n", bin.id));
    let html = detail(&server, &bin, "&view=text");
    assert!(seen(section(&html, "body")).contains("none"));
    assert!(!html.contains("class=\"tabs\""));
    assert_eq!(server.get(&bin.page("/requests/1/body")).body, b"");
}

#[test]
fn lim_14_a_large_json_opens_with_its_first_lines_and_a_way_to_more() {
    let body = format!("[{}]", vec!["1"; 1_500_000].join(","));
    let (server, bin) = captured("/", &["Content-Type: application/json"], body.as_bytes());
    let html = detail(&server, &bin, "");
    assert_eq!(html.matches("class=\"ln\"").count(), 1000);
    assert!(seen(&html).contains("1,000 of 1,500,002 lines shown."));
    assert!(html.contains("?view=json&amp;lines=all#body"));
    let more = detail(&server, &bin, "&view=json&lines=all");
    assert_eq!(more.matches("class=\"ln\"").count(), 20_000);
}

#[test]
fn rnd_02_a_body_is_downloaded_to_the_byte_and_never_as_a_page() {
    let body = b"<html><script>alert(1)</script>\r\n\0\xff";
    let (server, bin) = captured("/", &["Content-Type: text/html"], body);
    let download = server.get(&bin.page("/requests/1/body"));
    is_a_download(&download, "request-1.bin");
    assert_eq!(download.body, body);
    assert_eq!(
        download.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(server.get(&bin.page("/requests/2/body")).status, 404);
}

#[test]
fn a_request_is_had_in_other_forms() {
    let (server, bin) = captured("/a?b=c", &["Content-Type: text/plain", "X-A: it's"], b"hi");
    let curl = server.get(&bin.page("/requests/1/as/curl"));
    is_a_download(&curl, "request-1.sh");
    let url = format!("curl '{}/{}/a?b=c'", server.base(), bin.id);
    assert!(curl.text().starts_with(&url), "{}", curl.text());
    assert!(curl.text().contains(r"-H 'X-A: it'\''s'"));
    // The command may be shown to others: it opens nothing.
    assert!(!curl.text().contains(&bin.key));
    let http = server.get(&bin.page("/requests/1/as/http"));
    is_a_download(&http, "request-1.http");
    assert!(http.text().ends_with("\r\n\r\nhi"));
    assert_eq!(server.get(&bin.page("/requests/1/as/cobol")).status, 404);
}

#[test]
fn a_body_that_was_cut_says_where_and_why() {
    let server = Server::with(&["--max-body", "1k"]);
    let bin = server.bin();
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(2000));
    let reply = server.request(
        "POST",
        &format!("/{}", bin.id),
        &["Content-Type: application/json"],
        body.as_bytes(),
    );
    assert_eq!(reply.status, 413);
    let text = seen(&detail(&server, &bin, ""));
    for words in [
        "The body is larger than this bin takes. Of 2,008 bytes the first 1,024 are kept.",
        "The kept bytes end here: 984 more bytes were sent.",
        "A body that was cut is not whole JSON.",
        "2,008 B 1,024 kept",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
