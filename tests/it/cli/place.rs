//! How far a listener came, and what the server is told of it.

use rustix::process::Signal;
use serde_json::Value;

use super::home::{Home, told};
use super::program::{Program, Running};
use crate::support::{Bin, Server, eventually};

/// The attempts on a capture, once there are so many.
fn attempts(server: &Server, bin: &Bin, n: u64, count: usize) -> Vec<Value> {
    let path = format!("/bins/{}/captures/{n}/attempts", bin.id);
    eventually("the attempts are told", || {
        let (status, list) = server.api("GET", &path, Some(&bin.key), None);
        assert_eq!(status, 200, "{list}");
        let list = list["attempts"].as_array().unwrap().clone();
        (list.len() >= count).then_some(list)
    })
}

fn path_of(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

#[test]
fn the_local_answer_is_shown_on_the_capture() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let answer = b"HTTP/1.1 201 X\r\nX-App: caf\xe9\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\n<a>\xff\0";
    let program = Program::answering("127.0.0.1:0", move |_| Some(answer.to_vec()));
    let target = format!("http://{}/in?mode=1", program.address);
    let running = Running::start(home.command(Some(&bin), &["listen", &target]));
    running.remark("forwarding to");
    let n = server.post(&bin, "/orders?x", b"{}");
    program.next();
    let kept = &attempts(&server, &bin, n, 1)[0];
    let url = format!("http://{}/in/orders?mode=1&x", program.address);
    assert_eq!(
        (&kept["kind"], &kept["url"], &kept["error"]),
        (&"listen".into(), &url.as_str().into(), &Value::Null)
    );
    assert_eq!(kept["sent"]["method"], "POST");
    assert_eq!(kept["sent"]["size"], 2);
    assert_eq!(kept["answer"]["status"], 201);
    let path = format!("/bins/{}/captures/{n}/attempts/{}", bin.id, kept["id"]);
    let (_, whole) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(whole["answer"]["body"]["encoding"], "base64");
    assert_eq!(whole["answer"]["body"]["content"], "PGE+/wA=");
    assert_eq!(whole["answer"]["headers"][0]["base64"], "Y2Fm6Q==");
    let page = server.get(&format!("/b/{}/requests/{n}", bin.key)).text();
    assert!(page.contains("from your machine"), "{page}");
    assert!(page.contains("201 Created"), "{page}");
    assert!(!page.contains("<a>\u{fffd}"), "{page}");
}

#[test]
fn what_went_wrong_locally_is_told_by_its_cause() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let hangs = Program::answering("127.0.0.1:0", |_| None);
    let breaks = Program::answering("127.0.0.1:0", |_| {
        Some(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nok".to_vec())
    });
    let odd = Program::answering("127.0.0.1:0", |_| Some(b"SSH-2.0\r\n\r\n".to_vec()));
    let n = server.post(&bin, "/", b"{}");
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for (count, (target, cause, status)) in [
        (nobody.to_string(), "connect", None),
        ("nobody.invalid".to_owned(), "dns", None),
        (hangs.address.to_string(), "timeout", None),
        (odd.address.to_string(), "closed", None),
        (breaks.address.to_string(), "closed", Some(200)),
        (format!("https://{}", hangs.address), "tls", None),
    ]
    .into_iter()
    .enumerate()
    {
        let words = ["replay", &n.to_string(), &target, "--timeout", "1s"];
        let (code, _, said) = told(&home.run(&bin, &words));
        assert_eq!((code, &*said), (1, ""), "{target}");
        let kept = &attempts(&server, &bin, n, count + 1)[0];
        // A program that never speaks may be told of as late, at whichever step.
        let is_it = kept["error"]["cause"] == cause
            || (cause == "tls" && kept["error"]["cause"] == "timeout");
        assert!(is_it, "{target}: {kept}");
        assert_eq!(kept["answer"]["status"].as_u64(), status, "{target}");
    }
}

