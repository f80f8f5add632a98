//! The event stream.

use serde_json::{Value, json};

use super::server::{Event, Server};

fn data(event: &Event) -> Value {
    serde_json::from_str(&event.data).unwrap()
}

#[tokio::test]
async fn a_capture_arrives_as_one_line_of_json_without_its_content() {
    let server = Server::start().await;
    let bin = server.bin().await;
    let mut events = server.watch(&bin, "", &[("accept-encoding", "gzip")]).await;
    assert_eq!(events.head.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache, no-transform"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(events.head.header(name), value);
    }
    assert!(!events.head.headers.contains_key("content-encoding"));
    assert!(!events.head.headers.contains_key("content-length"));
    server.send(&bin, "POST", "/a?x=1", &[], b"hello").await;
    let event = events.next().await.unwrap();
    assert_eq!(
        (event.id.as_deref(), event.name.as_str()),
        (Some("1"), "capture")
    );
    let mut listed = server.of(&bin, "GET", "/captures").await.json()["captures"][0].take();
    assert_eq!(data(&event), listed);
    assert_eq!(listed["body"].take()["content"], Value::Null);
}

#[tokio::test]
async fn line_ends_in_a_capture_cannot_forge_an_event() {
    let server = Server::start().await;
    let bin = server.bin().await;
    let mut events = server.watch(&bin, "", &[]).await;
    let forged: &[u8] = b"a\tb\xc2\x85\xe2\x80\xa8event: evil";
    server
        .send(
            &bin,
            "POST",
            "/a?x=event:%0D%0Aevil",
            &[("X-A", forged)],
            b"x\rid: 9\revent: evil\r\rdata: y\n\n",
        )
        .await;
    server.send(&bin, "POST", "/b", &[], b"").await;
    let numbers = events.numbers(2).await;
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn a_reader_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    let bin = server.bin().await;
    for _ in 0..3 {
        server.send(&bin, "POST", "", &[], b"x").await;
    }
    let mut resumed = server.watch(&bin, "", &[("last-event-id", "1")]).await;
    let mut after = server.watch(&bin, "?after=2", &[]).await;
    // A reconnecting browser sends both: the address still has the place where it first began.
    let mut both = server
        .watch(&bin, "?after=0", &[("last-event-id", "2")])
        .await;
    let mut fresh = server.watch(&bin, "", &[("last-event-id", "")]).await;
    assert_eq!(resumed.numbers(2).await, [2, 3]);
    assert_eq!(after.numbers(1).await, [3]);
    assert_eq!(both.numbers(1).await, [3]);
    for _ in 0..50 {
        server.send(&bin, "POST", "", &[], b"x").await;
    }
    let new: Vec<u64> = (4..=53).collect();
    assert_eq!(resumed.numbers(50).await, new);
    assert_eq!(after.numbers(50).await, new);
    assert_eq!(both.numbers(50).await, new);
    assert_eq!(fresh.numbers(50).await, new);
}

#[tokio::test]
async fn deletes_are_told_and_a_deleted_bin_ends_the_stream() {
    let server = Server::start().await;
    let bin = server.bin().await;
    for _ in 0..2 {
        server.send(&bin, "POST", "", &[], b"x").await;
    }
    let mut events = server.watch(&bin, "?after=0", &[]).await;
    assert_eq!(events.numbers(2).await, [1, 2]);
    server.of(&bin, "DELETE", "/captures/1").await.expect(204);
    let event = events.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), data(&event)),
        ("deleted", json!({"n": 1}))
    );
    server.of(&bin, "DELETE", "/captures").await.expect(204);
    let event = events.next().await.unwrap();
    assert_eq!((event.name.as_str(), data(&event)), ("cleared", json!({})));
    server.of(&bin, "DELETE", "").await.expect(204);
    let event = events.next().await.unwrap();
    assert_eq!((event.name.as_str(), data(&event)), ("gone", json!({})));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_reader_that_missed_too_much_is_told_to_read_the_list_anew() {
    let server = Server::start().await;
    let bin = server.bin().await;
    server
        .patch(&bin, r#"{"keep": {"captures": 0}}"#)
        .await
        .expect(200);
    for _ in 0..1002 {
        server.send(&bin, "POST", "", &[], b"x").await;
    }
    let mut events = server.watch(&bin, "?after=0", &[]).await;
    let event = events.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), event.id.as_deref()),
        ("resync", Some("1002"))
    );
    assert_eq!(data(&event), json!({"after": 1002}));
    server.send(&bin, "POST", "", &[], b"x").await;
    assert_eq!(events.numbers(1).await, [1003]);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = Server::start().await;
    let bin = server.bin().await;
    let mut events = server.watch(&bin, "", &[]).await;
    server.stop().await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_bin_has_only_so_many_watchers() {
    let server = Server::start_with(|config| config.limits.max_watchers = 1).await;
    let bin = server.bin().await;
    let first = server.watch(&bin, "", &[]).await;
    let answer = server.of(&bin, "GET", "/events").await;
    assert_eq!(answer.header("retry-after"), "2");
    answer.expect_problem(503, None);
    assert_eq!(first.head.status, 200);
}

#[tokio::test]
async fn a_place_that_is_no_number_is_refused() {
    let server = Server::start().await;
    let bin = server.bin().await;
    server
        .of(&bin, "GET", "/events?after=x")
        .await
        .expect_problem(422, Some("after"));
    server
        .of(&bin, "GET", "/events?q=x")
        .await
        .expect_problem(422, Some("q"));
    let key = format!("Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/events", bin.id);
    let fields = [("authorization", key.as_str()), ("last-event-id", "abc")];
    let answer = server.ask("GET", &path, &fields, b"").await;
    answer.expect_problem(422, Some("Last-Event-ID"));
}
