//! Replays by the forms of the page: as captured, changed, signed again, in copies.

use std::fmt::Write as _;

use serde_json::json;

use super::ALLOW;
use crate::support::{Bin, Browser, Response, Server, Target, eventually};

/// Fields as a browser sends them.
fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        write!(text, "{}{name}=", if text.is_empty() { "" } else { "&" }).unwrap();
        for byte in value.bytes() {
            write!(text, "%{byte:02X}").unwrap();
        }
    }
    text
}

fn send(server: &Server, bin: &Bin, n: u64, fields: &[(&str, &str)]) -> Response {
    server.form(
        &bin.page(&format!("/requests/{n}/replay")),
        "",
        &form(fields),
    )
}

/// What stands in a field of the form.
fn typed(html: &str, id: &str) -> String {
    let after = html.split_once(&format!("id=\"{id}\"")).unwrap().1;
    let after = after.split_once('>').unwrap().1;
    let inside = after.split_once("</textarea>").unwrap().0;
    let text = inside.strip_prefix('\n').unwrap_or(inside);
    let text = text.replace("&#34;", "\"").replace("&#38;", "&");
    text.replace('\n', "\r\n")
}

#[test]
fn what_was_not_touched_goes_out_byte_for_byte() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let body = "{\"a\": \"b\"}\nline\n\n";
    let head = format!(
        "PUT /{}/x HTTP/1.1\r\nHost: h\r\nX-CASE:1\r\nx-odd:  caf\u{e9} \r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bin.id,
        body.len()
    );
    let latin: Vec<u8> = head
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(server.send([&latin, body.as_bytes()].concat()).status, 200);
    let html = server.get(&bin.page("/requests/1/replay")).text();
    let (headers, edited) = (typed(&html, "headers"), typed(&html, "edit-body"));
    assert!(
        headers.contains("X-CASE: 1\r\nx-odd: caf\u{e9}"),
        "{headers}"
    );
    let target = Target::start();
    let to = target.url("/in");
    let all = [
        ("to", &*to),
        ("method", "PUT"),
        ("headers", &*headers),
        ("body", &*edited),
        ("signature", "same"),
        ("copies", "1"),
    ];
    let sent = send(&server, &bin, 1, &all);
    assert_eq!(
        sent.header("location"),
        Some(&*bin.page("/requests/1#forwards")),
        "{}",
        sent.text()
    );
    let short = send(&server, &bin, 1, &[("to", &to)]);
    assert_eq!(short.status, 303);
    let arrived = target.heard();
    assert_eq!(arrived.len(), 2);
    for one in &arrived {
        assert_eq!(one.body, body.as_bytes());
        assert!(one.head.starts_with("PUT /in HTTP/1.1\r\n"), "{}", one.head);
        assert!(
            one.head.contains("X-CASE: 1\r\nx-odd: caf\u{fffd}\r\n"),
            "{}",
            one.head
        );
    }
    assert_eq!(arrived[0].head, arrived[1].head);
}

#[test]
fn a_request_is_changed_before_it_goes_out() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "/orders", b"{\"id\": 1}\r\n");
    let target = Target::start();
    let to = target.url("/in");
    let fields = [
        ("to", &*to),
        ("method", "patch"),
        ("headers", "Content-Type: text/plain\r\nX-New: 1\r\n"),
        ("body", "{\"id\": 2}\r\nmore"),
        ("keep_path", "on"),
    ];
    assert_eq!(send(&server, &bin, 1, &fields).status, 303);
    let arrived = &target.heard()[0];
    assert!(
        arrived.head.starts_with("patch /in/orders HTTP/1.1\r\n"),
        "{}",
        arrived.head
    );
    assert_eq!(arrived.fields("content-type"), ["text/plain"]);
    assert_eq!(arrived.fields("x-new"), ["1"]);
    assert_eq!(arrived.body, b"{\"id\": 2}\r\nmore");
    // What is no text, or much, stays as it is and says so.
    server.post(&bin, "/binary", b"\0\xff");
    server.post(&bin, "/large", &vec![b'x'; 20_000]);
    for (n, said) in [
        (2, "Its 2 bytes are no text"),
        (3, "Its 20,000 bytes are more than can be edited here"),
    ] {
        let html = server
            .get(&bin.page(&format!("/requests/{n}/replay")))
            .text();
        assert!(html.contains(said), "{html}");
        assert_eq!(
            send(&server, &bin, n, &[("to", &to), ("body", "x")]).status,
            303
        );
    }
    assert_eq!(
        (&*target.heard()[1].body, target.heard()[2].body.len()),
        (&b"\0\xff"[..], 20_000)
    );
}