#[test]
fn an_attempt_that_cannot_be_is_refused_and_one_told_twice_is_kept_once() {
    let server = Server::start();
    let bin = server.bin();
    let n = server.post(&bin, "/", b"{}");
    let good = serde_json::json!({
        "url": "http://localhost:3000/", "started_at": "2999-01-01T00:00:00Z", "took_us": 12,
        "sent": {"method": "POST", "headers": [], "size": 2},
        "answer": {"status": 200, "headers": [{"name": "a", "value": "b"}],
            "body": {"state": "complete", "encoding": "utf-8", "content": "ok"}},
        "error": null,
    });
    let path = format!("/bins/{}/captures/{n}/attempts", bin.id);
    let post = |path: &str, body: &Value| server.api("POST", path, Some(&bin.key), Some(body));
    let changed = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (pointer, value, field) in [
        ("/url", "ftp://x".into(), "url"),
        ("/url", format!("http://{}", "x".repeat(3000)).into(), "url"),
        ("/started_at", "soon".into(), "started_at"),
        ("/took_us", "1".into(), "took_us"),
        ("/sent/method", "A B".into(), "sent.method"),
        ("/answer", Value::Null, "answer"),
        ("/answer/status", 99.into(), "answer.status"),
        ("/answer/headers/0/name", "a b".into(), "answer.headers"),
        ("/answer/headers/0/value", "a\r\nb".into(), "answer.headers"),
        (
            "/answer/headers/0/value",
            "a".repeat(70_000).into(),
            "answer.headers",
        ),
        ("/answer/body/state", "odd".into(), "answer.body.state"),
        (
            "/answer/body/encoding",
            "hex".into(),
            "answer.body.encoding",
        ),
        (
            "/answer/body/content",
            "a".repeat((1 << 20) + 1).into(),
            "answer.body.content",
        ),
        (
            "/error",
            serde_json::json!({"cause": "refused_by_guard", "detail": "no"}),
            "error.cause",
        ),
        (
            "/error",
            serde_json::json!({"cause": "dns", "detail": "a\nb"}),
            "error.detail",
        ),
        (
            "/error",
            serde_json::json!({"cause": "dns", "what": 1}),
            "error",
        ),
    ] {
        let (status, problem) = post(&path, &changed(pointer, value));
        assert_eq!(status, 422, "{pointer}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(field), "{pointer}: {detail}");
    }
    let (status, _) = post(&path, &changed("/url", "x".repeat(3 << 20).into()));
    assert_eq!(status, 413);
    let (status, made) = post(&path, &good);
    assert_eq!((status, &made["kind"]), (201, &"listen".into()), "{made}");
    let (status, again) = post(&path, &changed("/took_us", 12.into()));
    assert_eq!(
        status, 201,
        "one from the future begins when it is told: {again}"
    );
    let earlier = changed("/started_at", "2026-01-01T00:00:00.000001Z".into());
    let (status, made) = post(&path, &earlier);
    assert_eq!(status, 201);
    let (status, again) = post(&path, &earlier);
    assert_eq!((status, &again["id"]), (200, &made["id"]));
    assert_eq!(attempts(&server, &bin, n, 3).len(), 3);
    // An answer as large as may be.
    let largest = changed("/answer/body/content", "a".repeat(1 << 20).into());
    assert_eq!(post(&path, &largest).0, 201);
    // Nothing to keep it on.
    let gone = format!("/bins/{}/captures/{}/attempts", bin.id, n + 1);
    assert_eq!(post(&gone, &good).0, 404);
    assert_eq!(server.api("POST", &path, None, Some(&good)).0, 401);
}

#[test]
fn a_listener_that_was_killed_goes_on_behind_what_was_answered() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let words = ["listen", &program.port()];
    let start = |words: &[&str]| {
        let running = Running::start(home.command(Some(&bin), words));
        running.remark("forwarding to");
        running
    };
    let before = server.post(&bin, "/before", b"{}");
    let running = start(&words);
    let n = server.post(&bin, "/1", b"{}");
    assert_eq!(path_of(&program.next()), "/1");
    attempts(&server, &bin, n, 1);
    // It may still have to note that the server knows; the next capture it sends on comes behind that.
    server.post(&bin, "/2", b"{}");
    assert_eq!(path_of(&program.next()), "/2");
    attempts(&server, &bin, n + 1, 1);
    running.signal(Signal::KILL);
    drop(running);
    let last = server.post(&bin, "/3", b"{}");
    server.post(&bin, "/4", b"{}");
    let running = start(&words);
    let said = running.err();
    let mut request = program.next();
    if path_of(&request) == "/2" {
        assert!(said.ends_with(": 3 requests came meanwhile"), "{said}");
        assert_eq!(running.err(), "again: #3, its answer was not recorded");
        request = program.next();
    } else {
        assert!(
            said.ends_with("going on behind #3: 2 requests came meanwhile"),
            "{said}"
        );
    }
    assert_eq!(path_of(&request), "/3");
    assert_eq!(path_of(&program.next()), "/4");
    attempts(&server, &bin, last + 1, 1);
    drop(running);
    // From now on, where that is wanted.
    server.post(&bin, "/5", b"{}");
    let fresh = start(&["listen", &program.port(), "--fresh"]);
    server.post(&bin, "/6", b"{}");
    assert_eq!(path_of(&program.next()), "/6");
    drop(fresh);
    // Or from where it is said.
    let since = start(&["listen", &program.port(), "--since", "0"]);
    assert_eq!(path_of(&program.next()), "/before");
    drop(since);
    // What is sent on to another target has a place of its own: it begins now.
    let other = Program::start();
    let running = start(&["listen", &other.port()]);
    server.post(&bin, "/7", b"{}");
    assert_eq!(path_of(&other.next()), "/7");
    drop(running);
    assert_eq!(before, 1);
}

#[test]
fn a_capture_whose_answer_was_not_recorded_is_said_to_be_repeated() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let hangs = Program::answering("127.0.0.1:0", |_| None);
    let address = hangs.address.to_string();
    let running = Running::start(home.command(Some(&bin), &["listen", &address]));
    running.remark("forwarding to");
    let n = server.post(&bin, "/a", b"{}");
    hangs.next();
    running.signal(Signal::KILL);
    drop(running);
    let running = Running::start(home.command(Some(&bin), &["listen", &address]));
    let said = running.remark("again: ");
    assert_eq!(said, format!("again: #{n}, its answer was not recorded"));
    assert_eq!(path_of(&hangs.next()), "/a");
    let places = home.path().join("hookwell/places");
    let files: Vec<_> = std::fs::read_dir(places).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}
