//! The event stream.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::{Ask, Expect, bearer};
use crate::support::sse::Event;
use crate::support::{Bin, Events, Server};

/// The numbers of the next captures.
fn numbers(events: &mut Events, count: usize) -> Vec<u64> {
    let number = |_| {
        let event = events.next().expect("one more event");
        assert_eq!(event.event, "capture", "{event:?}");
        event.id.unwrap().parse().unwrap()
    };
    (0..count).map(number).collect()
}

fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).unwrap()
}

#[test]
fn a_capture_arrives_as_one_line_of_json_without_its_content() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = server.watch(&bin, "", &["accept-encoding: gzip"]);
    assert_eq!(events.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache, no-transform"),
        ("x-accel-buffering", "no"),
    ] {
        let header = events.headers.iter().find(|(have, _)| have == name);
        assert_eq!(header.map(|(_, value)| value.as_str()), Some(value));
    }
    let names = || events.headers.iter().map(|(name, _)| name.as_str());
    assert!(!names().any(|name| ["content-encoding", "content-length"].contains(&name)));
    server.deliver(&bin, "POST", "/a?x=1", &[], b"hello");
    let event = events.next().unwrap();
    assert_eq!(
        (event.id.as_deref(), event.event.as_str()),
        (Some("1"), "capture")
    );
    let mut listed = server.of(&bin, "GET", "/captures").json()["captures"][0].take();
    assert_eq!(data(&event), listed);
    assert_eq!(listed["body"].take()["content"], Value::Null);
}

#[test]
fn line_ends_in_a_capture_cannot_forge_an_event() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = server.watch(&bin, "", &[]);
    let forged: &[u8] = b"a\tb\xc2\x85\xe2\x80\xa8event: evil";
    server.deliver(
        &bin,
        "POST",
        "/a?x=event:%0D%0Aevil",
        &[("X-A", forged)],
        b"x\rid: 9\revent: evil\r\rdata: y\n\n",
    );
    server.deliver(&bin, "POST", "/b", &[], b"");
    assert_eq!(numbers(&mut events, 2), [1, 2]);
}

#[test]
fn a_reader_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..3 {
        server.deliver_any(&bin);
    }
    let mut resumed = server.watch(&bin, "", &["last-event-id: 1"]);
    let mut after = server.watch(&bin, "?after=2", &[]);
    // A reconnecting browser sends both: the address still has the place where it first began.
    let mut both = server.watch(&bin, "?after=0", &["last-event-id: 2"]);
    let mut fresh = server.watch(&bin, "", &["last-event-id: "]);
    assert_eq!(numbers(&mut resumed, 2), [2, 3]);
    assert_eq!(numbers(&mut after, 1), [3]);
    assert_eq!(numbers(&mut both, 1), [3]);
    for _ in 0..50 {
        server.deliver_any(&bin);
    }
    let new: Vec<u64> = (4..=53).collect();
    assert_eq!(numbers(&mut resumed, 50), new);
    assert_eq!(numbers(&mut after, 50), new);
    assert_eq!(numbers(&mut both, 50), new);
    assert_eq!(numbers(&mut fresh, 50), new);
}

#[test]
fn deletes_are_told_and_a_deleted_bin_ends_the_stream() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..2 {
        server.deliver_any(&bin);
    }
    let mut events = server.watch(&bin, "?after=0", &[]);
    assert_eq!(numbers(&mut events, 2), [1, 2]);
    server.of(&bin, "DELETE", "/captures/1").is(204);
    let event = events.next().unwrap();
    assert_eq!(
        (event.event.as_str(), data(&event)),
        ("deleted", json!({"n": 1}))
    );
    server.of(&bin, "DELETE", "/captures").is(204);
    let event = events.next().unwrap();
    assert_eq!((event.event.as_str(), data(&event)), ("cleared", json!({})));
    server.of(&bin, "DELETE", "").is(204);
    let event = events.next().unwrap();
    assert_eq!((event.event.as_str(), data(&event)), ("gone", json!({})));
    assert_eq!(events.next(), None);
}

