//! Stopping: soon, without losing what was acknowledged, and without cutting an answer short.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::disk::assert_sound;
use crate::support::ledger::held;
use crate::support::{Bin, Events, PATIENCE, Server, beside, eventually};

/// Sends on one connection until it ends or that is over; the bodies that were acknowledged, with their numbers.
fn send_until_closed(
    address: SocketAddr,
    bin: &Bin,
    name: usize,
    answered: &AtomicUsize,
    is_over: &AtomicBool,
) -> Vec<(u64, String)> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut kept = Vec::new();
    for i in 0.. {
        let body = format!("{name}-{i}");
        let length = body.len();
        let request = format!(
            "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}",
            bin.id
        );
        let sent = stream.write_all(request.as_bytes());
        let Some(answer) = answer(&mut stream).filter(|_| sent.is_ok()) else {
            break;
        };
        let number = answer
            .lines()
            .find_map(|line| line.strip_prefix("x-hookwell-request: "));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        kept.push((number.expect("a number").parse().unwrap(), body));
        answered.fetch_add(1, Ordering::Relaxed);
        if answer.contains("connection: close") || is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    kept
}

/// A whole answer without a body, or none at all: half of one is a failure.
fn answer(stream: &mut TcpStream) -> Option<String> {
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.is_empty() || answer.ends_with("\r\n\r\n"),
        "cut short: {answer:?}"
    );
    (!answer.is_empty()).then_some(answer)
}

fn watch(server: &Server, bin: &Bin) -> Events {
    let events = Events::open(
        server,
        &format!("/api/v1/bins/{}/events", bin.id),
        &[&format!("Authorization: Bearer {}", bin.key)],
    );
    assert_eq!(events.status, 200);
    events
}

/// An upload that stops in the middle.
fn stalled(server: &Server, bin: &Bin) -> crate::support::Connection {
    let mut connection = server.connect();
    connection
        .send(format!(
            "POST /{}/stalled HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
            bin.id
        ))
        .unwrap();
    connection
}

#[test]
fn a_server_told_to_stop_ends_in_time_and_keeps_what_it_acknowledged() {
    let mut server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"captures": 1_000_000}}));
    let mut watchers: Vec<Events> = (0..100).map(|_| watch(&server, &bin)).collect();
    let other = server.bin();
    let _stalled = stalled(&server, &other);
    let (address, answered) = (server.address, AtomicUsize::new(0));
    let send = |name: usize, is_over: &AtomicBool| {
        send_until_closed(address, &bin, name, &answered, is_over)
    };
    let ((status, took), kept) = beside(8, send, || {
        eventually("some answers", || {
            (answered.load(Ordering::Relaxed) >= 200).then_some(())
        });
        let began = Instant::now();
        let status = server.stop();
        (status, began.elapsed())
    });
    let kept: Vec<(u64, String)> = kept.into_iter().flatten().collect();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    for watcher in &mut watchers {
        while watcher.next().is_some() {}
    }
    server.start_again();
    assert_sound(server.data());
    let held = held(&server, &bin, 0);
    assert!(held.keys().copied().eq(1..=held.len() as u64));
    for (n, body) in &kept {
        assert_eq!(held.get(n), Some(body), "{n}");
    }
    assert!(kept.len() >= 200);
}

#[test]
fn with_nothing_under_way_it_ends_at_once() {
    let mut server = Server::start();
    let bin = server.bin();
    let mut idle = server.connect();
    idle.send(format!("POST /{} HTTP/1.1\r\nHost: x\r\n\r\n", bin.id))
        .unwrap();
    idle.receive().expect("an answer");
    let silent = server.connect();
    let mut watcher = watch(&server, &bin);
    let began = Instant::now();
    assert!(server.stop().success());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(idle.is_closed());
    while watcher.next().is_some() {}
    drop(silent);
    // All is in the database, and the log is empty.
    let log = std::fs::metadata(server.data().join("hookwell.db-wal"));
    assert!(log.map_or(0, |log| log.len()) == 0);
    server.start_again();
    assert_eq!(server.captures(&bin).len(), 1);
}

#[test]
fn a_request_under_way_is_finished() {
    let mut server = Server::start();
    let bin = server.bin();
    let mut upload = stalled(&server, &bin);
    // It is in the middle of the body when the server is told.
    std::thread::park_timeout(Duration::from_millis(200));
    server.terminate();
    eventually("the server to stop listening", || {
        TcpStream::connect(server.address).is_err().then_some(())
    });
    upload.send([b'x'; 96]).unwrap();
    let response = upload.receive().expect("an answer");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("connection"), Some("close"));
    server.start_again();
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["body"]["state"], "complete");
    assert_eq!(capture["body"]["size"], 100);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"kept");
    let _stalled = stalled(&server, &bin);
    std::thread::park_timeout(Duration::from_millis(200));
    let began = Instant::now();
    server.terminate();
    eventually("the server to stop listening", || {
        TcpStream::connect(server.address).is_err().then_some(())
    });
    server.stop();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    server.start_again();
    assert_eq!(server.body(&bin, 1), b"kept");
    assert_eq!(
        server.post(&bin, "/after", b""),
        server.captures(&bin).len() as u64
    );
}

#[test]
fn an_upload_that_the_end_cuts_off_is_kept_as_aborted() {
    let mut server = Server::with(&["--drain-timeout", "500ms"]);
    let bin = server.bin();
    let _stalled = stalled(&server, &bin);
    std::thread::park_timeout(Duration::from_millis(200));
    assert!(server.stop().success());
    server.start_again();
    let captures = server.captures(&bin);
    assert_eq!(captures.len(), 1);
    assert_eq!(captures[0]["body"]["state"], "aborted");
    assert_eq!(captures[0]["body"]["size"], 4);
}
