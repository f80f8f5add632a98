//! The list of a bin.

use super::rows;
use crate::support::{Server, eventually};

#[test]
fn a_test_request_is_one_of_hookwells_own() {
    let server = Server::start();
    let bin = server.bin();
    let sent = server.form(&bin.page("/test"), "", "");
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, Some(bin.page("").as_str()))
    );
    let capture = server.capture(&bin, 1);
    assert_eq!(
        (capture["method"].as_str(), capture["path"].as_str()),
        (Some("POST"), Some("/hello"))
    );
    assert_eq!(capture["client"], "127.0.0.1");
    let agent = concat!("hookwell/", env!("CARGO_PKG_VERSION"));
    assert!(
        capture["headers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|header| header["value"] == agent)
    );
    assert_eq!(rows(&server.get(&bin.page("")).text()), [1]);
}

#[test]
fn older_requests_are_behind_a_link() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..51 {
        server.post(&bin, "/x", b"");
    }
    let html = server.get(&bin.page("")).text();
    assert_eq!(rows(&html), (2..=51).rev().collect::<Vec<_>>());
    let link = bin.page("?before=2");
    assert!(html.contains(&format!("href=\"{link}\"")));
    let older = server.get(&link).text();
    assert_eq!(rows(&older), [1]);
    // Only the newest page is live, and renews itself where there is no script.
    assert!(html.contains("http-equiv=\"refresh\"") && html.contains("data-stream="));
    assert!(!older.contains("http-equiv=\"refresh\"") && !older.contains("data-stream="));
    let part = server.get(&bin.page("?part=list")).text();
    assert_eq!(rows(&part).len(), 50);
    assert!(!part.contains("<html"));
}

#[test]
fn hostile_text_in_a_row_is_text() {
    let server = Server::start();
    let bin = server.bin();
    let agent = "User-Agent: <script>alert(1)</script>\u{202e}";
    server.request(
        "GET",
        &format!("/{}/\"'%3Cx%3E?a=<b>&c='\"", bin.id),
        &[agent],
        b"",
    );
    server.request("GET", &format!("/{}/ok?x='%22", bin.id), &[agent], b"");
    let html = server.get(&bin.page("")).text();
    assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'));
    assert!(html.contains("&#60;script&#62;alert"));
}

#[test]
fn what_was_refused_is_counted_and_shown() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/x", b"");
    let answer = server.send(format!(
        "GET /{}/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        bin.id
    ));
    assert_eq!(answer.status, 400);
    let html = eventually("the refusal is counted", || {
        let html = server.get(&bin.page("")).text();
        html.contains("1 refused").then_some(html)
    });
    assert!(html.contains(&bin.page("/refused")));
    let refused = server.get(&bin.page("/refused")).text();
    assert!(refused.contains("Not readable as HTTP"));
    assert!(refused.contains(&format!("GET /{}/a HTTP/1.1", bin.id)));
}
