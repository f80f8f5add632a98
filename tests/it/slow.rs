//! Senders that are slow, fall silent or go away: they are waited for so long, and leave a trace.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::limits::{capture, head};
use crate::support::{Connection, PATIENCE, Server, eventually};

#[test]
fn a_sender_that_goes_away_leaves_an_aborted_capture() {
    let server = Server::start();
    let bin = server.bin();
    let lines = ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"];
    let body = ["half", "64\r\nhalf"];
    let mut n = 0;
    for (lines, body) in lines.iter().zip(body) {
        for reset in [false, true] {
            let mut connection = server.connect();
            connection.send(head(&bin, lines) + body).unwrap();
            // What was sent has to have arrived: a reset may overtake it.
            n += 1;
            std::thread::park_timeout(Duration::from_millis(100));
            if reset {
                let socket = socket2::SockRef::from(connection.stream());
                socket.set_linger(Some(Duration::ZERO)).unwrap();
            }
            drop(connection);
            let capture = capture(&server, &bin, n);
            assert_eq!(capture["body"]["state"], "aborted", "reset: {reset}");
            assert_eq!(capture["body"]["content"], "half", "reset: {reset}");
            let sent = if lines.starts_with("Content") {
                json!(100)
            } else {
                Value::Null
            };
            assert_eq!(capture["body"]["sent"], sent, "{lines}");
            assert_eq!(capture["reply"]["status"], Value::Null, "reset: {reset}");
        }
    }
}

#[test]
fn a_sender_that_breaks_off_and_still_listens_hears_nothing() {
    let server = Server::start();
    let bin = server.bin();
    for (n, part) in [
        (1, "Content-Length: 100\r\n"),
        (2, "Transfer-Encoding: chunked\r\n"),
    ] {
        let mut connection = server.connect();
        let body = if n == 1 { "half" } else { "64\r\nhalf" };
        connection.send(head(&bin, part) + body).unwrap();
        connection.stream().shutdown(Shutdown::Write).unwrap();
        assert!(connection.receive().is_none(), "{part}");
        let capture = server.capture(&bin, n);
        assert_eq!(capture["body"]["state"], "aborted", "{part}");
        assert_eq!(capture["reply"]["status"], Value::Null, "{part}");
    }
}

#[test]
fn a_body_that_pauses_too_long_is_given_up() {
    let server = Server::with(&["--body-idle-timeout", "300ms"]);
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(head(&bin, "Content-Length: 100\r\n") + "half")
        .unwrap();
    assert_eq!(connection.receive().expect("an answer").status, 408);
    assert!(connection.is_closed());
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["body"]["state"], "aborted");
    assert_eq!(capture["body"]["content"], "half");
    assert_eq!(capture["reply"]["status"], 408);
}

#[test]
fn a_body_that_trickles_is_given_up_in_the_end() {
    let server = Server::with(&["--body-idle-timeout", "5s", "--body-timeout", "600ms"]);
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(head(&bin, "Content-Length: 100000\r\n"))
        .unwrap();
    let began = Instant::now();
    while connection.send("x").is_ok() {
        assert!(began.elapsed() < PATIENCE, "it is still read");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(capture(&server, &bin, 1)["body"]["state"], "aborted");
}

#[test]
fn a_head_that_does_not_end_is_given_up_and_leaves_a_trace() {
    let server = Server::with(&["--head-timeout", "300ms"]);
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(format!("GET /{} HTTP/1.1\r\nX-Slow: ", bin.id))
        .unwrap();
    assert!(connection.is_closed());
    let trace = eventually("a trace", || {
        let shown = server.show(&bin);
        shown["refusals"].get(0).cloned()
    });
    assert_eq!(trace["reason"], "head_timeout");
    assert_eq!(
        trace["head"],
        format!("GET /{} HTTP/1.1\r\nX-Slow: ", bin.id)
    );
    // Those who say nothing, or too little to name a bin, are let go, too.
    for start in ["", "G", "GET /", "PRI * HTTP/2.0\r\n"] {
        let mut connection = server.connect();
        connection.send(start).unwrap();
        assert!(connection.is_closed(), "{start:?}");
    }
}

#[test]
fn a_connection_that_rests_too_long_is_closed() {
    let server = Server::with(&["--keep-alive-timeout", "300ms"]);
    let bin = server.bin();
    let mut connection = server.connect();
    for _ in 0..2 {
        connection.send(head(&bin, "")).unwrap();
        assert_eq!(connection.receive().expect("an answer").status, 200);
    }
    assert!(connection.is_closed());
    assert_eq!(server.show(&bin)["refused"], 0);
}

#[test]
fn hundreds_of_slow_senders_keep_nobody_else_waiting() {
    let server = Server::start();
    let bin = server.bin();
    let slow: Vec<Connection> = (0..500)
        .map(|i| {
            let mut connection = server.connect();
            let start = match i % 3 {
                0 => format!("POST /{} HTTP/1.1\r\nX-", bin.id),
                1 => head(&bin, "Content-Length: 100000\r\n") + "ten bytes.",
                _ => head(&bin, "Transfer-Encoding: chunked\r\n") + "ffff\r\nab",
            };
            connection.send(start).unwrap();
            connection
        })
        .collect();
    let other = server.bin();
    for n in 1..=20 {
        assert_eq!(server.post(&other, "", b"normal"), n);
        assert_eq!(server.post(&bin, "", b"normal"), n);
    }
    drop(slow);
    let all = 20 + 500 - 500_u64.div_ceil(3);
    eventually("every stalled body to be an aborted capture", || {
        (server.show(&bin)["captures"] == all).then_some(())
    });
}

#[test]
fn senders_that_leave_after_the_last_byte_leave_a_whole_capture_or_none() {
    let server = Server::start();
    let bin = server.bin();
    let one = |i: u64| {
        let body = format!("{i:06}").repeat(50);
        let mut connection = server.connect();
        connection
            .send(head(&bin, "Content-Length: 300\r\n") + &body)
            .unwrap();
        std::thread::park_timeout(Duration::from_micros(i * 37 % 3000));
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let one = &one;
            scope.spawn(move || (0..50).for_each(|i| one(thread * 50 + i)));
        }
    });
    server.post(&bin, "/last", b"");
    let captures = server.captures(&bin);
    for (n, capture) in (1..).zip(&captures) {
        assert_eq!(capture["n"], n);
        let body = server.body(&bin, n);
        if capture["path"] != "/last" && capture["body"]["state"] == "complete" {
            assert_eq!(body.len(), 300);
            assert_eq!(body[..6].repeat(50), body);
        }
    }
    assert!(captures.len() > 1);
    assert_eq!(server.show(&bin)["refused"], 0);
}

#[test]
fn a_list_that_is_read_slowly_holds_nobody_up() {
    let server = Server::start();
    let bin = server.bin();
    let filler = format!("X-Filler: {}", "f".repeat(20_000));
    for _ in 0..200 {
        server.request("POST", &format!("/{}", bin.id), &[&filler], b"");
    }
    let readers: Vec<Connection> = (0..8)
        .map(|_| {
            let mut connection = server.connect();
            connection
                .send(format!(
                    "GET /api/v1/bins/{}/captures?limit=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
                    bin.id, bin.key
                ))
                .unwrap();
            connection
        })
        .collect();
    for n in 201..=230 {
        assert_eq!(server.post(&bin, "", b"meanwhile"), n);
    }
    for mut reader in readers {
        let list = reader.receive().expect("an answer").json();
        assert!(list["captures"].as_array().unwrap().len() == 200);
    }
}
