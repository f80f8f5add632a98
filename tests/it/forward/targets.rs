//! Targets: what a bin's captures are sent on to by themselves, in order, again when it fails, and never round in circles.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{ALLOW, attempts};
use crate::support::{Bin, Server, Target, eventually};

fn set(server: &Server, bin: &Bin, targets: &Value) {
    let path = format!("/bins/{}", bin.id);
    let change = json!({ "targets": targets });
    let (status, answer) = server.api("PATCH", &path, Some(&bin.key), Some(&change));
    assert_eq!(status, 200, "{answer}");
}

fn state(server: &Server, bin: &Bin) -> Value {
    let path = format!("/bins/{}/targets", bin.id);
    let (status, answer) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Waits until nothing waits for the first target any more.
fn emptied(server: &Server, bin: &Bin) -> Value {
    eventually("the queue is empty", || {
        let state = state(server, bin);
        (state["targets"][0]["waiting"] == 0).then_some(state)
    })
}

fn bodies(target: &Target) -> Vec<String> {
    let heard = target.heard();
    let bodies = heard
        .iter()
        .map(|heard| String::from_utf8_lossy(&heard.body).into_owned());
    bodies.collect()
}

fn status(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n").into_bytes()
}

#[test]
fn captures_that_match_are_sent_on_in_order() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let target = Target::start();
    let url = target.url("/hooks");
    let headers = json!([{ "name": "Authorization", "value": "Bearer x" }]);
    set(
        &server,
        &bin,
        &json!([{ "url": url, "when": "path:/orders/*", "headers": headers }]),
    );
    for n in 1..=20 {
        server.post(
            &bin,
            &format!("/orders/{n}?x={n}"),
            n.to_string().as_bytes(),
        );
        server.post(&bin, "/other", b"no");
    }
    let state = emptied(&server, &bin);
    let going =
        json!({ "url": url, "waiting": 0, "dead": 0, "failing_since": null, "paused_at": null });
    assert_eq!(state, json!({ "targets": [going], "dead": [] }));
    let want: Vec<_> = (1..=20).map(|n| n.to_string()).collect();
    assert_eq!(bodies(&target), want);
    let first = &target.heard()[0];
    assert!(
        first
            .head
            .starts_with("POST /hooks/orders/1?x=1 HTTP/1.1\r\n"),
        "{}",
        first.head
    );
    assert_eq!(first.fields("authorization"), ["Bearer x"]);
    assert_eq!(first.fields("hookwell-capture"), [format!("{}/1", bin.id)]);
    let attempt = &attempts(&server, &bin, 1)[0];
    assert_eq!(
        (&attempt["kind"], &attempt["answer"]["status"]),
        (&json!("target"), &json!(200))
    );
    assert_eq!(attempts(&server, &bin, 2).len(), 0);
}

#[test]
fn what_fails_is_tried_again_before_what_came_later() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let target = Target::answering(|number, _| status(if number < 2 { 503 } else { 200 }));
    set(&server, &bin, &json!([{ "url": target.url("/") }]));
    for body in ["a", "b", "c"] {
        server.post(&bin, "", body.as_bytes());
    }
    emptied(&server, &bin);
    assert_eq!(bodies(&target), ["a", "a", "a", "b", "c"]);
    let statuses: Vec<_> = attempts(&server, &bin, 1)
        .iter()
        .map(|one| one["answer"]["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 503, 503]);
}

#[test]
fn what_was_given_up_is_listed_and_tried_again_when_asked() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let now = std::sync::Arc::clone(&is_up);
    let target = Target::answering(move |_, _| {
        status(if now.load(std::sync::atomic::Ordering::SeqCst) {
            200
        } else {
            500
        })
    });
    let url = target.url("/");
    set(&server, &bin, &json!([{ "url": url, "retry": false }]));
    server.post(&bin, "", b"a");
    server.post(&bin, "", b"b");
    let given_up = emptied(&server, &bin);
    assert_eq!(given_up["targets"][0]["dead"], 2);
    assert!(given_up["targets"][0]["failing_since"].is_string());
    let dead = |n: u64| json!({ "n": n, "url": url, "tries": 1 });
    assert_eq!(given_up["dead"], json!([dead(2), dead(1)]));
    let page = server.get(&bin.page("/settings")).text();
    assert!(page.contains("2 given up") && page.contains("Retry all"));
    is_up.store(true, std::sync::atomic::Ordering::SeqCst);
    let path = format!("/bins/{}/targets/retry", bin.id);
    let (code, answer) = server.api("POST", &path, Some(&bin.key), None);
    assert_eq!((code, answer), (200, json!({ "retried": 2 })));
    let state = emptied(&server, &bin);
    assert_eq!(
        (
            &state["targets"][0]["dead"],
            &state["targets"][0]["failing_since"]
        ),
        (&json!(0), &Value::Null)
    );
    assert_eq!(bodies(&target), ["a", "b", "a", "b"]);
}

