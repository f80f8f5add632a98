//! Replies as a bin plans them: its own, rules and their sequences, templates, delays and faults, over real sockets.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Bin, Response, Server, eventually};

fn send(server: &Server, bin: &Bin, method: &str, below: &str, body: &str) -> Response {
    let target = format!("/{}{below}", bin.id);
    server.request(
        method,
        &target,
        &["Content-Type: application/json"],
        body.as_bytes(),
    )
}

fn statuses(server: &Server, bin: &Bin, below: &str, count: usize) -> Vec<u16> {
    (0..count)
        .map(|_| send(server, bin, "POST", below, "{}").status)
        .collect()
}

fn patch(server: &Server, bin: &Bin, change: &Value) {
    let path = format!("/bins/{}", bin.id);
    let (status, answer) = server.api("PATCH", &path, Some(&bin.key), Some(change));
    assert_eq!(status, 200, "{answer}");
}

fn rules(rules: &Value) -> Value {
    json!({ "rules": rules })
}

#[test]
fn the_bins_own_reply_is_given_and_kept() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "reply": {
        "status": 201,
        "headers": [{"name": "Content-Type", "value": "text/html"}, {"name": "X-Twice", "value": "1"}, {"name": "X-Twice", "value": "2"}],
        "body": "<script>alert(1)</script>",
    }}));
    let answer = send(&server, &bin, "POST", "/a", "{}");
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (201, "<script>alert(1)</script>")
    );
    assert_eq!(answer.header("content-type"), Some("text/html"));
    let twice = answer.headers.iter().filter(|(name, _)| name == "x-twice");
    assert_eq!(twice.count(), 2);
    // HTML from our origin can do nothing there.
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox"), "{policy}");
    let reply = &server.capture(&bin, 1)["reply"];
    assert_eq!(
        (&reply["status"], &reply["rule"]),
        (&json!(201), &Value::Null)
    );
    assert_eq!(
        reply["headers"][0],
        json!({"name": "Content-Type", "value": "text/html"})
    );
    assert_eq!(reply["body"]["content"], "<script>alert(1)</script>");
    // A change counts from the next request on.
    patch(&server, &bin, &json!({ "reply": { "status": 410 } }));
    let answer = send(&server, &bin, "POST", "/a", "{}");
    assert_eq!((answer.status, answer.body.len()), (410, 0));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let server = Server::start();
    let bin = server.bin_with(&rules(&json!([
        {"name": "teapot", "when": "path:/tea/* method:POST", "replies": [{"status": 418}]},
        {"name": "rich", "when": "json.amount>100", "replies": [{"status": 402, "body": "too much"}]},
        {"name": "posts", "when": "method:POST", "replies": [{"status": 202}]},
    ])));
    let told = |method: &str, below: &str, body: &str| {
        let answer = send(&server, &bin, method, below, body);
        let n = answer
            .header("x-hookwell-request")
            .unwrap()
            .parse()
            .unwrap();
        let rule = server.capture(&bin, n)["reply"]["rule"].clone();
        (answer.status, rule)
    };
    assert_eq!(told("POST", "/tea/green", ""), (418, json!("teapot")));
    assert_eq!(
        told("PUT", "/tea/green", r#"{"amount": 100.01}"#),
        (402, json!("rich"))
    );
    assert_eq!(
        told("POST", "/x", r#"{"amount": 1}"#),
        (202, json!("posts"))
    );
    assert_eq!(told("GET", "/x", ""), (200, Value::Null));
    // Signatures can decide, too.
    patch(
        &server,
        &bin,
        &json!({
            "secrets": {"github": ["s3cret"]},
            "rules": [{"name": "forged", "when": "verdict:invalid", "replies": [{"status": 401}]}],
        }),
    );
    let target = format!("/{}/gh", bin.id);
    let signed = |signature: &str| {
        let signature = format!("X-Hub-Signature-256: sha256={signature}");
        let fields = ["X-GitHub-Event: push", "X-GitHub-Delivery: 1", &signature];
        server.request("POST", &target, &fields, b"{}").status
    };
    assert_eq!(signed(&"0".repeat(64)), 401);
    // `printf {} | openssl dgst -sha256 -hmac s3cret`
    let right = "adbde1ce40c89c14215687d5d762a47df6dfaefcfad61e2e86718ffc8498571b";
    assert_eq!(signed(right), 200);
    assert_eq!(send(&server, &bin, "POST", "/x", "{}").status, 200);
}

#[test]
fn a_sequence_is_counted_by_bin_path_or_delivery() {
    let mut server = Server::start();
    let fails = |per: &str| {
        rules(
            &json!([{"name": "fail twice", "per": per, "replies": [{"status": 503, "times": 2}, {"status": 200}]}]),
        )
    };
    let bin = server.bin_with(&fails("bin"));
    assert_eq!(statuses(&server, &bin, "/a", 1), [503]);
    // Counts are as durable as captures.
    server.kill();
    server.start_again();
    assert_eq!(statuses(&server, &bin, "/b", 3), [503, 200, 200]);
    patch(&server, &bin, &fails("path"));
    assert_eq!(statuses(&server, &bin, "/a", 3), [503, 503, 200]);
    assert_eq!(statuses(&server, &bin, "/b", 3), [503, 503, 200]);
    patch(&server, &bin, &fails("delivery"));
    let deliver = |id: &str| {
        let delivery = format!("X-GitHub-Delivery: {id}");
        let fields = [
            "X-GitHub-Event: push",
            &delivery,
            "User-Agent: GitHub-Hookshot/1",
        ];
        let target = format!("/{}", bin.id);
        server.request("POST", &target, &fields, b"{}").status
    };
    let (one, two) = (
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "72d3162e-cc78-11e3-81ab-4c9367dc0959",
    );
    let told = [one, two, one, one, two, two].map(deliver);
    assert_eq!(told, [503, 503, 503, 200, 503, 200]);
    // Any change of the rules begins anew.
    patch(&server, &bin, &fails("bin"));
    assert_eq!(statuses(&server, &bin, "/a", 3), [503, 503, 200]);
    // When a sequence is over, the next rule has its turn.
    patch(
        &server,
        &bin,
        &rules(&json!([
            {"name": "once", "replies": [{"status": 500, "times": 1}]},
            {"name": "then", "replies": [{"status": 204, "times": 1}]},
        ])),
    );
    assert_eq!(statuses(&server, &bin, "/a", 3), [500, 204, 200]);
}

#[test]
fn a_sequence_is_right_whoever_asks_at_once() {
    let server = Server::start();
    let bin = server.bin_with(&rules(&json!([
        {"name": "ten", "replies": [{"status": 503, "times": 10}, {"status": 200}]}
    ])));
    let all: Vec<u16> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| statuses(&server, &bin, "/", 5)))
            .collect();
        tasks
            .into_iter()
            .flat_map(|task| task.join().unwrap())
            .collect()
    });
    assert_eq!(all.iter().filter(|&&status| status == 503).count(), 10);
    assert_eq!(all.len(), 40);
}

