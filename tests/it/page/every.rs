//! What holds for every page.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Bin, Response, Server};

/// The policy of every page: nothing inline, nothing from elsewhere, in nobody's frame.
const POLICY: [&str; 6] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
];

/// A bin with three requests, one of them hostile.
fn filled(server: &Server) -> Bin {
    let bin = server.bin_with(&json!({ "name": "<b>'\"&" }));
    server.post(&bin, "/orders?x=1", br#"{"id": 1}"#);
    let script = "<script>alert(1)</script><p onclick=alert(1) style=color:red>";
    let field = format!("X-Html: {script}");
    server.request(
        "POST",
        &format!("/{}/html", bin.id),
        &[&field, "Content-Type: text/html"],
        script.as_bytes(),
    );
    server.request("GET", &format!("/{}", bin.id), &[], b"");
    bin
}

/// All addresses of pages about a bin.
fn pages(bin: &Bin) -> Vec<String> {
    let below = [
        "",
        "?before=3",
        "?part=list",
        "/requests/1",
        "/requests/2",
        "/requests/2?view=text",
        "/requests/2?view=hex",
        "/requests/3",
        "/requests/3?part=detail",
        "/refused",
        "/compare",
        "/compare?a=1&b=2&show=all",
        "/clear",
        "/delete",
        "/settings",
        "/share",
        "/share?n=2",
        "/sample",
    ];
    below.map(|below| bin.page(below)).to_vec()
}

#[track_caller]
fn expect_page(answer: &Response, status: u16, address: &str) {
    assert_eq!(answer.status, status, "{address}: {}", answer.text());
    let header = |name: &str| answer.header(name).unwrap_or_default();
    assert_eq!(
        header("content-type"),
        "text/html; charset=utf-8",
        "{address}"
    );
    for part in POLICY {
        assert!(
            header("content-security-policy").contains(part),
            "{address}"
        );
    }
    assert!(!header("content-security-policy").contains("unsafe"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "private, no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(header(name), value, "{address}: {name}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

/// Asserts that the HTML has no code and no style of its own, and no id twice.
#[track_caller]
fn expect_plain(html: &str, address: &str) {
    let mut ids = BTreeSet::new();
    // Text holds no `<`: what begins with one is a tag.
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.split([' ', '\n']).next().unwrap();
        assert!(name != "style", "{address}: {tag}");
        assert!(
            name != "script" || tag.contains(" src=\"/static/"),
            "{address}: {tag}"
        );
        // Values hold no `"`: every second piece is one.
        for attribute in tag.split('"').step_by(2) {
            let attribute = attribute.trim_start().to_ascii_lowercase();
            let bad = attribute.starts_with("on") && attribute.ends_with('=');
            assert!(!bad && !attribute.ends_with(" style="), "{address}: {tag}");
        }
        if let Some((_, rest)) = tag.split_once(" id=\"") {
            let id = rest.split('"').next().unwrap().to_owned();
            assert!(ids.insert(id), "{address}: {tag} is there twice");
        }
    }
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let server = Server::start();
    let bin = filled(&server);
    let empty = server.bin();
    let mut all = pages(&bin);
    all.extend(pages(&empty).into_iter().filter(|page| {
        !page.contains("/requests/") && !page.contains("/compare") && !page.contains("before=")
    }));
    all.push("/".to_owned());
    for address in all {
        let answer = server.get(&address);
        expect_page(&answer, 200, &address);
        expect_plain(&answer.text(), &address);
    }
}

#[test]
fn what_is_not_there_is_a_page_too() {
    let server = Server::start();
    let bin = filled(&server);
    let unknown = Bin {
        id: bin.id.clone(),
        key: bin.id.clone(), // What every sender knows opens nothing.
    };
    for address in pages(&unknown)
        .into_iter()
        .filter(|page| !page.ends_with("/stream"))
    {
        let answer = server.get(&address);
        expect_page(&answer, 404, &address);
        assert!(!answer.text().contains("orders"), "{address}");
        assert_eq!(answer.header("set-cookie"), None, "{address}");
    }
    for below in [
        "/requests/4",
        "/requests/0",
        "/requests/99999999999999999999",
        "/requests/x",
        "/nothing",
    ] {
        expect_page(&server.get(&bin.page(below)), 404, below);
    }
    for (method, address) in [
        ("POST", bin.page("")),
        ("DELETE", bin.page("/settings")),
        ("GET", bin.page("/requests/1/delete")),
    ] {
        let answer = server.request(
            method,
            &address,
            &["Accept: text/html", "Sec-Fetch-Site: same-origin"],
            b"",
        );
        expect_page(&answer, 405, &address);
    }
    server.form(&bin.page("/delete"), "", "");
    for address in pages(&bin) {
        let answer = server.get(&address);
        expect_page(&answer, 410, &address);
        assert!(!answer.text().contains("orders"), "{address}");
    }
}

#[test]
fn looking_changes_nothing() {
    let server = Server::start();
    let bin = filled(&server);
    let before = server.show(&bin);
    for address in pages(&bin) {
        for method in ["GET", "HEAD"] {
            server.request(method, &address, &["Accept: text/html"], b"");
        }
    }
    for below in ["/requests/1/delete", "/test", "/forget"] {
        assert_eq!(server.get(&bin.page(below)).status, 405, "{below}");
    }
    assert_eq!(server.show(&bin), before);
    assert_eq!(server.captures(&bin).len(), 3);
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let server = Server::start();
    let bin = filled(&server);
    let before = server.show(&bin);
    let forms = [
        ("/".to_owned(), "name=x"),
        (bin.page("/clear"), ""),
        (bin.page("/delete"), ""),
        (bin.page("/requests/1/delete"), ""),
        (bin.page("/settings"), "section=general&name=evil"),
        (
            bin.page("/signing"),
            "act=add&provider=stripe&secret=whsec_x",
        ),
        (bin.page("/requests/1/mark"), "pinned=yes"),
        (bin.page("/share"), ""),
        (bin.page("/share/1/revoke"), ""),
        (bin.page("/test"), ""),
        (bin.page("/sample"), "what=stripe/invoice.paid"),
        (bin.page("/forget"), ""),
        ("/theme".to_owned(), "theme=dark"),
    ];
    for (address, fields) in &forms {
        for marks in [
            &["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"][..],
            &["Sec-Fetch-Site: same-site"],
            &["Origin: https://evil.example"],
            &["Origin: null"],
        ] {
            let form = [
                "Content-Type: application/x-www-form-urlencoded",
                "Accept: text/html",
            ];
            let headers = [&form[..], marks].concat();
            let answer = server.request("POST", address, &headers, fields.as_bytes());
            assert_eq!(answer.status, 403, "{address} {marks:?}");
            assert_eq!(answer.header("set-cookie"), None, "{address} {marks:?}");
        }
    }
    assert_eq!(server.show(&bin), before);
}

#[test]
fn rnd_02_a_body_is_handed_out_as_a_file_that_runs_nothing() {
    let server = Server::start();
    let bin = filled(&server);
    let answer = server.get(&bin.page("/requests/2/body"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, server.body(&bin, 2));
    let header = |name: &str| answer.header(name).unwrap_or_default();
    assert!(
        !header("content-type").contains("html"),
        "{}",
        header("content-type")
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment"));
    assert!(header("content-security-policy").contains("sandbox"));
}

#[test]
fn a_page_stays_small() {
    let server = Server::start();
    let bin = server.bin();
    let request = format!(
        "POST /{}/orders/created?source=checkout&attempt=1 HTTP/1.1\r\nHost: h\r\nUser-Agent: okhttp/4.12\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        bin.id
    );
    let mut connection = server.connect();
    for _ in 0..1000 {
        connection.send(&request).unwrap();
        assert_eq!(connection.receive().unwrap().status, 200);
    }
    let html = server.get(&bin.page("")).text();
    assert_eq!(super::rows(&html).len(), 50);
    assert!(html.len() <= 100 * 1024, "{} bytes", html.len());

    // All scripts together, those that others load among them.
    let folder = html.split('"').find(|piece| piece.ends_with("/page.js"));
    let folder = folder.unwrap().strip_suffix("page.js").unwrap().to_owned();
    let waiting = server.get(&server.bin().page("")).text();
    let (mut found, mut left, mut size) = (BTreeSet::new(), vec![html, waiting], 0);
    while let Some(text) = left.pop() {
        for piece in text
            .split(['"', '\''])
            .filter(|piece| piece.strip_suffix(".js").is_some())
        {
            // A module names its neighbours as ./name.js.
            let name = piece.rsplit('/').next().unwrap();
            if found.insert(name.to_owned()) {
                let script = server.get(&format!("{folder}{name}"));
                assert_eq!(script.status, 200, "{piece}");
                size += script.body.len();
                left.push(script.text());
            }
        }
    }
    assert!(found.len() >= 8, "{found:?}");
    assert!(size <= 30 * 1024, "{size} bytes in {found:?}");
}
