//! Replays: the bytes that arrive, the answers that are kept, and what is said when there is none.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{ALLOW, attempt, attempts, replay};
use crate::support::{Server, Target, eventually};

/// The bytes of an input out of `tests/cases`, for this bin.
fn case(name: &str, path: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name);
    let text = String::from_utf8(std::fs::read(file).unwrap()).unwrap();
    text.replace("{BIN}", path).into_bytes()
}

#[test]
fn a_chunked_request_arrives_with_its_length_and_without_what_was_of_its_connection() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let input = case("fwd-08.http", &format!("/{}", bin.id));
    assert_eq!(server.send(input).status, 200);
    let target = Target::start();
    let attempt = attempt(&server, &bin, 1, &target.url("/a?b=c"));
    let heard = &target.heard()[0];
    let want = format!(
        "POST /a?b=c HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nX-Dup: 1\r\nX-Dup: 2\r\nHookwell-Capture: {}/1\r\n\
         Content-Length: 11\r\nConnection: close\r\n\r\n",
        target.address, bin.id
    );
    assert_eq!(heard.head, want);
    assert_eq!(heard.body, server.body(&bin, 1));
    assert_eq!(attempt["sent"]["size"], 11);
    assert_eq!(attempt["kind"], "replay");
    assert_eq!(
        (&attempt["n"], &attempt["error"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(attempt["answer"]["body"]["content"], "ok");
    // What is listed is the same without the body's content, also after a restart.
    let mut server = server;
    for _ in 0..2 {
        let mut line = attempt.clone();
        let body = line["answer"]["body"].as_object_mut().unwrap();
        body.remove("content");
        body.remove("encoding");
        assert_eq!(attempts(&server, &bin, 1), [line]);
        let path = format!("/bins/{}/captures/1/attempts/{}", bin.id, attempt["id"]);
        assert_eq!(
            server.api("GET", &path, Some(&bin.key), None),
            (200, attempt.clone())
        );
        server.stop();
        server.start_again();
    }
}

#[test]
fn a_body_of_known_length_is_never_chunked_and_none_has_no_length() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let target = Target::answering(|_, heard| {
        let status = if heard.fields("content-length").is_empty() {
            411
        } else {
            200
        };
        format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n").into_bytes()
    });
    server.post(&bin, "", &vec![b'x'; 100_000]);
    server.send(format!(
        "GET /{}/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        bin.id
    ));
    assert_eq!(
        attempt(&server, &bin, 1, &target.url("/"))["answer"]["status"],
        200
    );
    assert_eq!(
        attempt(&server, &bin, 2, &target.url("/"))["answer"]["status"],
        411
    );
    let heard = target.heard();
    assert_eq!(heard[0].body.len(), 100_000);
    assert!(
        heard
            .iter()
            .all(|heard| heard.fields("transfer-encoding").is_empty())
    );
    assert!(
        heard[1].head.starts_with("GET / HTTP/1.1\r\n"),
        "{}",
        heard[1].head
    );
}

#[test]
fn a_capture_over_http_2_is_sent_on_with_the_host_of_the_url() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    let (address, id) = (server.address, bin.id.clone());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let request = hyper::Request::post(format!("http://{address}/{id}")).header("x-a", "1");
        let (answer, mut body) = client
            .send_request(request.body(()).unwrap(), false)
            .unwrap();
        body.send_data("x=1".into(), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 200);
    });
    let target = Target::start();
    attempt(&server, &bin, 1, &target.url("/"));
    let heard = &target.heard()[0];
    assert_eq!(heard.fields("host"), [target.address.to_string()]);
    assert_eq!(
        (heard.fields("x-a"), &heard.body[..]),
        (vec!["1"], &b"x=1"[..])
    );
    assert!(!heard.head.contains("authority"), "{}", heard.head);
}