#[test]
fn templates_see_the_request_and_their_mistakes_are_shown() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "reply": {
        "headers": [{"name": "X-Path", "value": "{{ request.path }}"}],
        "body": "{{ request.n }} {{ request.method }} {{ request.json.word }} {{ request.query.a }}",
    }}));
    let answer = send(&server, &bin, "POST", "/hook?a=1%202", r#"{"word": "abc"}"#);
    assert_eq!(answer.text(), "1 POST abc 1 2");
    assert_eq!(answer.header("x-path"), Some("/hook"));
    let reply = &server.capture(&bin, 1)["reply"];
    assert_eq!(reply["body"]["content"], "1 POST abc 1 2");
    // A header that would become two, an endless loop, a value that is no text: the default reply, and why.
    for (plan, body, why) in [
        (
            json!({"status": 202, "headers": [{"name": "X-Evil", "value": "{{ request.json.x }}"}]}),
            r#"{"x": "a\r\nSet-Cookie: b"}"#,
            "X-Evil",
        ),
        (
            json!({"status": 202, "body": "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}"}),
            "{}",
            "the body, line 1",
        ),
        (
            json!({"status": 202, "body": "{{ request.json.x + 1 }}"}),
            r#"{"x": {}}"#,
            "the body, line 1",
        ),
    ] {
        patch(&server, &bin, &json!({ "reply": plan }));
        let answer = send(&server, &bin, "POST", "/", body);
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{why}");
        assert_eq!(answer.header("set-cookie"), None);
        let n = answer
            .header("x-hookwell-request")
            .unwrap()
            .parse()
            .unwrap();
        let reply = server.capture(&bin, n)["reply"].clone();
        assert!(reply["error"].as_str().unwrap().contains(why), "{reply}");
        assert_eq!(reply["status"], 200);
    }
}

#[test]
fn a_plan_that_cannot_be_taken_is_refused_by_its_field() {
    let server = Server::start();
    let bin = server.bin();
    let path = format!("/bins/{}", bin.id);
    for (change, field) in [
        (json!({"reply": {"status": 99}}), "reply.status"),
        (json!({"reply": {"body": "{{"}}), "reply.body"),
        (json!({"reply": {"colour": 1}}), "reply.colour"),
        (json!({"reply": {"fault": "explode"}}), "reply.fault"),
        (
            json!({"rules": [{"name": "a", "when": "metod:x"}]}),
            "rules[0].when",
        ),
        (
            json!({"rules": [{"name": "a", "per": "week"}]}),
            "rules[0].per",
        ),
        (json!({"rules": {}}), "rules"),
    ] {
        let (status, problem) = server.api("PATCH", &path, Some(&bin.key), Some(&change));
        assert_eq!(status, 422, "{change}: {problem}");
        assert_eq!(problem["field"], field, "{change}: {problem}");
    }
    assert_eq!(send(&server, &bin, "POST", "/", "{}").status, 200);
}

