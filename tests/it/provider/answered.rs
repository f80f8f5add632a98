//! Handshakes over a socket: what a provider asks is answered in the place of the bin's own reply, and kept.

use serde_json::{Value, json};

use super::handshakes::{Case, cases};
use crate::support::{Bin, Response, Server, eventually};

/// A bin with the case's secret, as its owner would have saved it.
fn bin_for(server: &Server, case: &Case, handshakes: bool) -> Bin {
    let mut settings = json!({ "handshakes": handshakes });
    if let (Some(secret), None) = (&case.secret, &case.left_out) {
        let mut secrets = serde_json::Map::new();
        secrets.insert(case.slug.clone(), json!([secret]));
        settings["secrets"] = secrets.into();
    }
    server.bin_with(&settings)
}

fn ask(server: &Server, bin: &Bin, case: &Case) -> Response {
    let sent = &case.request;
    let headers: Vec<String> = sent
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let target = format!("/{}{}", bin.id, sent.path_and_query);
    server.request(&sent.method, &target, &headers, sent.body.as_bytes())
}

fn header<'a>(list: &'a Value, name: &str) -> Option<&'a str> {
    let field = list.as_array()?.iter().find(|field| {
        field["name"]
            .as_str()
            .is_some_and(|have| have.eq_ignore_ascii_case(name))
    })?;
    field["value"].as_str()
}

#[test]
fn every_question_is_answered_over_a_socket_and_the_answer_kept() {
    // Nobody outside is to be asked for the certificate that one of them names.
    let server = Server::with(&["--offline"]);
    let mut answered = 0;
    for case in cases() {
        let bin = bin_for(&server, &case, true);
        let answer = ask(&server, &bin, &case);
        assert_eq!(
            answer.header("x-hookwell-request"),
            Some("1"),
            "{}",
            case.name
        );
        let capture = server.capture(&bin, 1);
        let reply = &capture["reply"];
        if case.left_out.is_some() {
            // What is not known is captured as anything else is.
            assert_eq!(answer.status, 200, "{}", case.name);
            continue;
        }
        let want = &case.expect;
        assert_eq!(answer.status, want.status, "{}", case.name);
        assert_eq!(answer.text(), want.body, "{}", case.name);
        assert_eq!(reply["status"], want.status, "{}", case.name);
        assert_eq!(
            reply["rule"],
            format!("handshake:{}", case.slug),
            "{}",
            case.name
        );
        let kept = reply["body"]["content"].as_str().unwrap_or_default();
        assert_eq!(kept, want.body, "{}", case.name);
        for (name, value) in &want.headers {
            let have = answer.header(&name.to_ascii_lowercase());
            assert_eq!(have, Some(value.as_str()), "{}: {name}", case.name);
            let have = header(&reply["headers"], name);
            assert_eq!(have, Some(value.as_str()), "{}: {name}", case.name);
        }
        // Whatever is echoed cannot act on this origin.
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("sandbox"), "{}", case.name);
        answered += 1;
    }
    assert!(answered >= 30, "only {answered}");
}

