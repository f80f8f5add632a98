//! Two requests side by side.

use super::capture::seen;
use crate::support::{Bin, Browser, Server};

/// A bin with two JSON requests that differ a little.
fn pair(server: &Server) -> Bin {
    let bin = server.bin();
    let json = "Content-Type: application/json";
    for (signature, body) in [
        (
            "X-Signature: t=17,v1=ab",
            r#"{"id": 1, "amount": 1.0, "same": [1, 2, 3, 4, 5, 6], "gone": "<b>", "a": 1, "b": 2}"#,
        ),
        (
            "X-Signature: t=18,v1=cd",
            r#"{"id": 2, "amount": 1, "same": [1, 2, 3, 4, 5, 6], "b": 2, "a": 1}"#,
        ),
    ] {
        let target = format!("/{}/orders?x=1", bin.id);
        let fields = [json, signature];
        server.request("POST", &target, &fields, body.as_bytes());
    }
    bin
}

#[test]
fn two_requests_stand_side_by_side() {
    let server = Server::start();
    let bin = pair(&server);
    let html = server.get(&bin.page("/compare?a=1&b=2")).text();
    let text = seen(&html);
    for words in [
        "2 differences in the body, 2 in headers",
        "1 moved, 1 written otherwise",
        "lines the same",
        "form of the number",
        "Request line and query the same.",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(html.contains("<del>1</del>") && html.contains("<ins>2</ins>"));
    assert!(html.contains("compare?a=2&#38;b=1\""), "swap");
    let all = seen(&server.get(&bin.page("/compare?a=1&b=2&show=all")).text());
    assert!(!all.contains("lines the same"), "{all}");
    // The one before is what the newest is compared with.
    let title = "#1 and #2 compared";
    assert!(server.get(&bin.page("/compare")).text().contains(title));
    let gone = server.get(&bin.page("/compare?a=1&b=9"));
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("There is no request #9"));
    assert!(gone.text().contains(&format!("href=\"{}\"", bin.page(""))));
    let open = server.get(&bin.page("/requests/2")).text();
    assert!(open.contains(&bin.page("/compare?a=1&amp;b=2")));
}

#[test]
fn the_order_of_keys_counts_unless_it_is_not_wanted_to() {
    let server = Server::start();
    let bin = pair(&server);
    let address = bin.page("/compare?a=1&b=2");
    let html = server.get(&address).text();
    assert!(
        seen(&html).contains("1 moved") && seen(&html).contains("key order"),
        "{html}"
    );
    assert!(html.contains("&#38;keys=any\">Any order"), "{html}");
    let html = server.get(&format!("{address}&keys=any")).text();
    let text = seen(&html);
    assert!(
        !text.contains("1 moved") && text.contains("2 differences in the body"),
        "{text}"
    );
    // Only where there is something to choose.
    let same = server.get(&bin.page("/compare?a=1&b=1")).text();
    assert!(!same.contains("keys=any"), "{same}");
}

#[test]
fn the_same_body_is_said_in_one_line() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..2 {
        server.post(&bin, "/x", b"\0\x01");
    }
    let text = seen(&server.get(&bin.page("/compare?a=1&b=2")).text());
    assert!(text.contains("Byte for byte the same."), "{text}");
    server.post(&bin, "/x", b"\0\x02");
    let text = seen(&server.get(&bin.page("/compare?a=2&b=3")).text());
    let words = "The first byte that differs is at offset 1.";
    assert!(text.contains(words), "{text}");
}

#[test]
fn compressed_bodies_are_compared_as_what_they_hold() {
    let server = Server::start();
    let bin = server.bin();
    for body in [r#"{"id": 1, "same": true}"#, r#"{"id": 2, "same": true}"#] {
        let target = format!("/{}", bin.id);
        let fields = ["Content-Type: application/json", "Content-Encoding: gzip"];
        let body = super::viewers::gzip(body.as_bytes());
        server.request("POST", &target, &fields, &body);
    }
    let html = server.get(&bin.page("/compare?a=1&b=2")).text();
    let text = seen(&html);
    assert!(text.contains("1 difference in the body"), "{text}");
    assert!(text.contains("The body of A was sent compressed"), "{text}");
    assert!(html.contains("<del>1</del>") && html.contains("<ins>2</ins>"));
}

#[test]
fn a_browser_shows_it_and_goes_from_link_to_link() {
    let server = Server::start();
    let bin = pair(&server);
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("/requests/2")));
    browser.click("summary[title='Compare with']");
    browser.click(".pop a[href*='/compare?a=1']");
    browser.until("document.querySelector('table.diff del')");
    browser.click(".versus > a[title='Swap A and B']");
    browser.until("location.search === '?a=2&b=1'");
    browser.click(".difftools .tabs a:last-child");
    browser.until("location.search.endsWith('show=all')");
    // From difference to difference, by links alone.
    browser.click(".difftools a[href='#d1']");
    for (way, hash) in [("Next", 2), ("Next", 3), ("Previous", 2)] {
        browser.click(&format!("tr:target a[title='{way} difference']"));
        browser.until(&format!("location.hash === '#d{hash}'"));
        browser.until("document.querySelectorAll('.jump .btn').length > 4 && [...document.querySelectorAll('.jump .btn')].filter(one => one.checkVisibility()).length === 2");
    }
    browser.click(".difftools a[href*='keys=any']");
    browser.until("location.search.includes('keys=any') && location.search.includes('show=all')");
    browser.click(".versus > a[title='Swap A and B']");
    browser.until("location.search.startsWith('?a=1&b=2') && location.search.includes('keys=any')");
    assert_eq!(browser.complaints(), [""; 0]);
}