#[test]
fn a_sender_may_ask_for_a_status_when_the_bin_allows_it() {
    let server = Server::start();
    let bin = server.bin();
    assert_eq!(statuses(&server, &bin, "/a?hookwell-status=503", 1), [200]);
    patch(&server, &bin, &json!({ "status_by_query": true }));
    assert_eq!(
        statuses(&server, &bin, "/a?x=1&hookwell-status=503", 1),
        [503]
    );
    assert_eq!(statuses(&server, &bin, "/a?hookwell-status=99", 1), [200]);
    assert_eq!(statuses(&server, &bin, "/a", 1), [200]);
    assert_eq!(server.capture(&bin, 2)["reply"]["rule"], "hookwell-status");
}

/// Sends a request over a connection of its own and gives all that is answered until it is closed, and how it ended.
fn raw(server: &Server, bin: &Bin) -> (String, std::io::Result<usize>) {
    let mut connection = server.connect();
    let request = format!(
        "POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        bin.id
    );
    connection.send(&request).unwrap();
    let mut answer = Vec::new();
    let end = connection.stream().read_to_end(&mut answer);
    (String::from_utf8_lossy(&answer).into_owned(), end)
}

#[test]
fn faults_break_the_answer_and_keep_the_capture() {
    let server = Server::start();
    let bin = server.bin();
    let plan = |fault: &str| json!({ "reply": { "status": 207, "body": "0123456789", "fault": fault, "delay_ms": 200 } });
    let reply = |n: u64| server.capture(&bin, n)["reply"].clone();

    patch(&server, &bin, &plan("close"));
    let (answer, end) = raw(&server, &bin);
    assert_eq!(answer, "");
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(
        (&reply(1)["status"], &reply(1)["fault"]),
        (&Value::Null, &json!("close"))
    );

    patch(&server, &bin, &plan("reset"));
    let (answer, end) = raw(&server, &bin);
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);

    patch(&server, &bin, &plan("half"));
    let (answer, _) = raw(&server, &bin);
    assert!(
        answer.starts_with("HTTP/1.1 207 ") && answer.ends_with("\r\n\r\n01234"),
        "{answer}"
    );
    assert!(
        answer.to_ascii_lowercase().contains("content-length: 10"),
        "{answer}"
    );
    assert_eq!(reply(3)["status"], 207);

    patch(&server, &bin, &plan("drip"));
    let (answer, end) = raw(&server, &bin);
    assert!(
        end.is_ok() && answer.ends_with("\r\n\r\n0123456789"),
        "{answer}"
    );

    // Nothing comes until the sender gives up; then its connection is let go.
    patch(&server, &bin, &plan("hang"));
    let mut waiting = server.connect();
    let request = format!(
        "POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        bin.id
    );
    waiting.send(&request).unwrap();
    eventually("the capture", || {
        (server.captures(&bin).len() == 5).then_some(())
    });
    waiting
        .stream()
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut first = [0; 1];
    let read = waiting.stream().read(&mut first);
    assert!(read.is_err(), "{read:?}");
    assert_eq!(
        (&reply(5)["status"], &reply(5)["fault"]),
        (&Value::Null, &json!("hang"))
    );
    drop(waiting);
    // The server is none the worse.
    patch(&server, &bin, &json!({ "reply": {} }));
    assert_eq!(send(&server, &bin, "POST", "/", "{}").status, 200);
}

#[test]
fn a_delayed_answer_holds_nobody_up() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "reply": { "delay_ms": 60_000 } }));
    let other = server.bin();
    let mut waiting: Vec<_> = (0..300).map(|_| server.connect()).collect();
    let request = format!(
        "POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        bin.id
    );
    for connection in &mut waiting {
        connection.send(&request).unwrap();
    }
    // All are captured while none is answered, and others are answered meanwhile.
    eventually("300 captures", || {
        (server.show(&bin)["captures"] == 300).then_some(())
    });
    assert_eq!(send(&server, &other, "POST", "/", "{}").status, 200);
    let capture = server.capture(&bin, 300);
    assert_eq!(
        (&capture["reply"]["delay_ms"], &capture["reply"]["status"]),
        (&json!(60_000), &json!(200))
    );
    // A short delay is kept at least.
    patch(&server, &bin, &json!({ "reply": { "delay_ms": 300 } }));
    let began = Instant::now();
    assert_eq!(send(&server, &bin, "POST", "/", "{}").status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
}