#[test]
fn repeated_fields_and_odd_bytes_of_an_answer_are_kept() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let target = Target::answering(|_, _| {
        b"HTTP/1.1 201 Cr\xe9e\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nLink: <a>\r\nLink: <b>\r\nContent-Type: Text/Plain\r\n\
          Content-Length: 3\r\n\r\n\xff\xfe\n"
            .to_vec()
    });
    let answer = attempt(&server, &bin, 1, &target.url("/"))["answer"].clone();
    assert_eq!(answer["status"], 201);
    let fields = answer["headers"].as_array().unwrap().iter();
    let values: Vec<_> = fields
        .map(|field| field["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["a=1", "b=2", "<a>", "<b>", "Text/Plain", "3"]);
    let body = json!({ "size": 3, "state": "complete", "media_type": "text/plain", "encoding": "base64", "content": "//4K" });
    assert_eq!(answer["body"], body);
}

#[test]
fn answers_without_an_end_are_cut_and_captures_go_on() {
    let flags = [
        "--allow-outbound",
        "127.0.0.0/8",
        "--outbound-timeout",
        "1s",
    ];
    let server = Server::with(&flags);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let endless = Target::with(|_, _, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok();
        let piece = vec![b'x'; 65536];
        while stream.write_all(&piece).is_ok() {}
    });
    let slow = Target::with(|_, _, stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
            .ok();
        stream.read_exact(&mut [0]).ok();
    });
    let silent = Target::with(|_, _, stream| {
        stream.read_exact(&mut [0]).ok();
    });
    let cut = attempt(&server, &bin, 1, &endless.url("/"));
    assert_eq!(cut["answer"]["body"]["state"], "truncated");
    assert_eq!(cut["answer"]["body"]["size"], 1 << 20);
    assert_eq!(cut["error"], Value::Null);
    let held = attempt(&server, &bin, 1, &slow.url("/"));
    assert_eq!(held["answer"]["body"]["state"], "aborted");
    assert_eq!(held["answer"]["body"]["sent"], 1000);
    assert_eq!(held["error"]["cause"], "timeout");
    let none = attempt(&server, &bin, 1, &silent.url("/"));
    assert_eq!(
        (&none["answer"], &none["error"]["cause"]),
        (&Value::Null, &json!("timeout"))
    );
    server.post(&bin, "", b"{}");
}

#[test]
fn failures_are_kept_with_their_cause() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let closing = Target::answering(|_, _| Vec::new());
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (url, cause) in [
        (format!("http://{nobody}/"), "connect"),
        (closing.url("/"), "closed"),
        ("http://no-such-name.invalid/".to_owned(), "dns"),
        (format!("https://{}/", server.address), "tls"),
    ] {
        let attempt = attempt(&server, &bin, 1, &url);
        assert_eq!(
            (&attempt["answer"], &attempt["error"]["cause"]),
            (&Value::Null, &json!(cause)),
            "{url}"
        );
        assert!(
            attempt["error"]["detail"].as_str().unwrap().ends_with('.'),
            "{attempt}"
        );
    }
    assert_eq!(attempts(&server, &bin, 1).len(), 4);
}

#[test]
fn a_request_is_sent_edited_or_signed_again() {
    let server = Server::with(&ALLOW);
    let bin = server.bin_with(&json!({ "secrets": { "stripe": ["whsec_test"] } }));
    let fields = [
        "Stripe-Signature: t=1,v1=00",
        "Content-Type: application/json",
    ];
    let body = br#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
    let answer = server.request("POST", &format!("/{}/hooks?x=1", bin.id), &fields, body);
    assert_eq!(answer.status, 200);
    let target = Target::start();
    let url = target.url("/base");
    let order = json!({ "url": url, "keep_path": true, "method": "PATCH", "headers": [{ "name": "X-New", "value": "1" }], "body": "edited" });
    assert_eq!(replay(&server, &bin, 1, &order).0, 201);
    assert_eq!(
        replay(&server, &bin, 1, &json!({ "url": url, "sign": "stripe" })).0,
        201
    );
    // To another bin of this very server, that knows the secret: the signature fits, and the time is now.
    let other = server.bin_with(&json!({ "secrets": { "stripe": ["whsec_test"] } }));
    let here = format!("{}/{}", server.base(), other.id);
    assert_eq!(
        replay(&server, &bin, 1, &json!({ "url": here, "sign": "stripe" })).0,
        201
    );
    let arrived = server.capture(&other, 1);
    assert_eq!(arrived["verdict"]["state"], "valid", "{arrived}");
    let heard = target.heard();
    assert!(
        heard[0]
            .head
            .starts_with("PATCH /base/hooks?x=1 HTTP/1.1\r\n"),
        "{}",
        heard[0].head
    );
    assert_eq!(
        (heard[0].fields("x-new"), &heard[0].body[..]),
        (vec!["1"], &b"edited"[..])
    );
    assert_eq!(heard[0].fields("content-type").len(), 0);
    assert_ne!(heard[1].fields("stripe-signature"), ["t=1,v1=00"]);
    assert_eq!(heard[1].body, body);
    for (order, field) in [
        (json!({ "url": url, "sign": "github" }), "sign"),
        (json!({ "url": url, "sign": "nobody" }), "sign"),
        (json!({ "url": url, "method": "A B" }), "method"),
        (
            json!({ "url": url, "headers": [{ "name": "a b", "value": "" }] }),
            "headers",
        ),
        (
            json!({ "url": url, "headers": [{ "name": "a", "value": "1\r\nB: 2" }] }),
            "headers",
        ),
        (
            json!({ "url": url, "body": "a", "body_base64": "YQ==" }),
            "body",
        ),
        (json!({ "url": url, "body_base64": "?" }), "body_base64"),
        (json!({ "url": url, "copies": 21 }), "copies"),
        (
            json!({ "url": format!("http://a/{}", "x".repeat(2048)) }),
            "url",
        ),
    ] {
        let (status, problem) = replay(&server, &bin, 1, &order);
        assert_eq!(
            (status, problem["field"].as_str()),
            (422, Some(field)),
            "{problem}"
        );
    }
    assert_eq!(replay(&server, &bin, 1, &json!({})).0, 422);
    assert_eq!(replay(&server, &bin, 9, &json!({ "url": url })).0, 404);
    assert_eq!(target.heard().len(), 2);
}

