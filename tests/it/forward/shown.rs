//! What pages that are open are told of attempts.

use serde_json::json;

use super::{ALLOW, attempt, attempts};
use crate::support::{Bin, Browser, Events, Server, Target};

/// The next event of that name.
fn next(events: &mut Events, name: &str) -> String {
    let event = std::iter::from_fn(|| events.next()).find(|event| event.event == name);
    event.expect("one more event").data
}

#[test]
fn a_page_is_told_which_requests_were_sent_on_and_a_share_link_is_not() {
    let server = Server::with(&ALLOW);
    let target = Target::start();
    let bin = server.bin_with(&json!({ "targets": [{ "url": target.url("/") }] }));
    let path = format!("/bins/{}/share", bin.id);
    let (_, made) = server.api("POST", &path, Some(&bin.key), Some(&json!({})));
    let link = Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    };
    let mut streams = [&bin, &link].map(|bin| Events::open(&server, &bin.page("/stream"), &[]));
    server.post(&bin, "", b"{}");
    assert_eq!(next(&mut streams[0], "attempted"), "1");
    attempt(&server, &bin, 1, &target.url("/again"));
    assert_eq!(next(&mut streams[0], "attempted"), "1");
    // The clear comes behind all of it.
    let captures = format!("/bins/{}/captures", bin.id);
    server.api("DELETE", &captures, Some(&bin.key), None);
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != "cleared") {
        names.push(streams[1].next().expect("one more event").event);
    }
    names.retain(|name| name != "count");
    assert_eq!(names, ["row", "cleared"]);
}

#[test]
fn an_open_request_shows_a_new_attempt_without_a_reload() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "/x", b"{}");
    server.post(&bin, "/y", b"{}");
    let target = Target::start();
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("/requests/1")));
    browser.until("document.getElementById('state').textContent === 'Live'");
    assert!(browser.text("#forwards header").contains("none"));
    browser.run("window.notReloaded = document.querySelector('#request')");
    // That of another request is none of the open one's.
    attempt(&server, &bin, 2, &target.url("/other"));
    attempt(&server, &bin, 1, &target.url("/first"));
    browser.until("document.querySelectorAll('#forwards tbody tr').length === 1");
    assert!(browser.text("#forwards tbody").contains("/first"));
    assert_eq!(browser.text(".toc [href='#forwards'] .count"), "1");
    // A failure too, and in the order of the page.
    let nobody = "http://127.0.0.1:1/";
    attempt(&server, &bin, 1, nobody);
    browser.until("document.querySelectorAll('#forwards tbody tr').length === 2");
    assert!(browser.text("#forwards tbody tr").contains(nobody));
    browser.until("window.notReloaded === document.querySelector('#request')");
    assert_eq!(attempts(&server, &bin, 1).len(), 2);
    assert_eq!(browser.complaints(), [""; 0]);
}
