use super::*;
use crate::model::{Head, Headers, Timestamp, Version};
use crate::provider::secret::hex;
use crate::provider::signature::{Encoding, Hash, Part, Shape, hmac};

const SECRET: &str = "whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5";
const BODY: &str = "{ \"b\": \"caf\u{e9}/\", \"a\": [1, 2], \"e\": {} }\n";
const URL: &str = "https://hooks.example.com/in?b=1&a=2";

static PLAIN: Scheme = Scheme::sha256("x-signature").shaped(Shape::Prefix("sha256="));
static BASE64: Scheme = Scheme::sha256("x-signature").encoded(Encoding::Base64);
static ADDRESS: Scheme = Scheme::sha256("x-signature").signing(&[Part::Url, Part::Body]);
static WHSEC: Scheme = Scheme::sha256("x-signature").keyed(crate::provider::KeyForm::Whsec);

fn cause(
    scheme: &'static Scheme,
    secret: &str,
    signature: &str,
    others: &Others<'_>,
) -> Option<&'static str> {
    let head = Head {
        method: "POST".to_owned(),
        target: "/in?b=1&a=2".to_owned(),
        path_at: 0,
        version: Version::Http11,
        headers: Headers::from_fields([(&b"x-signature"[..], signature.as_bytes())]),
    };
    let request = Request {
        head: &head,
        body: BODY.as_bytes(),
        url: URL,
        arrived: Timestamp::from_micros(0),
    };
    let secrets = [Secret::new(secret)];
    let explanation = explain(scheme, &secrets, &request, Options::default(), others);
    let verdict = explanation.verdict;
    assert_eq!(verdict.hint.is_some(), verdict.cause.is_some());
    assert!(!verdict.hint.unwrap_or_default().contains(secret.trim()));
    verdict.cause
}

fn mac(key: &str, text: &str) -> String {
    hex(&hmac(Hash::Sha256, key.as_bytes(), &[text]))
}

#[test]
fn each_mistake_is_found_by_its_name() {
    let none = Others::default();
    let plain = |signature: String| cause(&PLAIN, SECRET, &format!("sha256={signature}"), &none);
    for (body, want) in [
        (
            "{\"b\":\"caf\u{e9}/\",\"a\":[1,2],\"e\":{}}",
            "body_reserialised",
        ),
        (
            "{\"b\": \"caf\u{e9}/\", \"a\": [1, 2], \"e\": {}}",
            "body_reserialised",
        ),
        (
            "{\"a\":[1,2],\"b\":\"caf\u{e9}/\",\"e\":{}}",
            "body_reserialised",
        ),
        (
            "{\"b\": \"caf\\u00e9/\", \"a\": [1, 2], \"e\": {}}",
            "body_reserialised",
        ),
        (
            "{\"b\":\"caf\\u00e9\\/\",\"a\":[1,2],\"e\":{}}",
            "body_reserialised",
        ),
        (
            "{\n  \"b\": \"caf\u{e9}/\",\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": {}\n}",
            "body_reserialised",
        ),
        (BODY.trim_end(), "line_end_added"),
        (&format!("{BODY}\n"), "line_end_stripped"),
        (&BODY.replace('\n', "\r\n"), "line_ends_converted"),
        (&format!("{URL}{BODY}"), "wrong_signed_text"),
    ] {
        assert_eq!(plain(mac(SECRET, body)), Some(want), "{body}");
    }
    for (key, want) in [
        ("c2VjcmV0IGZvciB0ZXN0cyBvbmx5", "secret_without_prefix"),
        ("secret for tests only", "secret_decoded"),
        ("whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5\n", "secret_line_end"),
    ] {
        assert_eq!(plain(mac(key, BODY)), Some(want), "{key:?}");
    }
    assert_eq!(
        plain(mac(SECRET, BODY).to_ascii_uppercase()),
        Some("wrong_encoding")
    );
    let sha512 = hex(&hmac(Hash::Sha512, SECRET.as_bytes(), &[BODY]));
    assert_eq!(plain(sha512), Some("wrong_hash"));
    assert_eq!(plain(mac("another", BODY)), None);
    assert_eq!(plain(mac(SECRET, BODY)), None);
}

#[test]
fn a_secret_that_was_not_decoded_or_saved_with_blanks_is_found() {
    let none = Others::default();
    assert_eq!(
        cause(&WHSEC, SECRET, &mac(SECRET, BODY), &none),
        Some("secret_used_as_text")
    );
    let spaced = format!(" {SECRET}\n");
    let signature = format!("sha256={}", mac(SECRET, BODY));
    assert_eq!(
        cause(&PLAIN, &spaced, &signature, &none),
        Some("secret_blanks")
    );
    let quoted = format!("\"{SECRET}\"");
    assert_eq!(
        cause(&PLAIN, &quoted, &signature, &none),
        Some("secret_quotes")
    );
    for shape in ["", "sha1=", "v0=", "sha256,"] {
        let signature = format!("{shape}{}", mac(SECRET, BODY));
        assert_eq!(
            cause(&PLAIN, SECRET, &signature, &none),
            Some("wrong_shape"),
            "{shape}"
        );
    }
    assert_eq!(
        cause(&BASE64, SECRET, &mac(SECRET, BODY), &none),
        Some("wrong_encoding")
    );
}

#[test]
fn an_address_that_was_signed_otherwise_is_found() {
    for (url, want) in [
        ("http://hooks.example.com/in?b=1&a=2", "url_scheme"),
        ("https://hooks.example.com:443/in?b=1&a=2", "url_port"),
        (
            "https://hooks.example.com/in/?b=1&a=2",
            "url_trailing_slash",
        ),
        ("https://hooks.example.com/in?a=2&b=1", "url_query_order"),
        ("https://hooks.example.com/in", "url_query"),
        ("/in?b=1&a=2", "url_path_only"),
    ] {
        let signature = mac(SECRET, &format!("{url}{BODY}"));
        assert_eq!(
            cause(&ADDRESS, SECRET, &signature, &Others::default()),
            Some(want),
            "{url}"
        );
    }
}

#[test]
fn another_secret_of_the_bin_and_the_decoded_body_are_tried() {
    let secrets = [Secret::new("of another")];
    let others = Others {
        url: None,
        decoded: Some(b"plain"),
        secrets: &[("github", &secrets)],
    };
    let signature = |key: &str, text: &str| format!("sha256={}", mac(key, text));
    let plain = |signature: &str| cause(&PLAIN, SECRET, signature, &others);
    assert_eq!(plain(&signature("of another", BODY)), Some("other_secret"));
    assert_eq!(
        plain(&signature(SECRET, "plain")),
        Some("body_decompressed")
    );
}

#[test]
fn the_signed_bytes_and_both_signatures_are_shown() {
    let head = Head {
        method: "POST".to_owned(),
        target: "/in".to_owned(),
        path_at: 0,
        version: Version::Http11,
        headers: Headers::from_fields([(&b"x-signature"[..], &b"00ff"[..])]),
    };
    let request = Request {
        head: &head,
        body: b"body",
        url: URL,
        arrived: Timestamp::from_micros(0),
    };
    let secrets = [Secret::new("s")];
    let have = explain(
        &ADDRESS,
        &secrets,
        &request,
        Options::default(),
        &Others::default(),
    );
    assert_eq!(have.signed, format!("{URL}body").into_bytes());
    assert_eq!(have.expected, Some(mac("s", &format!("{URL}body"))));
    assert_eq!(have.received, ["00ff"]);
    assert_eq!(have.place, "The header x-signature");
}