#[test]
fn copies_are_sent_at_once_and_their_answers_compared() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let careless = Target::answering(|number, _| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}").into_bytes()
    });
    let order = json!({ "url": careless.url("/"), "copies": 5 });
    let (status, made) = replay(&server, &bin, 1, &order);
    assert_eq!(
        (status, &made["same_status"], &made["same_body"]),
        (201, &json!(true), &json!(false)),
        "{made}"
    );
    assert_eq!(made["attempts"].as_array().unwrap().len(), 5);
    assert_eq!(
        (careless.heard().len(), attempts(&server, &bin, 1).len()),
        (5, 5)
    );
    let order = json!({ "url": Target::start().url("/"), "copies": 2 });
    assert_eq!(replay(&server, &bin, 1, &order).1["same_body"], true);
}

#[test]
fn many_are_sent_in_order_as_a_filter_says() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    for n in 1..=6 {
        server.post(
            &bin,
            if n % 2 == 0 { "/even" } else { "/odd" },
            n.to_string().as_bytes(),
        );
    }
    let target = Target::answering(|number, _| {
        let status = if number == 1 { 500 } else { 200 };
        format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n").into_bytes()
    });
    let many = |order: &Value| {
        let key = format!("Authorization: Bearer {}", bin.key);
        // Lines are to be had as they come: who takes gzip is not sent it.
        let fields = [
            &*key,
            "Content-Type: application/json",
            "Accept-Encoding: gzip",
        ];
        let path = format!("/api/v1/bins/{}/captures/replay", bin.id);
        server.request("POST", &path, &fields, &serde_json::to_vec(order).unwrap())
    };
    let answer =
        many(&json!({ "q": "path:/even", "url": target.url(""), "keep_path": true, "rate": 100 }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-encoding"), None);
    let text = answer.text();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<_> = lines.iter().filter_map(|line| line["n"].as_u64()).collect();
    assert_eq!(numbers, [2, 4, 6]);
    assert_eq!(lines[1]["status"], 500);
    assert_eq!(
        lines[3],
        json!({ "done": true, "sent": 3, "taken": 2, "problem": null })
    );
    let heard = target.heard();
    let bodies: Vec<_> = heard
        .iter()
        .map(|heard| String::from_utf8_lossy(&heard.body).into_owned())
        .collect();
    assert_eq!(bodies, ["2", "4", "6"]);
    assert!(heard[0].head.starts_with("POST /even HTTP/1.1\r\n"));
    for (order, field) in [
        (json!({ "q": "(", "url": "http://127.0.0.1/" }), "q"),
        (json!({ "q": "", "url": "http://10.0.0.1/" }), "url"),
        (
            json!({ "q": "", "url": "http://127.0.0.1/", "rate": 0 }),
            "rate",
        ),
    ] {
        assert_eq!(many(&order).json()["field"], field, "{order}");
    }
}

#[test]
fn one_that_cannot_be_sent_does_not_end_the_others() {
    let server = Server::with(&[
        "--allow-outbound",
        "127.0.0.0/8",
        "--capture-domain",
        "hooks.test",
    ]);
    let bin = server.bin();
    server.post(&bin, "/a", b"1");
    let asterisk = format!(
        "OPTIONS * HTTP/1.1\r\nHost: {}.hooks.test\r\nConnection: close\r\n\r\n",
        bin.id
    );
    assert_eq!(
        server.send(asterisk).header("x-hookwell-request"),
        Some("2")
    );
    server.post(&bin, "/b", b"3");
    let target = Target::start();
    let order = json!({ "q": "", "url": target.url(""), "keep_path": true, "rate": 100 });
    let key = format!("Authorization: Bearer {}", bin.key);
    let fields = [&*key, "Content-Type: application/json"];
    let path = format!("/api/v1/bins/{}/captures/replay", bin.id);
    let answer = server.request("POST", &path, &fields, order.to_string().as_bytes());
    let text = answer.text();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said: Vec<_> = lines
        .iter()
        .map(|line| (&line["n"], &line["status"], &line["error"]))
        .collect();
    let refused = json!("refused_by_guard");
    let (none, ok) = (Value::Null, json!(200));
    let want = [
        (&json!(1), &ok, &none),
        (&json!(2), &none, &refused),
        (&json!(3), &ok, &none),
        (&none, &none, &none),
    ];
    assert_eq!(said, want, "{text}");
    assert_eq!(
        lines[3],
        json!({ "done": true, "sent": 2, "taken": 2, "problem": null })
    );
    let kept = &attempts(&server, &bin, 2)[0];
    assert_eq!(kept["id"], lines[1]["attempt"]);
    let detail = kept["error"]["detail"].as_str().unwrap();
    assert!(
        detail.contains("path of the request cannot be kept"),
        "{detail}"
    );
    // By itself it is refused, as before.
    let (status, problem) = replay(
        &server,
        &bin,
        2,
        &json!({ "url": target.url(""), "keep_path": true }),
    );
    assert_eq!((status, &problem["field"]), (422, &json!("url")));
    assert_eq!(target.heard().len(), 2);
}

#[test]
fn an_attempt_is_kept_although_nobody_waits_for_it() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let target = Target::answering(move |_, _| {
        wait.lock().unwrap().recv().ok();
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    let body = json!({ "url": target.url("/") }).to_string();
    let mut connection = server.connect();
    let head = format!(
        "POST /api/v1/bins/{}/captures/1/replay HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        bin.id,
        server.address,
        bin.key,
        body.len()
    );
    connection.send(head).unwrap();
    eventually("the target is asked", || {
        (!target.heard().is_empty()).then_some(())
    });
    drop(connection);
    go.send(()).unwrap();
    let kept = eventually("the attempt", || attempts(&server, &bin, 1).pop());
    assert_eq!(kept["answer"]["status"], 200);
}

#[test]
fn the_page_sends_on_and_shows_what_came_of_it() {
    let server = Server::with(&ALLOW);
    let bin = server.bin();
    server.post(&bin, "/orders", b"{}");
    let target = Target::answering(|_, _| {
        b"HTTP/1.1 418 I'm a teapot\r\nX-Pot: <b>\r\nContent-Length: 5\r\n\r\n<i>hi".to_vec()
    });
    let page = bin.page("/requests/1");
    assert!(server.get(&page).text().contains("Replay #1"));
    let to = target.url("/in").replace(':', "%3A").replace('/', "%2F");
    let answer = server.form(
        &bin.page("/requests/1/replay"),
        "",
        &format!("to={to}&keep_path=on"),
    );
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some(&*format!("{page}#forwards")))
    );
    assert!(
        target.heard()[0]
            .head
            .starts_with("POST /in/orders HTTP/1.1\r\n")
    );
    let shown = server.get(&page).text();
    assert!(
        shown.contains("418 I&#39;m a teapot") || shown.contains("418 I'm a teapot"),
        "{shown}"
    );
    assert!(shown.contains("&#60;i&#62;hi") && !shown.contains("<i>hi"));
    let refused = server.form(
        &bin.page("/requests/1/replay"),
        "",
        "to=http%3A%2F%2F10.0.0.1%2F",
    );
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("--allow-outbound"));
}
