//! The list of requests in a browser: rows that come by scrolling, marks of what was not seen, a flood.

use std::time::Instant;

use serde_json::json;

use crate::support::{Bin, Browser, Server, eventually};

fn post_many(server: &Server, bin: &Bin, count: u64) {
    let mut connection = server.connect();
    for n in 0..count {
        let request = format!(
            "POST /{}/orders/{n} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
            bin.id
        );
        connection.send(&request).unwrap();
        assert_eq!(connection.receive().unwrap().status, 200);
    }
}

#[test]
fn older_rows_come_by_scrolling() {
    let server = Server::start();
    let bin = server.bin();
    post_many(&server, &bin, 170);
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    assert_eq!(browser.count("a.row"), 50);
    for rows in [100, 150, 170] {
        browser.run(
            "const list = document.getElementById('list'); list.scrollTop = list.scrollHeight",
        );
        eventually(&format!("{rows} rows"), || {
            (browser.count("a.row") >= rows).then_some(())
        });
    }
    let numbers = browser
        .run("return [...document.querySelectorAll('a.row')].map(row => Number(row.id.slice(1)))");
    let all: Vec<u64> = (1..=170).rev().collect();
    assert_eq!(numbers, json!(all));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_came_since_the_last_visit_is_marked_until_it_is_opened() {
    let server = Server::start();
    let bin = server.bin();
    post_many(&server, &bin, 3);
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    assert_eq!(browser.count("a.row.new"), 0);
    browser.goto(&server.base());
    post_many(&server, &bin, 2);
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.querySelectorAll('a.row.new').length === 2");
    browser.click("#r4");
    browser.until("document.querySelectorAll('a.row.new').length === 1");
    browser.until("document.querySelector('#r5').classList.contains('new')");
}

#[test]
fn times_are_shown_exactly_when_the_reader_wants_it_so() {
    let server = Server::start();
    let bin = server.bin();
    post_many(&server, &bin, 1);
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    let exact = "/^\\d\\d:\\d\\d:\\d\\d$/.test(document.querySelector('#r1 time').textContent)";
    browser.until(&format!("!{exact}"));
    browser.run("document.getElementById('exact-times').click()");
    browser.until(exact);
    browser.reload();
    browser.until(exact);
}

/// The page has to keep up: what it does for rows is bounded, however many come.
#[test]
fn a_flood_is_shown_in_few_steps() {
    let server = Server::start();
    let bin = server.bin();
    post_many(&server, &bin, 1000);
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    browser.run(
        "window.steps = 0; window.long = [];
         new MutationObserver(() => window.steps++).observe(document.getElementById('pages'), { childList: true, subtree: true });
         new PerformanceObserver(list => list.getEntries().forEach(e => window.long.push(Math.round(e.duration)))).observe({ type: 'longtask' })",
    );
    let began = Instant::now();
    post_many(&server, &bin, 250);
    browser.until("document.querySelector('#r1250')");
    let steps = browser.run("return window.steps").as_u64().unwrap();
    // Twenty rows may enter by themselves in a second, and those above it enter once. A machine that takes long has more of them.
    let most = 22 * (began.elapsed().as_secs() + 1);
    assert!(
        steps <= most,
        "{steps} changes of the list for 250 requests, {most} at most"
    );
    assert!(browser.count("a.row") <= 200);
    eprintln!("tasks over 50 ms: {}", browser.run("return window.long"));
}

#[test]
fn the_list_is_filtered_as_one_types() {
    let server = Server::start();
    let bin = server.bin();
    for n in 0..4 {
        server.post(&bin, if n % 2 == 0 { "/even" } else { "/odd" }, b"");
    }
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    browser.press("/");
    browser.until("document.activeElement.id === 'q'");
    browser.press("path:/odd");
    browser.until("document.querySelectorAll('a.row').length === 2");
    browser.until("document.getElementById('count').textContent.startsWith('2 of 4')");
    assert!(browser.url().contains("q=path"), "{}", browser.url());
    // Only what it lets through comes live; the rest is counted.
    server.post(&bin, "/even", b"");
    browser.until("document.getElementById('count').textContent.startsWith('2 of 5')");
    server.post(&bin, "/odd", b"");
    browser.until("document.getElementById('r6')");
    assert_eq!(browser.count("a.row"), 3);
    // A mistake is named, and what was found stays.
    browser.press(" size:x");
    browser.until("document.getElementById('q-error').textContent.includes('at character')");
    assert_eq!(browser.count("a.row"), 3);
    browser.run("const q = document.getElementById('q'); q.value = 'path:/none'; q.dispatchEvent(new Event('input'))");
    browser.until("document.querySelector('.none').checkVisibility()");
    assert_eq!(browser.text("#q-error"), "");
    // The request that is open stays, and the list comes back with it.
    assert_eq!(browser.count("#request[data-n='4']"), 1);
    browser.run(
        "const q = document.getElementById('q'); q.value = ''; q.dispatchEvent(new Event('input'))",
    );
    browser.until("document.querySelectorAll('a.row').length === 6");
    assert_eq!(browser.count("#r4[aria-current]"), 1);
    assert!(!browser.url().contains("q="), "{}", browser.url());
    server.post(&bin, "/even", b"");
    browser.until("document.getElementById('count').textContent.startsWith('7 ')");
    assert_eq!(browser.complaints(), [""; 0]);
}