#[test]
fn the_queue_survives_a_kill() {
    let mut server = Server::with(&ALLOW);
    let bin = server.bin();
    // Bound, but nobody answers before the server is back.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    set(&server, &bin, &json!([{ "url": url }]));
    for n in 1..=5 {
        server.post(&bin, "", n.to_string().as_bytes());
    }
    server.kill();
    server.start_again();
    let target = Target::on(listener, |_, _, stream| {
        std::io::Write::write_all(stream, &status(200)).ok();
    });
    emptied(&server, &bin);
    // The call that was under way when the server ended is repeated, and nothing else.
    let mut heard = bodies(&target);
    heard.dedup();
    assert_eq!(heard, ["1", "2", "3", "4", "5"]);
}

#[test]
fn bins_that_send_to_each_other_end_soon() {
    let server = Server::with(&ALLOW);
    let (one, two) = (server.bin(), server.bin());
    let url = |bin: &Bin| format!("{}/{}", server.base(), bin.id);
    set(&server, &one, &json!([{ "url": url(&two) }]));
    set(&server, &two, &json!([{ "url": url(&one) }]));
    server.post(&one, "/x", b"{}");
    let refused = eventually("the loop is noticed", || {
        attempts_if_there(&server, &one, 2).into_iter().next()
    });
    assert_eq!(refused["error"]["cause"], "refused_by_guard");
    assert!(
        refused["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("by this bin before")
    );
    emptied(&server, &one);
    emptied(&server, &two);
    assert_eq!(
        (server.captures(&one).len(), server.captures(&two).len()),
        (2, 1)
    );
}

fn attempts_if_there(server: &Server, bin: &Bin, n: u64) -> Vec<Value> {
    let path = format!("/bins/{}/captures/{n}/attempts", bin.id);
    let (_, list) = server.api("GET", &path, Some(&bin.key), None);
    list["attempts"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_target_that_may_not_be_called_is_given_up_at_once_and_said() {
    let server = Server::start();
    let bin = server.bin();
    set(&server, &bin, &json!([{ "url": "http://10.0.0.1/" }]));
    server.post(&bin, "", b"{}");
    let given_up = emptied(&server, &bin);
    assert_eq!(given_up["targets"][0]["dead"], 1);
    let attempt = &attempts(&server, &bin, 1)[0];
    assert_eq!(attempt["error"]["cause"], "refused_by_guard");
    // A target that is taken away takes what waits for it along.
    set(&server, &bin, &json!([]));
    assert_eq!(state(&server, &bin), json!({ "targets": [], "dead": [] }));
}

#[test]
fn several_at_once_are_not_held_up_by_one() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let target = Target::with(|_, heard, stream| {
        if heard.body == b"slow" {
            std::io::Read::read_exact(stream, &mut [0]).ok();
        } else {
            std::io::Write::write_all(
                stream,
                &status(if heard.body == b"bad" { 500 } else { 200 }),
            )
            .ok();
        }
    });
    set(
        &server,
        &bin,
        &json!([{ "url": target.url("/"), "concurrency": 2 }]),
    );
    server.post(&bin, "", b"bad");
    for n in 1..=5 {
        server.post(&bin, "", n.to_string().as_bytes());
    }
    eventually("the others are taken", || {
        (state(&server, &bin)["targets"][0]["waiting"] == 1).then_some(())
    });
    let heard = bodies(&target);
    assert!((1..=5).all(|n| heard.contains(&n.to_string())), "{heard:?}");
}

#[test]
fn one_that_cannot_be_read_cuts_off_none_that_is_under_way() {
    let mut server = Server::with(&ALLOW);
    let bin = server.bin();
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("http://{address}/");
    set(&server, &bin, &json!([{ "url": url, "concurrency": 2 }]));
    for body in [b"odd", b"two"] {
        server.post(&bin, "", body);
    }
    for n in [1, 2] {
        eventually("a first try", || {
            attempts_if_there(&server, &bin, n).into_iter().next()
        });
    }
    server.stop();
    let database = rusqlite::Connection::open(server.data().join("hookwell.db")).unwrap();
    let sql = "UPDATE captures SET peer = x'00' WHERE body = CAST('odd' AS BLOB); UPDATE forwards SET due_at = 0";
    database.execute_batch(sql).unwrap();
    drop(database);
    let target = Target::on(TcpListener::bind(address).unwrap(), |_, _, stream| {
        // Longer than it takes to read a row.
        std::thread::park_timeout(std::time::Duration::from_millis(300));
        std::io::Write::write_all(stream, &status(200)).ok();
    });
    server.start_again();
    eventually("the other is taken", || {
        let last = attempts_if_there(&server, &bin, 2).into_iter().next()?;
        (last["answer"]["status"] == 200).then_some(())
    });
    assert_eq!(bodies(&target), ["two"]);
}

#[test]
fn targets_are_checked_when_they_are_set() {
    let server = Server::start();
    let bin = server.bin();
    let path = format!("/bins/{}", bin.id);
    let url = "https://example.com/";
    for (targets, field) in [
        (json!([{ "url": "ftp://x/" }]), "targets[0].url"),
        (json!([{ "url": url }, { "url": url }]), "targets[1].url"),
        (json!([{ "url": url, "when": "(" }]), "targets[0].when"),
        (json!([{ "url": url, "sign": "nobody" }]), "targets[0].sign"),
        (
            json!([{ "url": url, "concurrency": 11 }]),
            "targets[0].concurrency",
        ),
        (
            json!([{ "url": url, "headers": [{ "name": "a\n", "value": "" }] }]),
            "targets[0].headers",
        ),
        (Value::Array(vec![json!({ "url": url }); 11]), "targets"),
    ] {
        let (status, problem) = server.api(
            "PATCH",
            &path,
            Some(&bin.key),
            Some(&json!({ "targets": targets })),
        );
        assert_eq!(
            (status, problem["field"].as_str()),
            (422, Some(field)),
            "{problem}"
        );
    }
    let answer = server.form(
        &bin.page("/targets"),
        "",
        "act=add&url=https%3A%2F%2Fexample.com%2Fin&when=method%3APOST&keep_path=on",
    );
    assert_eq!(answer.status, 303);
    let want = json!([{ "url": "https://example.com/in", "when": "method:POST", "keep_path": true, "headers": [], "retry": true,
        "sign": null, "concurrency": 1 }]);
    assert_eq!(server.show(&bin)["settings"]["targets"], want);
    assert!(
        server
            .get(&bin.page("/settings"))
            .text()
            .contains("Nothing waits.")
    );
    // What cannot be is said under its field, beside what was typed.
    for (field, value) in [("url", "example.com"), ("when", "size:abc")] {
        let other = match field {
            "url" => "when=is:pinned",
            _ => "url=https://a.example/",
        };
        let fields = format!("act=add&{other}&{field}={value}");
        let answer = server.form(&bin.page("/targets"), "", &fields);
        assert_eq!(answer.status, 422, "{field}");
        let html = answer.text();
        let (_, input) = html
            .split_once(&format!("id=\"target-{field}\""))
            .unwrap_or_default();
        let (input, _) = input.split_once('>').unwrap_or_default();
        assert!(input.contains(&format!("value=\"{value}\"")), "{input}");
        assert!(input.contains("aria-invalid=\"true\""), "{input}");
        let kept = other.split_once('=').unwrap().1;
        assert!(html.contains(&format!("value=\"{kept}\"")), "{field}");
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1);
    }
    assert_eq!(
        server
            .form(
                &bin.page("/targets"),
                "",
                "act=remove&url=https%3A%2F%2Fexample.com%2Fin"
            )
            .status,
        303
    );
    assert_eq!(server.show(&bin)["settings"]["targets"], json!([]));
}
