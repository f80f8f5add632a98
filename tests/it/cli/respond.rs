//! `hookwell listen --respond`: senders that wait for a program on somebody's own machine.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::home::{Home, told};
use super::program::{Program, Running};
use crate::support::{Bin, Response, Server};

/// A listener that answers, once senders wait for it.
fn responding(home: &Home, bin: &Bin, words: &[&str]) -> Running {
    let running = Running::start(home.command(Some(bin), words));
    running.remark("senders are given its answers");
    running
}

fn send(server: &Server, bin: &Bin, method: &str, path: &str) -> Response {
    server.request(method, &format!("/{}{path}", bin.id), &[], b"")
}

fn reply(server: &Server, bin: &Bin, response: &Response) -> Value {
    let n = response.header("x-hookwell-request").unwrap();
    server.capture(bin, n.parse().unwrap())["reply"].clone()
}

#[test]
fn the_sender_is_given_the_local_answer() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin_with(&json!({"reply": {"status": 503}}));
    let program = Program::answering("127.0.0.1:0", |raw| {
        let request = String::from_utf8_lossy(raw);
        let answer: &[u8] = match request.split(' ').nth(1).unwrap() {
            "/none" => b"HTTP/1.1 204 X\r\nX-A: 1\r\n\r\n",
            "/same" => b"HTTP/1.1 304 X\r\nETag: \"1\"\r\n\r\n",
            "/large" => return Some([b"HTTP/1.1 200 X\r\n\r\n".to_vec(), vec![b'x'; 2 << 20]].concat()),
            _ if request.starts_with("HEAD") => b"HTTP/1.1 200 X\r\nContent-Length: 7\r\n\r\n",
            _ => b"HTTP/1.1 201 X\r\nX-App: 1\r\nSet-Cookie: a=b\r\nKeep-Alive: 5\r\nContent-Type: text/html\r\nService-Worker-Allowed: /\r\nContent-Length: 4\r\n\r\n\0\xff<>",
        };
        Some(answer.to_vec())
    });
    let running = responding(&home, &bin, &["listen", &program.port(), "--respond"]);
    let response = send(&server, &bin, "POST", "/orders");
    assert_eq!((response.status, &*response.body), (201, &b"\0\xff<>"[..]));
    assert_eq!(response.header("x-app"), Some("1"));
    assert_eq!(response.header("content-type"), Some("text/html"));
    for dropped in ["set-cookie", "keep-alive", "service-worker-allowed"] {
        assert_eq!(response.header(dropped), None, "{dropped}");
    }
    let policy = response.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox"), "{policy}");
    let kept = reply(&server, &bin, &response);
    assert_eq!(
        (&kept["status"], &kept["rule"], &kept["error"]),
        (&201.into(), &"hookwell-listen".into(), &Value::Null)
    );
    let page = server.get(&format!("/b/{}/requests/1", bin.key)).text();
    assert!(page.contains("from your machine"), "{page}");
    for (method, path, status, field) in [
        ("HEAD", "/", 200, ("content-length", "7")),
        ("GET", "/none", 204, ("x-a", "1")),
        ("GET", "/same", 304, ("etag", "\"1\"")),
    ] {
        let response = send(&server, &bin, method, path);
        assert_eq!(
            (response.status, &*response.body),
            (status, &b""[..]),
            "{path}"
        );
        assert_eq!(response.header(field.0), Some(field.1), "{path}");
    }
    // What cannot be passed on whole is not passed on.
    let response = send(&server, &bin, "GET", "/large");
    assert_eq!(response.status, 503);
    let error = reply(&server, &bin, &response)["error"].clone();
    assert_eq!(
        error,
        "hookwell listen: its answer is larger than can be passed on"
    );
    drop(running);
}

