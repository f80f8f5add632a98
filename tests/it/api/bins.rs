//! Making, showing, changing and deleting a bin.

use serde_json::{Value, json};

use super::call::{Ask, Expect, bearer};
use crate::support::Server;

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

fn is_id(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What is masked where nothing else was said.
fn default_mask() -> Value {
    json!({
        "headers": [
            "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey", "x-auth-token",
            "x-access-token", "x-csrf-token", "x-gitlab-token", "x-goog-channel-token", "x-telegram-bot-api-secret-token",
            "x-hook-secret", "x-amz-security-token", "x-vault-token"
        ],
        "json": [],
        "query": [
            "token", "access_token", "refresh_token", "id_token", "auth", "key", "api_key", "apikey", "secret", "client_secret",
            "password", "sig", "signature", "x-amz-signature", "x-amz-credential", "x-amz-security-token", "x-goog-signature"
        ]
    })
}

#[test]
fn a_bin_is_made_from_nothing_with_every_default() {
    let server = Server::start();
    let answer = server.ask("POST", "/api/v1/bins", &[], b"").is(201);
    let bin = answer.json();
    assert_eq!(
        keys(&bin),
        [
            "capture_url",
            "created_at",
            "id",
            "inspect_url",
            "key",
            "name",
            "settings"
        ]
    );
    let (id, key) = (&bin["id"], &bin["key"]);
    assert!(is_id(id) && is_id(key) && id != key, "{bin}");
    let (id, key) = (id.as_str().unwrap(), key.as_str().unwrap());
    assert_eq!(answer.field("location"), format!("/api/v1/bins/{id}"));
    assert_eq!(
        bin["capture_url"],
        format!("http://{}/{id}", server.address)
    );
    assert_eq!(
        bin["inspect_url"],
        format!("http://{}/b/{key}", server.address)
    );
    let created = bin["created_at"].as_str().unwrap();
    assert!(created.len() == 27 && created.ends_with('Z'), "{created}");
    assert_eq!(
        bin["settings"],
        json!({
            "name": "", "alias": null, "cors": true, "body_limit": 10_485_760,
            "keep": {"captures": 1000, "bytes": 268_435_456, "days": 7},
            "mask": default_mask(), "secrets": {}, "signature": null, "tolerance_s": null, "handshakes": true,
            "reply": {"status": 200, "headers": [], "body": "", "delay_ms": 0, "fault": null}, "rules": [], "targets": [], "status_by_query": false
        })
    );
}

#[test]
fn settings_are_taken_at_the_top_and_in_one_piece() {
    let server = Server::start();
    let json_type = [("content-type", "application/json; charset=utf-8")];
    for body in [
        json!({"name": "Paid", "alias": "paid-hooks", "keep": {"days": 0}}),
        json!({"settings": {"name": "Paid", "alias": "paid-two", "keep": {"days": 0}}}),
    ] {
        let bytes = body.to_string();
        let answer = server.ask("POST", "/api/v1/bins", &json_type, bytes.as_bytes());
        let bin = answer.is(201).json();
        assert_eq!(bin["name"], "Paid");
        assert_eq!(
            bin["settings"]["keep"],
            json!({"captures": 1000, "bytes": 268_435_456, "days": 0})
        );
        let alias = bin["settings"]["alias"].as_str().unwrap();
        assert_eq!(
            bin["capture_url"],
            format!("http://{}/{alias}", server.address)
        );
    }
    server
        .ask("POST", "/api/v1/bins", &json_type, b"{}")
        .is(201);
}

#[test]
fn a_body_that_does_not_fit_is_refused_by_what_is_wrong_with_it() {
    let server = Server::start();
    let json = Some("application/json");
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(70_000));
    for (media_type, body, status, field) in [
        (json, "{", 400, None),
        (json, "not json", 400, None),
        (json, "[]", 422, None),
        (json, "\"x\"", 422, None),
        (json, r#"{"nmae": "x"}"#, 422, Some("nmae")),
        (json, r#"{"q": "x"}"#, 422, Some("q")),
        (json, r#"{"name": 5}"#, 422, Some("name")),
        (json, r#"{"name": "a\nb"}"#, 422, Some("name")),
        (json, r#"{"alias": "No"}"#, 422, Some("alias")),
        (json, r#"{"keep": {"days": "7"}}"#, 422, Some("keep.days")),
        (json, r#"{"keep": {"hours": 7}}"#, 422, Some("keep.hours")),
        (json, r#"{"settings": {"x": 1}}"#, 422, Some("settings.x")),
        (json, r#"{"body_limit": 10485761}"#, 422, Some("body_limit")),
        (json, long.as_str(), 413, None),
        (None, "{}", 415, None),
        (Some("text/plain"), "{}", 415, None),
        (Some("application/x-www-form-urlencoded"), "{}", 415, None),
    ] {
        let fields: Vec<_> = media_type
            .map(|it| ("content-type", it))
            .into_iter()
            .collect();
        let answer = server.ask("POST", "/api/v1/bins", &fields, body.as_bytes());
        answer.problem(status, field);
    }
    let fields = [("content-type", "application/json")];
    let answer = server.ask("POST", "/api/v1/bins", &fields, b"{\n  \"name\": x}");
    let problem = answer.problem(400, None);
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&json!(2), &json!(11))
    );
    // What a client sends that has no body to give a type to.
    server
        .ask(
            "POST",
            "/api/v1/bins",
            &[("content-type", "text/plain")],
            b"",
        )
        .is(201);
}

#[test]
fn a_field_of_another_type_or_none_is_told_in_plain_words() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver_any(&bin);
    for (below, body, field, detail) in [
        (
            "",
            r#"{"keep": {"days": "x"}}"#,
            "keep.days",
            "keep.days: invalid type: string \"x\", expected a whole number",
        ),
        (
            "",
            r#"{"body_limit": -1}"#,
            "body_limit",
            "body_limit: invalid value: integer `-1`, expected a whole number",
        ),
        (
            "",
            r#"{"mask": {"json": ["**.x", "a..b"]}}"#,
            "mask.json",
            "mask.json: “a..b” is no path: keys and positions have dots between, as in items.0.token",
        ),
        ("/captures/1/replay", "{}", "url", "url: is missing"),
        ("/captures/replay", "{}", "q", "q: is missing"),
        (
            "/captures/1/replay",
            r#"{"url": "http://x.test", "headers": [{"name": "a"}]}"#,
            "headers[0].value",
            "headers[0].value: is missing",
        ),
    ] {
        let method = if below.is_empty() { "PATCH" } else { "POST" };
        let path = format!("/api/v1/bins/{}{below}", bin.id);
        let key = bearer(&bin);
        let fields = [
            ("content-type", "application/json"),
            ("authorization", &*key),
        ];
        let answer = server.ask(method, &path, &fields, body.as_bytes());
        assert_eq!(answer.problem(422, Some(field))["detail"], detail);
    }
}

#[test]
fn a_bin_is_shown_without_its_key() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver(&bin, "POST", "/a", &[], b"12345");
    let answer = server.of(&bin, "GET", "").is(200);
    assert!(!answer.text().contains(&bin.key));
    let shown = answer.json();
    assert_eq!(
        keys(&shown),
        [
            "bytes",
            "capture_url",
            "captures",
            "created_at",
            "dropped",
            "id",
            "last_capture_at",
            "name",
            "pinned",
            "refusals",
            "refused",
            "settings"
        ]
    );
    assert_eq!(
        (&shown["captures"], &shown["refused"]),
        (&json!(1), &json!(0))
    );
    assert!(shown["bytes"].as_u64().unwrap() >= 5);
    assert!(shown["last_capture_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_change_is_merged_into_what_was_set() {
    let server = Server::start();
    let bin = server.bin();
    let first = r#"{"name": "one", "alias": "merge-me", "keep": {"days": 30}}"#;
    server.patch(&bin, first).is(200);
    let answer = server.patch(&bin, r#"{"cors": false, "keep": {"captures": 5}}"#);
    let shown = answer.is(200).json();
    assert_eq!(
        shown["settings"],
        json!({
            "name": "one", "alias": "merge-me", "cors": false, "body_limit": 10_485_760,
            "keep": {"captures": 5, "bytes": 268_435_456, "days": 30},
            "mask": default_mask(), "secrets": {}, "signature": null, "tolerance_s": null, "handshakes": true,
            "reply": {"status": 200, "headers": [], "body": "", "delay_ms": 0, "fault": null}, "rules": [], "targets": [], "status_by_query": false
        })
    );
    assert_eq!(
        server.of(&bin, "GET", "").json()["settings"],
        shown["settings"]
    );
    let answer = server.patch(&bin, r#"{"alias": null}"#).is(200);
    assert_eq!(answer.json()["settings"]["alias"], Value::Null);

    server
        .patch(&bin, r#"{"nothing": []}"#)
        .problem(422, Some("nothing"));
    server
        .patch(&bin, r#"{"name": null}"#)
        .problem(422, Some("name"));
    server.patch(&bin, "").problem(400, None);
    assert_eq!(server.of(&bin, "GET", "").json()["name"], "one");
}

#[test]
fn an_alias_belongs_to_one_bin() {
    let server = Server::start();
    let (one, two) = (server.bin(), server.bin());
    server.patch(&one, r#"{"alias": "only-one"}"#).is(200);
    server.patch(&one, r#"{"alias": "only-one"}"#).is(200);
    server
        .patch(&two, r#"{"alias": "only-one"}"#)
        .problem(409, None);
    let body = br#"{"alias": "only-one"}"#;
    let answer = server.ask(
        "POST",
        "/api/v1/bins",
        &[("content-type", "application/json")],
        body,
    );
    answer.problem(409, None);
}

#[test]
fn a_deleted_bin_is_gone_for_every_call() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver_any(&bin);
    let answer = server.of(&bin, "DELETE", "").is(204);
    assert!(answer.body.is_empty());
    for below in [
        "",
        "/captures",
        "/captures/1",
        "/captures/1/body",
        "/events",
    ] {
        server.of(&bin, "GET", below).problem(410, None);
    }
    server.of(&bin, "DELETE", "").problem(410, None);
    server.patch(&bin, "{}").problem(410, None);
}
