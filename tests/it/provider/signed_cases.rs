//! What people reported of signature checks: the requests of `tests/cases/sig-*.http`, signed where they say so, and the verdict
//! that each must get.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookwell::model::Clock;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{Bin, Server};

const PUBLIC: &str = "https://hooks.example.com";
const GITHUB: (&str, &str) = ("github", "gh-test-secret");
const STRIPE: (&str, &str) = ("stripe", "whsec_test_inspector");
const SHOPIFY: (&str, &str) = ("shopify", "shpss_test_secret");
const SLACK: (&str, &str) = ("slack", "slack-test-secret");
const TWILIO: (&str, &str) = ("twilio", "twilio-test-token");
const STANDARD: (&str, &str) = (
    "standard-webhooks",
    "whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC1rZXktMzJieSE=",
);
const SENDGRID: (&str, &str) = (
    "sendgrid",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkSM+ayWhoDjt/yaSffuJG8smdVuTt1AHfHSZnegaj9SpyrzjPeFBfgwFn0lMB7Axvi+j1aEr6fwXiL13CbkdkQ==",
);

/// The case, the bin's secret, and the state of the verdict or the reason of an invalid one.
const CASES: [(&str, (&str, &str), &str); 21] = [
    ("sig-01", GITHUB, "valid"),
    ("sig-02", GITHUB, "signature_mismatch"),
    ("sig-03", GITHUB, "valid"),
    ("sig-04", GITHUB, "valid"),
    ("sig-06", STRIPE, "valid"),
    ("sig-07", STRIPE, "timestamp_too_old"),
    ("sig-09", STRIPE, "valid"),
    ("sig-10", SHOPIFY, "valid"),
    ("sig-11", SHOPIFY, "signature_mismatch"),
    ("sig-12", SLACK, "valid"),
    ("sig-14", SLACK, "unsigned"),
    ("sig-15", SLACK, "signature_mismatch"),
    ("sig-16", TWILIO, "valid"),
    ("sig-17", TWILIO, "valid"),
    ("sig-18", TWILIO, "valid"),
    ("sig-19", TWILIO, "valid"),
    ("sig-20", STANDARD, "signature_mismatch"),
    ("sig-21", STANDARD, "valid"),
    ("sig-22", STANDARD, "valid"),
    ("sig-23", SENDGRID, "valid"),
    ("sig-24", GITHUB, "signature_mismatch"),
];

fn sha256(key: &[u8], text: &str) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes())
}

fn hex(tag: &hmac::Tag) -> String {
    hookwell::model::hex::encode(tag.as_ref())
}

/// The word behind a text in the head.
fn behind<'a>(head: &'a str, text: &str) -> &'a str {
    let rest = head.split_once(text).unwrap().1;
    rest.split([',', '\r', ' ']).next().unwrap()
}

/// What Twilio signs: the URL, and the pairs of a form by name, each once.
fn twilio(head: &str, body: &str, port: &str) -> String {
    let target = head.split(' ').nth(1).unwrap();
    let mut text = format!("{PUBLIC}{port}{target}");
    if head.contains("urlencoded") {
        let mut pairs: Vec<(String, String)> = body
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let plain = |text: &str| {
                    let text = text.replace('+', " ");
                    percent_encoding::percent_decode_str(&text)
                        .decode_utf8_lossy()
                        .into_owned()
                };
                (plain(name), plain(value))
            })
            .collect();
        pairs.sort();
        pairs.dedup();
        for (name, value) in pairs {
            text.push_str(&name);
            text.push_str(&value);
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TWILIO.1.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// The request with the bin's address, times and signatures in it.
fn fill(raw: &[u8], bin: &Bin) -> Vec<u8> {
    let at = raw.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let (head, body) = raw.split_at(at);
    let mut head: String = head.iter().map(|&byte| char::from(byte)).collect();
    let text = String::from_utf8_lossy(&body[4..]).into_owned();
    let now = Clock::default().now().as_micros() / 1_000_000;
    head = head
        .replace("{BIN}", &format!("/{}", bin.id))
        .replace("{NOW}", &now.to_string())
        .replace("{NOW-3600}", &(now - 3600).to_string())
        .replace("{NOW+3600}", &(now + 3600).to_string());
    if head.contains("{SIG_STRIPE}") {
        let tag = sha256(
            STRIPE.1.as_bytes(),
            &format!("{}.{text}", behind(&head, "Signature: t=")),
        );
        head = head.replace("{SIG_STRIPE}", &hex(&tag));
    }
    if head.contains("{SIG_SLACK}") {
        let time = behind(&head, "X-Slack-Request-Timestamp: ");
        let tag = sha256(SLACK.1.as_bytes(), &format!("v0:{time}:{text}"));
        head = head.replace("{SIG_SLACK}", &hex(&tag));
    }
    if head.contains("{SIG_SW}") {
        let (id, time) = (behind(&head, "-id: "), behind(&head, "-timestamp: "));
        let signed = format!("{id}.{time}.{text}");
        let tag = sha256(b"standard-webhooks-test-key-32by!", &signed);
        head = head.replace("{SIG_SW}", &BASE64_STANDARD.encode(tag));
    }
    for (mark, port) in [("{SIG_TWILIO}", ""), ("{SIG_TWILIO:443}", ":443")] {
        if head.contains(mark) {
            head = head.replace(mark, &twilio(&head, &text, port));
        }
    }
    let head: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap()).collect();
    [&head[..], body].concat()
}

#[test]
fn every_reported_case_gets_its_verdict() {
    let server = Server::with(&["--public-url", PUBLIC]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for (id, (slug, secret), want) in CASES {
        let mut secrets = serde_json::Map::new();
        secrets.insert(slug.to_owned(), json!([secret]));
        let bin = server.bin_with(&json!({ "secrets": Value::Object(secrets) }));
        let raw = fs::read(folder.join(format!("{id}.http"))).unwrap();
        let answer = server.send(fill(&raw, &bin));
        assert_eq!(answer.status, 200, "{id}");
        let whole = server.capture(&bin, 1)["verdict"].clone();
        if id == "sig-24" {
            assert_eq!(whole["cause"], "body_decompressed", "{whole}");
        }
        let listed = server.captures(&bin)[0]["verdict"].clone();
        for verdict in [&whole, &listed] {
            let said = verdict["reason"].as_str().or(verdict["state"].as_str());
            assert_eq!(said, Some(want), "{id}: {verdict}");
        }
    }
}