#[test]
fn the_bin_replies_where_no_answer_comes_and_the_capture_says_why() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin_with(&json!({
        "reply": {"status": 202, "body": "own {{ request.path }}"},
    }));
    let (go, gone) = channel::<()>();
    let gone = Mutex::new(gone);
    let program = Program::answering("127.0.0.1:0", move |raw| {
        let request = String::from_utf8_lossy(raw).into_owned();
        if request.contains(" /a/held ") {
            gone.lock().unwrap().recv().ok();
        }
        (!request.contains(" /a/hangs "))
            .then(|| b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n".to_vec())
    });
    let address = program.address.to_string();
    let words = [
        "listen",
        &address,
        "--respond=2s",
        "--timeout",
        "3s",
        "-q",
        "path:/a/*",
    ];
    let running = responding(&home, &bin, &words);
    // The capture is there before its listener is told of it, and says that nothing was answered yet.
    let answered = std::thread::scope(|scope| {
        let sender = scope.spawn(|| send(&server, &bin, "POST", "/a/held"));
        let until = std::time::Instant::now() + crate::support::PATIENCE;
        let capture = loop {
            if let Some(capture) = server.captures(&bin).pop() {
                break capture;
            }
            assert!(std::time::Instant::now() < until);
        };
        assert_eq!(capture["reply"]["status"], Value::Null);
        assert_eq!(capture["reply"]["rule"], "hookwell-listen");
        go.send(()).unwrap();
        sender.join().unwrap()
    });
    assert_eq!(answered.status, 200);
    let left_out = send(&server, &bin, "POST", "/b");
    let late = send(&server, &bin, "POST", "/a/hangs");
    for (response, body, why) in [
        (&left_out, "own /b", "its filter left this request out"),
        (&late, "own /a/hangs", "no answer within 2 s"),
    ] {
        assert_eq!((response.status, &*response.text()), (202, body));
        let kept = reply(&server, &bin, response);
        assert_eq!(kept["error"], format!("hookwell listen: {why}"));
        assert_eq!(
            (&kept["status"], &kept["rule"]),
            (&202.into(), &Value::Null)
        );
    }
    let page = server.get(&format!("/b/{}/requests/3", bin.key)).text();
    assert!(page.contains("no answer within 2 s"), "{page}");
    // One that is killed while a sender waits, and one that is not there at all.
    running.signal(Signal::KILL);
    drop(running);
    let until = std::time::Instant::now() + crate::support::PATIENCE;
    loop {
        let response = send(&server, &bin, "POST", "/a/c");
        assert_eq!((response.status, &*response.text()), (202, "own /a/c"));
        if reply(&server, &bin, &response)["error"] == Value::Null {
            break;
        }
        assert!(std::time::Instant::now() < until);
    }
}

#[test]
fn one_listener_answers_and_a_second_is_told() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let words = ["listen", &program.port(), "--respond"];
    let first = responding(&home, &bin, &words);
    let (code, _, said) = told(&home.run(&bin, &words));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("another listener answers for this bin"),
        "{said}"
    );
    // One that only listens may be there beside it.
    let other = Program::start();
    let second = Running::start(home.command(Some(&bin), &["listen", &other.port()]));
    second.remark("forwarding to");
    assert_eq!(send(&server, &bin, "POST", "/").text(), "ok");
    program.next();
    drop(first);
    // Whoever is left, or comes next, may take the place.
    let next = responding(
        &home,
        &bin,
        &["listen", &program.port(), "--respond", "--fresh"],
    );
    assert_eq!(send(&server, &bin, "POST", "/").text(), "ok");
    drop((next, second));
    let path = format!("/bins/{}/share", bin.id);
    let (_, share) = server.api("POST", &path, Some(&bin.key), Some(&json!({})));
    let read_key = share["key"].as_str().unwrap();
    for (key, query, status) in [
        (read_key, "respond=5", 403),
        (&*bin.key, "respond=0", 422),
        (&*bin.key, "respond=121", 422),
    ] {
        let path = format!("/bins/{}/events?{query}", bin.id);
        assert_eq!(
            server.api("GET", &path, Some(key), None).0,
            status,
            "{query}"
        );
    }
    let (code, _, said) = told(&home.run(&bin, &["listen", "--respond"]));
    assert!(code == 1 && said.contains("needs a TARGET"), "{said}");
    let (code, _, said) = told(&home.run(&bin, &["listen", "3000", "--respond=5m"]));
    assert!(code == 2 && said.contains("1s to 2m"), "{said}");
}