#[test]
fn a_bin_whose_switch_is_off_gives_its_plain_reply() {
    let server = Server::start();
    for case in cases() {
        let bin = bin_for(&server, &case, false);
        let answer = ask(&server, &bin, &case);
        assert_eq!(
            (answer.status, answer.body.len()),
            (200, 0),
            "{}",
            case.name
        );
        let reply = server.capture(&bin, 1)["reply"].clone();
        assert_eq!(
            reply,
            json!({ "status": 200, "rule": null, "delay_ms": 0 }),
            "{}",
            case.name
        );
    }
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn what_was_asked_and_answered_is_said_in_row_and_page() {
    let server = Server::start();
    let (slack, zoom) = (case("slack-events"), case("zoom"));
    let bin = bin_for(&server, &slack, true);
    ask(&server, &bin, &slack);
    let list = server.get(&bin.page("")).text();
    assert!(list.contains("<span class=\"tag \">handshake</span>"));
    let page = server.get(&bin.page("/requests/1?part=detail")).text();
    assert!(page.contains("Slack handshake answered: URL verification."));
    assert!(page.contains("<span class=\"c\">Content-Type:</span> text/plain"));
    assert!(page.contains(&slack.expect.body));

    // Zoom's answer needs a secret that this bin lacks.
    let answer = ask(&server, &bin, &zoom);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(server.capture(&bin, 2)["reply"]["rule"], "unanswered:zoom");
    assert!(
        server
            .get(&bin.page(""))
            .text()
            .contains("handshake: secret missing")
    );
    let page = server.get(&bin.page("/requests/2?part=detail")).text();
    assert!(page.contains("A handshake of Zoom was not answered."));
    assert!(page.contains("secret token, which this bin lacks."));
    assert!(page.contains("settings?provider=zoom#signatures"));
}

#[test]
fn what_asks_nothing_is_answered_plainly() {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("/{}/x?y=1", bin.id);
    for (method, body) in [
        ("GET", ""),
        ("HEAD", ""),
        ("OPTIONS", ""),
        ("POST", r#"{"type":"order","challenge_rating":3}"#),
        ("POST", "challenge"),
    ] {
        let answer = server.request(method, &target, &[], body.as_bytes());
        assert_eq!(
            (answer.status, answer.body.len()),
            (200, 0),
            "{method} {body}"
        );
    }
    for capture in server.captures(&bin) {
        assert!(capture["reply"]["rule"].is_null(), "{capture}");
    }
}

#[test]
fn a_reader_is_not_told_what_was_echoed() {
    let server = Server::start();
    let asana = case("asana");
    let bin = bin_for(&server, &asana, true);
    let answer = ask(&server, &bin, &asana);
    let secret = answer.header("x-hook-secret").unwrap();
    let (status, made) = server.api(
        "POST",
        &format!("/bins/{}/share", bin.id),
        Some(&bin.key),
        None,
    );
    assert_eq!(status, 201);
    let link = Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    };
    assert!(server.capture(&bin, 1).to_string().contains(secret));
    assert!(!server.capture(&link, 1).to_string().contains(secret));
    assert!(
        !server
            .get(&link.page("/requests/1"))
            .text()
            .contains(secret)
    );
}

#[test]
fn a_server_that_calls_nobody_says_why_a_subscription_is_not_confirmed() {
    let server = Server::with(&["--offline"]);
    let mut all = cases().into_iter();
    let mut case = all.find(|case| case.slug == "aws-sns").unwrap();
    case.request.body = case.request.body.replace("(not verifiable here)", "AAAA");
    let case = &case;
    let bin = bin_for(&server, case, true);
    assert_eq!(ask(&server, &bin, case).status, 200);
    let path = format!("/bins/{}/captures/1/attempts", bin.id);
    let attempts = eventually("an attempt", || {
        let (_, told) = server.api("GET", &path, Some(&bin.key), None);
        Some(told["attempts"].clone())
            .filter(|all| all.as_array().is_some_and(|all| all.len() == 1))
    });
    let tried = &attempts[0];
    assert_eq!(
        (&tried["kind"], &tried["answer"]),
        (&json!("handshake"), &Value::Null)
    );
    let why = tried["error"]["detail"].as_str().unwrap();
    assert!(
        why.contains("It was not visited") && why.contains("--offline"),
        "{why}"
    );
    // The verdict says the same, and the page both.
    let verdict = &server.capture(&bin, 1)["verdict"];
    assert_eq!(verdict["state"], "unchecked");
    assert!(
        verdict["detail"].as_str().unwrap().contains("calls nobody"),
        "{verdict}"
    );
    let page = server.get(&format!("/b/{}/requests/1", bin.key)).text();
    assert!(page.contains("to confirm the subscription") && page.contains("calls nobody"));
    // With the switch off nothing is visited.
    let bin = bin_for(&server, case, false);
    assert_eq!(ask(&server, &bin, case).status, 200);
    assert_eq!(server.capture(&bin, 1)["reply"]["rule"], Value::Null);
    let path = format!("/bins/{}/captures/1/attempts", bin.id);
    let (_, none) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(none["attempts"], json!([]));
}
