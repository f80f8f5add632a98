//! The page's live stream.

use super::rows;
use crate::support::sse::Event;
use crate::support::{Bin, Events, Server};

fn watch(server: &Server, bin: &Bin, query: &str, headers: &[&str]) -> Events {
    Events::open(server, &format!("{}{query}", bin.page("/stream")), headers)
}

/// The next event that is not the count.
fn next(events: &mut Events) -> Event {
    loop {
        let event = events.next().expect("one more event");
        if event.event != "count" {
            return event;
        }
    }
}

/// The numbers of the next rows, newest last.
fn numbers(events: &mut Events, count: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let event = next(events);
        assert_eq!(event.event, "row", "{event:?}");
        let mut batch = rows(&event.data);
        assert_eq!(event.id, batch.first().map(ToString::to_string));
        assert!(batch.len() <= 50);
        batch.reverse();
        seen.extend(batch);
    }
    seen
}

#[test]
fn a_row_that_comes_live_is_the_row_of_the_page() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = watch(&server, &bin, "?after=0", &["accept-encoding: gzip"]);
    let header = |name: &str| {
        let found = events.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("content-type"), Some("text/event-stream"));
    assert_eq!(header("cache-control"), Some("no-cache, no-transform"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    assert_eq!(header("content-encoding"), None);

    server.post(&bin, "/orders?x=1", b"{}");
    let row = next(&mut events).data;
    // But for how long ago it was.
    let timeless = |html: &str| {
        let (before, rest) = html.split_once("\">").map_or(("", ""), |_| {
            let at = html.find("<time").unwrap();
            html.split_at(at)
        });
        let after = rest.find("</time>").unwrap();
        format!("{before}{}", &rest[after..])
    };
    let part = server.get(&bin.page("?part=list")).text();
    let start = part.find("<li>").unwrap();
    let end = part.find("</li>").unwrap() + 5;
    assert_eq!(timeless(&row), timeless(&part[start..end]));
}

#[test]
fn a_page_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let mut server = Server::start();
    let bin = server.bin();
    for _ in 0..120 {
        server.post(&bin, "/x", b"");
    }
    let mut events = watch(&server, &bin, "?after=20", &["Last-Event-ID: 60"]);
    assert_eq!(numbers(&mut events, 60), (61..=120).collect::<Vec<_>>());
    let mut fresh = watch(&server, &bin, "?after=20", &["Last-Event-ID: "]);
    assert_eq!(numbers(&mut fresh, 100), (21..=120).collect::<Vec<_>>());

    server.kill();
    server.start_again();
    server.post(&bin, "/x", b"");
    let mut events = watch(&server, &bin, "?after=120", &[]);
    assert_eq!(numbers(&mut events, 1), [121]);
}

#[test]
fn line_ends_in_a_request_cannot_forge_an_event() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = watch(&server, &bin, "?after=0", &[]);
    let agent = "User-Agent: a\tb\u{85}\u{2028}event: gone";
    server.request(
        "POST",
        &format!("/{}/a", bin.id),
        &[agent],
        b"x\r\revent: gone\r\r",
    );
    server.post(&bin, "/b", b"");
    assert_eq!(numbers(&mut events, 2), [1, 2]);
}

#[test]
fn a_page_is_told_what_else_happens() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = watch(&server, &bin, "", &[]);
    let count = events.next().unwrap();
    assert_eq!(
        (count.event.as_str(), count.data.trim()),
        ("count", "<b>0</b> requests")
    );
    server.post(&bin, "/x", b"");
    assert_eq!(next(&mut events).event, "row");
    server.form(&bin.page("/settings"), "", "section=general&name=New");
    assert_eq!(next(&mut events).event, "updated");
    server.form(&bin.page("/requests/1/delete"), "", "");
    let deleted = next(&mut events);
    assert_eq!(
        (deleted.event.as_str(), deleted.data.as_str()),
        ("deleted", "1")
    );
    server.form(&bin.page("/clear"), "", "");
    assert_eq!(next(&mut events).event, "cleared");
    server.form(&bin.page("/delete"), "", "");
    assert_eq!(next(&mut events).event, "gone");
    assert_eq!(events.next(), None);
    // 204 tells a browser not to come back.
    assert_eq!(server.get(&bin.page("/stream")).status, 204);
}

#[test]
fn a_burst_comes_in_few_events() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..200 {
        server.post(&bin, "/x", b"");
    }
    let mut events = watch(&server, &bin, "?after=0", &[]);
    let mut counted = 0;
    let mut seen = 0;
    while seen < 200 {
        let event = next(&mut events);
        seen += rows(&event.data).len();
        counted += 1;
    }
    assert_eq!(seen, 200);
    assert!(counted <= 6, "{counted} events");
}