#[test]
fn a_reader_that_missed_too_much_is_told_to_read_the_list_anew() {
    let server = Server::start();
    let bin = server.bin();
    server.patch(&bin, r#"{"keep": {"captures": 0}}"#).is(200);
    for _ in 0..1002 {
        server.deliver_any(&bin);
    }
    let mut events = server.watch(&bin, "?after=0", &[]);
    let event = events.next().unwrap();
    assert_eq!(
        (event.event.as_str(), event.id.as_deref()),
        ("resync", Some("1002"))
    );
    assert_eq!(data(&event), json!({"after": 1002}));
    server.deliver_any(&bin);
    assert_eq!(numbers(&mut events, 1), [1003]);
}

#[test]
fn streams_end_when_the_server_stops() {
    let server = Server::start();
    let bin = server.bin();
    let mut events = server.watch(&bin, "", &[]);
    server.terminate();
    assert_eq!(events.next(), None);
}

#[test]
fn a_bin_has_only_so_many_watchers() {
    let server = Server::with(&["--max-watchers", "1"]);
    let bin = server.bin();
    let first = server.watch(&bin, "", &[]);
    let answer = server.of(&bin, "GET", "/events");
    assert_eq!(answer.field("retry-after"), "2");
    answer.problem(503, None);
    assert_eq!(first.status, 200);
}

#[test]
fn a_place_that_is_no_number_is_refused() {
    let server = Server::start();
    let bin = server.bin();
    server
        .of(&bin, "GET", "/events?after=x")
        .problem(422, Some("after"));
    server
        .of(&bin, "GET", "/events?before=1")
        .problem(422, Some("before"));
    let key = bearer(&bin);
    let path = format!("/api/v1/bins/{}/events", bin.id);
    let fields = [("authorization", key.as_str()), ("last-event-id", "abc")];
    let answer = server.ask("GET", &path, &fields, b"");
    answer.problem(422, Some("Last-Event-ID"));
}

/// Posts to the bin over one connection until `count` are answered or the server is gone; gives the numbers of those that
/// were answered with 200.
fn post(server: &Server, bin: &Bin, count: usize) -> Vec<u64> {
    let mut connection = server.connect();
    // Long enough that the buffers of two sockets do not hold the events of all of them.
    let padding = "x".repeat(3000);
    let request = format!(
        "POST /{} HTTP/1.1\r\nhost: {}\r\nx-padding: {padding}\r\ncontent-length: 1\r\n\r\nx",
        bin.id, server.address
    );
    let mut answered = Vec::new();
    for _ in 0..count {
        if connection.send(&request).is_err() {
            break;
        }
        let Some(answer) = connection.receive() else {
            break;
        };
        answered.push(answer.is(200).field("x-hookwell-request").parse().unwrap());
    }
    answered
}

#[test]
fn sse_07_open_streams_do_not_hold_up_the_end() {
    let mut server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"captures": 0}}));
    let mut streams: Vec<_> = (0..100).map(|_| server.watch(&bin, "", &[])).collect();
    let began = Instant::now();
    let answered = std::thread::scope(|scope| {
        let posting = scope.spawn(|| post(&server, &bin, 100_000));
        // The first event means that captures are under way.
        assert_eq!(numbers(&mut streams[0], 1), [1]);
        server.terminate();
        posting.join().unwrap()
    });
    assert!(server.stop().success());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    for mut stream in streams {
        while stream.next().is_some() {}
    }
    server.start_again();
    let kept = server.show(&bin)["captures"].as_u64().unwrap();
    assert!(
        kept >= answered.len() as u64,
        "{kept} of {}",
        answered.len()
    );
}

#[test]
fn sse_09_a_reader_that_takes_nothing_costs_the_others_nothing_and_is_told_what_it_missed() {
    const COUNT: usize = 3000;
    let server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"captures": 0}}));
    let mut slow = server.watch(&bin, "", &[]);
    let mut quick = server.watch(&bin, "", &[]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| post(&server, &bin, COUNT / 3));
        }
        let all: Vec<u64> = (1..=COUNT as u64).collect();
        assert_eq!(numbers(&mut quick, COUNT), all);
    });
    // The slow one begins to read only now: every number in order, but for those that a resync speaks of.
    let mut last = 0;
    while last < COUNT {
        let event = slow.next().expect("one more event");
        let n: usize = event.id.as_ref().unwrap().parse().unwrap();
        match event.event.as_str() {
            "capture" => assert_eq!(n, last + 1, "{event:?}"),
            "resync" => assert!(n > last, "{event:?}"),
            _ => panic!("{event:?}"),
        }
        last = n;
    }
}