#[test]
fn what_is_signed_again_is_valid_where_it_arrives() {
    let server = Server::with(&ALLOW);
    let own = json!({
        "header": "X-Mine", "prefix": "v=", "algorithm": "hmac-sha256", "encoding": "base64",
        "signed": "{timestamp}.{body}", "timestamp_header": "X-Time", "secret": "mine"
    });
    let settings = [
        (
            "stripe",
            json!({ "secrets": { "stripe": ["whsec_right"] } }),
        ),
        ("own", json!({ "signature": own, "tolerance_s": 60 })),
    ];
    for (name, settings) in settings {
        let (from, there) = (server.bin_with(&settings), server.bin_with(&settings));
        let fields = [
            "Stripe-Signature: t=1,v1=00",
            "X-Mine: v=00",
            "X-Time: 1",
            "Content-Type: application/json",
        ];
        let path = format!("/{}", from.id);
        let body = br#"{"id": "evt_1", "object": "event", "type": "x"}"#;
        assert_eq!(server.request("POST", &path, &fields, body).status, 200);
        let html = server.get(&from.page("/requests/1")).text();
        assert!(
            html.contains(&format!("name=\"signature\" value=\"{name}\"")),
            "{html}"
        );
        let to = format!("{}/{}", server.base(), there.id);
        for signature in ["same", name] {
            let sent = send(&server, &from, 1, &[("to", &to), ("signature", signature)]);
            assert_eq!(sent.status, 303, "{}", sent.text());
        }
        let states: Vec<_> = server
            .captures(&there)
            .into_iter()
            .map(|capture| capture["verdict"]["state"].clone())
            .collect();
        assert_eq!(states, ["invalid", "valid"], "{name}");
        // The API calls it the same.
        let order = json!({ "url": to, "sign": name });
        assert_eq!(super::replay(&server, &from, 1, &order).0, 201);
        assert_eq!(
            server.capture(&there, 3)["verdict"]["state"],
            "valid",
            "{name}"
        );
    }
}

#[test]
fn the_answers_to_copies_are_compared() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let target = Target::answering(|number, heard| {
        let status = if heard.head.starts_with("POST /once") && number > 0 {
            409
        } else {
            200
        };
        format!("HTTP/1.1 {status} x\r\nContent-Length: 2\r\n\r\nok").into_bytes()
    });
    for (path, said) in [
        (
            "/once",
            "3 copies were sent at once: all were answered with the same body, but not with the same status.",
        ),
        (
            "/each",
            "3 copies were sent at once: all were answered with the same status and body.",
        ),
    ] {
        let to = target.url(path);
        let answer = send(&server, &bin, 1, &[("to", &to), ("copies", "3")]);
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    assert_eq!(target.heard().len(), 6);
}

#[test]
fn what_cannot_be_sent_is_told_beside_what_was_typed() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let good = "http://127.0.0.1:9/";
    for (field, value, said) in [
        ("to", "ftp://x/", "http"),
        ("to", "http://10.0.0.1/", "10.0.0.1"),
        ("method", "NO WAY", "Expected a method such as POST."),
        (
            "headers",
            "no colon &",
            "Expected a line such as Name: value",
        ),
        ("headers", "a b: c", "is no name of a header field"),
        ("copies", "21", "Expected 1 to 20."),
        ("copies", "x", "Expected 1 to 20."),
        (
            "signature",
            "stripe",
            "The bin has no secret of Stripe to sign with.",
        ),
        (
            "signature",
            "own",
            "The bin has no signature of its own to sign with.",
        ),
    ] {
        let mut fields = vec![("to", good), ("body", "typed <b>"), ("method", "PUT")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let answer = send(&server, &bin, 1, &fields);
        let html = answer.text();
        assert_eq!(answer.status, 422, "{field}: {html}");
        assert!(html.contains(said), "{said}: {html}");
        assert!(html.contains("typed &#60;b&#62;"), "{field}: {html}");
        if field != "signature" {
            assert_eq!(
                html.matches("aria-invalid=\"true\"").count(),
                1,
                "{field}: {html}"
            );
            assert!(
                html.contains(&value.replace('&', "&#38;")),
                "{field}: {html}"
            );
        }
    }
    assert_eq!(super::attempts(&server, &bin, 1).len(), 0);
    assert_eq!(server.get(&bin.page("/requests/9/replay")).status, 404);
}

#[test]
fn a_person_edits_a_replay_and_finds_the_answer_beside_the_request() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "/x", b"{\"a\": 1}");
    let target = Target::start();
    let browser = Browser::open();
    browser.goto(&format!(
        "{}{}",
        server.base(),
        bin.page("/requests/1?q=path:/x")
    ));
    browser.click(".acts .menu:has([name=to]) > summary");
    browser.click(".pop.replay a[href*='/replay']");
    browser.until("document.getElementById('edit-body')");
    browser.run(&format!(
        "document.getElementById('to').value = '{}'; document.getElementById('edit-body').value += '\\nmore'",
        target.url("/in")
    ));
    browser.click("main form .btn.main");
    browser.until("location.pathname.endsWith('/requests/1') && location.search === '?q=path:/x'");
    eventually("the request", || (target.heard().len() == 1).then_some(()));
    assert_eq!(target.heard()[0].body, b"{\"a\": 1}\nmore");
    assert!(
        browser.text("#forwards").contains("200 OK"),
        "{}",
        browser.text("#forwards")
    );
    assert_eq!(browser.complaints(), [""; 0]);
}
