//! Each known mistake, made by a sender over a socket, and what the API says of it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookwell::model::hex;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Bin, Server};

const SECRET: &str = "whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5";
const OTHER: &str = "the one of another sender";
const BODY: &str = "{ \"b\": \"caf\u{e9}/\", \"a\": [1, 2] }\n";

fn mac(algorithm: hmac::Algorithm, key: &str, text: &str) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, key.as_bytes());
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn sha256(key: &str, text: &str) -> String {
    hex::encode(&mac(hmac::HMAC_SHA256, key, text))
}

fn verdict(server: &Server, bin: &Bin, below: &str, fields: &[&str]) -> Value {
    let target = format!("/{}{below}", bin.id);
    let answer = server.request("POST", &target, fields, BODY.as_bytes());
    let n = answer.header("x-hookwell-request").unwrap();
    server.capture(bin, n.parse().unwrap())["verdict"].clone()
}

/// The cause that is said where it should be, with a sentence that holds no secret.
fn assert_cause(verdict: &Value, want: &str, how: &str) {
    assert_eq!(verdict["cause"], want, "{how}: {verdict}");
    let hint = verdict["hint"].as_str().unwrap();
    assert!(
        hint.len() > 20 && !hint.contains(SECRET) && !hint.contains(OTHER),
        "{hint}"
    );
}

#[test]
fn each_mistake_of_a_sender_is_told() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "secrets": { "github": [SECRET], "linear": [OTHER] } }));
    let told = |signature: &str, want: &str| {
        let field = format!("X-Hub-Signature-256: {signature}");
        let fields = ["X-GitHub-Event: push", &field];
        assert_cause(&verdict(&server, &bin, "", &fields), want, signature);
    };
    let signed = |key: &str, text: &str| format!("sha256={}", sha256(key, text));
    for (text, want) in [
        ("{\"b\":\"caf\u{e9}/\",\"a\":[1,2]}", "body_reserialised"),
        (
            "{\"b\": \"caf\u{e9}/\", \"a\": [1, 2]}",
            "body_reserialised",
        ),
        ("{\"a\":[1,2],\"b\":\"caf\u{e9}/\"}", "body_reserialised"),
        (
            "{\"b\": \"caf\\u00e9/\", \"a\": [1, 2]}",
            "body_reserialised",
        ),
        (BODY.trim_end(), "line_end_added"),
        (&format!("{BODY}\n"), "line_end_stripped"),
        (&BODY.replace('\n', "\r\n"), "line_ends_converted"),
        ("", "wrong_signed_text"),
    ] {
        told(&signed(SECRET, text), want);
    }
    told(
        &signed("c2VjcmV0IGZvciB0ZXN0cyBvbmx5", BODY),
        "secret_without_prefix",
    );
    told(&signed("secret for tests only", BODY), "secret_decoded");
    told(&signed(&format!("{SECRET}\n"), BODY), "secret_line_end");
    told(&signed(OTHER, BODY), "other_secret");
    let bytes = mac(hmac::HMAC_SHA256, SECRET, BODY);
    told(
        &format!("sha256={}", BASE64_STANDARD.encode(&bytes)),
        "wrong_encoding",
    );
    told(
        &signed(SECRET, BODY)
            .to_ascii_uppercase()
            .replace("SHA", "sha"),
        "wrong_encoding",
    );
    told(
        &format!(
            "sha256={}",
            hex::encode(&mac(hmac::HMAC_SHA512, SECRET, BODY))
        ),
        "wrong_hash",
    );
    told(&sha256(SECRET, BODY), "wrong_shape");
    let plain = ring::digest::digest(&ring::digest::SHA256, format!("{SECRET}{BODY}").as_bytes());
    told(
        &format!("sha256={}", hex::encode(plain.as_ref())),
        "hash_for_hmac",
    );

    // Signed as somebody else signs, with the secret of this one.
    let zoom = format!(
        "x-zm-signature: v0={}",
        sha256(SECRET, &format!("v0:1795599012:{BODY}"))
    );
    let fields = [
        "X-GitHub-Event: push",
        "X-Hub-Signature-256: sha256=00",
        &zoom,
        "x-zm-request-timestamp: 1795599012",
    ];
    assert_cause(
        &verdict(&server, &bin, "", &fields),
        "other_provider",
        "zoom",
    );
    // What no mistake explains has no cause.
    let field = format!("X-Hub-Signature-256: {}", signed("nobody's", BODY));
    let unknown = verdict(&server, &bin, "", &["X-GitHub-Event: push", &field]);
    assert_eq!(
        (&unknown["reason"], &unknown["cause"]),
        (&json!("signature_mismatch"), &Value::Null)
    );
}

#[test]
fn each_mistake_with_an_address_is_told() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "secrets": { "square": [SECRET] } }));
    let (host, id) = (server.address.to_string(), &bin.id);
    for (url, want) in [
        (format!("https://{host}/{id}/in?b=1&a=2"), "url_scheme"),
        (format!("http://127.0.0.1/{id}/in?b=1&a=2"), "url_port"),
        (
            format!("http://{host}/{id}/in/?b=1&a=2"),
            "url_trailing_slash",
        ),
        (format!("http://{host}/{id}/in?a=2&b=1"), "url_query_order"),
        (format!("http://{host}/{id}/in"), "url_query"),
    ] {
        let signature =
            BASE64_STANDARD.encode(mac(hmac::HMAC_SHA256, SECRET, &format!("{url}{BODY}")));
        let field = format!("x-square-hmacsha256-signature: {signature}");
        assert_cause(
            &verdict(&server, &bin, "/in?b=1&a=2", &[&field]),
            want,
            &url,
        );
    }
}

#[test]
fn a_secret_that_was_saved_otherwise_is_told_whatever_it_is_for() {
    let server = Server::start();
    for (slug, saved, field, want) in [
        (
            "github",
            format!(" {SECRET}"),
            format!("X-Hub-Signature-256: sha256={}", sha256(SECRET, BODY)),
            "secret_blanks",
        ),
        (
            "gitlab",
            format!("{SECRET} "),
            format!("X-Gitlab-Token: {SECRET}"),
            "secret_blanks",
        ),
        (
            "telegram",
            format!("\"{SECRET}\""),
            format!("X-Telegram-Bot-Api-Secret-Token: {SECRET}"),
            "secret_quotes",
        ),
        (
            "postmark",
            "user:word\n".to_owned(),
            format!(
                "Authorization: Basic {}",
                BASE64_STANDARD.encode("user:word")
            ),
            "secret_blanks",
        ),
        (
            "auth0",
            SECRET.to_owned(),
            format!("Authorization: Bearer {SECRET}"),
            "token_scheme",
        ),
        (
            "auth0",
            format!("Bearer {SECRET}"),
            format!("Authorization: {SECRET}"),
            "token_scheme",
        ),
    ] {
        let mut secrets = serde_json::Map::new();
        secrets.insert(slug.to_owned(), json!([saved]));
        let bin = server.bin_with(&json!({ "secrets": secrets }));
        assert_cause(&verdict(&server, &bin, "", &[&field]), want, slug);
    }
}
