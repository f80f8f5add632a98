//! Verdicts of captures: by API, stream and page, for the owner and for readers.

use hookwell::model::{Clock, Secret};
use hookwell::provider::{Draft, Seed, find};
use serde_json::{Value, json};

use crate::support::{Bin, Events, Server};

/// A sample event of the provider, signed for a URL with that secret, some seconds ago.
pub(crate) fn signed(slug: &str, secret: &str, url: &str, seconds_ago: i64) -> Draft {
    let provider = find(slug).unwrap();
    let seed = Seed {
        at: Clock::default().now().minus_micros(seconds_ago * 1_000_000),
        bytes: [7; 16],
    };
    let sample = provider.find_sample(None).unwrap();
    let mut draft = provider.draft(sample, url, seed);
    provider.sign(&mut draft, &Secret::new(secret)).unwrap();
    draft
}

pub(crate) fn send(server: &Server, bin: &Bin, draft: &Draft) -> u64 {
    let headers: Vec<String> = draft
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let target = format!("/{}/hooks", bin.id);
    let answer = server.request(&draft.method, &target, &headers, &draft.body);
    assert_eq!(answer.status, 200);
    answer
        .header("x-hookwell-request")
        .unwrap()
        .parse()
        .unwrap()
}

fn stripe(secret: &str, seconds_ago: i64) -> Draft {
    signed("stripe", secret, "http://unused/", seconds_ago)
}

fn set(server: &Server, bin: &Bin, change: &Value) {
    let path = format!("/bins/{}", bin.id);
    let (status, answer) = server.api("PATCH", &path, Some(&bin.key), Some(change));
    assert_eq!(status, 200, "{answer}");
}

fn states(captures: &[Value]) -> Vec<&str> {
    captures
        .iter()
        .map(|capture| capture["verdict"]["state"].as_str().unwrap_or("none"))
        .collect()
}

fn reader(server: &Server, bin: &Bin) -> Bin {
    let path = format!("/bins/{}/share", bin.id);
    let (status, made) = server.api("POST", &path, Some(&bin.key), None);
    assert_eq!(status, 201);
    Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn a_secret_that_is_set_judges_what_came_before() {
    let server = Server::start();
    let bin = server.bin();
    send(&server, &bin, &stripe("whsec_right", 0));
    send(&server, &bin, &stripe("whsec_right", 3600));
    send(&server, &bin, &stripe("whsec_other", 0));
    server.post(&bin, "/x", b"{}");
    let list = || server.captures(&bin);
    assert_eq!(
        states(&list()),
        ["unchecked", "unchecked", "unchecked", "none"]
    );
    let row = |n: u64| {
        let html = server.get(&bin.page("")).text();
        let rest = html
            .split(&format!("id=\"r{n}\""))
            .nth(1)
            .unwrap()
            .to_owned();
        let mark = rest.split("</svg>").next().unwrap();
        mark.split("aria-label=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    assert_eq!(row(1).unwrap(), "Signature not checked");
    assert_eq!(row(4), None);
    let page = server.get(&bin.page("/requests/1")).text();
    assert!(page.contains("Stripe signature not checked."));
    assert!(page.contains("settings?provider=stripe#signatures"));

    set(
        &server,
        &bin,
        &json!({ "secrets": { "stripe": ["whsec_new", "whsec_right"] } }),
    );
    assert_eq!(states(&list()), ["valid", "invalid", "invalid", "unsigned"]);
    assert_eq!(list()[1]["verdict"]["reason"], "timestamp_too_old");
    assert_eq!(list()[2]["verdict"]["reason"], "signature_mismatch");
    assert_eq!(row(1).unwrap(), "Signature valid");
    assert_eq!(row(3).unwrap(), "Signature invalid");
    assert_eq!(row(4).unwrap(), "Not signed");
    let page = |n: u64| {
        let below = format!("/requests/{n}?part=detail");
        server.get(&bin.page(&below)).text()
    };
    let valid = page(1);
    assert!(
        valid.contains("Stripe signature valid.") && valid.contains("<details class=\"fact \">")
    );
    let stale = page(2);
    assert!(stale.contains("<details class=\"fact alarm\" open>"));
    assert!(stale.contains("Invalid: it was signed too long before it arrived."));
    assert!(page(3).contains("Invalid: the Stripe signature does not fit."));
    assert!(page(4).contains("<b>Not signed.</b>"));

    // A longer tolerance takes the old one.
    set(&server, &bin, &json!({ "tolerance_s": 7200 }));
    assert_eq!(states(&list())[..2], ["valid", "valid"]);
}

#[test]
fn a_mistake_is_found_for_the_owner_of_one_capture() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "secrets": { "stripe": [" whsec_right"] } }));
    let n = send(&server, &bin, &stripe("whsec_right", 0));
    let verdict = server.capture(&bin, n)["verdict"].clone();
    assert_eq!(verdict["state"], "invalid");
    assert_eq!(verdict["cause"], "secret_blanks");
    let hint = verdict["hint"].as_str().unwrap();
    let page = server.get(&bin.page(&format!("/requests/{n}"))).text();
    assert!(page.contains("Likely cause"));
    assert!(page.contains(&hint.replace('\'', "&#39;")), "{hint}");
    assert!(page.contains("<dt>Signed bytes</dt>") && page.contains("<dt>Expected</dt>"));
    assert!(server.captures(&bin)[0]["verdict"]["hint"].is_null());

    let link = reader(&server, &bin);
    let shared = server.capture(&link, n);
    assert_eq!(
        shared["verdict"],
        json!({ "state": "invalid", "reason": "signature_mismatch", "detail": "The signature does not fit." })
    );
    let page = server.get(&link.page(&format!("/requests/{n}"))).text();
    assert!(page.contains("Invalid: the Stripe signature does not fit."));
    for word in [
        "Likely cause",
        "Signed bytes",
        "Expected",
        "Add secret",
        "settings",
    ] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn readers_see_verdicts_of_what_is_masked_for_them_and_no_id() {
    let server = Server::start();
    let bin = server.bin_with(&json!({
        "secrets": { "stripe": ["whsec_right"] },
        "mask": { "json": ["id", "data.**"], "headers": ["stripe-signature"] },
    }));
    send(&server, &bin, &stripe("whsec_right", 0));
    let link = reader(&server, &bin);
    let (mine, shared) = (server.capture(&bin, 1), server.capture(&link, 1));
    assert!(shared["body"]["content"].as_str().unwrap().contains("•••"));
    for capture in [&mine, &shared, &server.captures(&link)[0]] {
        assert_eq!(capture["verdict"]["state"], "valid", "{capture}");
        assert_eq!(capture["event"]["type"], "payment_intent.succeeded");
    }
    assert!(mine["event"]["id"].as_str().unwrap().starts_with("evt_"));
    assert!(shared["event"]["id"].is_null());
    let id = mine["event"]["id"].as_str().unwrap();
    for below in ["", "/requests/1"] {
        assert!(!server.get(&link.page(below)).text().contains(id));
    }
}

#[test]
fn streams_judge_by_the_settings_as_they_are() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "secrets": { "stripe": ["whsec_right"] } }));
    let link = reader(&server, &bin);
    let path = format!("/api/v1/bins/{}/events", bin.id);
    let bearer = |bin: &Bin| format!("authorization: Bearer {}", bin.key);
    let mut streams = [
        Events::open(&server, &bin.page("/stream"), &[]),
        Events::open(&server, &path, &[&bearer(&bin)]),
        Events::open(&server, &path, &[&bearer(&link)]),
    ];
    let words = |word: &str| {
        let json = format!("\"verdict\":{{\"state\":\"{word}\"");
        [format!("Signature {word}"), json.clone(), json]
    };
    for word in ["valid", "invalid"] {
        send(&server, &bin, &stripe("whsec_right", 0));
        for (stream, want) in streams.iter_mut().zip(words(word)) {
            let came = std::iter::from_fn(|| stream.next())
                .find(|event| event.event == "row" || event.event == "capture");
            let data = came.unwrap().data;
            assert!(data.contains(&want), "{want}: {data}");
        }
        set(
            &server,
            &bin,
            &json!({ "secrets": { "stripe": ["whsec_changed"] } }),
        );
    }
}

#[test]
fn a_list_reads_no_large_bodies_and_says_so() {
    let server = Server::start();
    let bin = server.bin_with(&json!({
        "signature": { "header": "X-Mine", "algorithm": "hmac-sha1", "secret": "k" },
    }));
    let large = vec![b'a'; (1 << 20) + 1];
    for body in [&large[..], &large[..1000]] {
        let target = format!("/{}/x", bin.id);
        server.request("POST", &target, &["X-Mine: 00"], body);
    }
    let list = server.captures(&bin);
    assert_eq!(states(&list), ["unchecked", "invalid"]);
    let detail = list[0]["verdict"]["detail"].as_str().unwrap();
    assert!(detail.contains("too large"), "{detail}");
    assert_eq!(server.capture(&bin, 1)["verdict"]["state"], "invalid");
}

#[test]
fn the_public_url_is_what_is_signed() {
    let server = Server::with(&["--public-url", "https://hooks.example.com"]);
    let bin = server.bin_with(&json!({ "secrets": { "twilio": ["token"] } }));
    let own = format!("http://{}/{}/hooks", server.address, bin.id);
    let public = format!("https://hooks.example.com/{}/hooks", bin.id);
    for url in [&public, &own] {
        send(&server, &bin, &signed("twilio", "token", url, 0));
    }
    let list = server.captures(&bin);
    assert_eq!(states(&list), ["valid", "invalid"]);
    let wrong = server.capture(&bin, 2)["verdict"].clone();
    assert!(wrong["hint"].is_string(), "{wrong}");
}

#[test]
fn a_filter_asks_for_verdicts() {
    let server = Server::start();
    let bin = server.bin_with(&json!({
        "secrets": { "stripe": ["whsec_right"] },
        "mask": { "json": ["data"], "headers": ["stripe-signature"] },
    }));
    let link = reader(&server, &bin);
    for (secret, ago) in [
        ("whsec_right", 0),
        ("whsec_other", 0),
        ("whsec_right", 3600),
    ] {
        send(&server, &bin, &stripe(secret, ago));
    }
    server.post(&bin, "/x", b"{}");
    for key in [&bin, &link] {
        let found = |q: &str| -> Vec<u64> {
            let path = format!("/bins/{}/captures?q={q}", bin.id);
            let (status, list) = server.api("GET", &path, Some(&key.key), None);
            assert_eq!(status, 200, "{list}");
            let captures = list["captures"].as_array().unwrap();
            captures
                .iter()
                .map(|capture| {
                    assert!(capture["verdict"].is_object(), "{capture}");
                    capture["n"].as_u64().unwrap()
                })
                .collect()
        };
        assert_eq!(found("verdict:invalid"), [3, 2]);
        assert_eq!(found("verdict:valid"), [1]);
        assert_eq!(found("-verdict:valid"), [4, 3, 2]);
        assert_eq!(found("provider:stripe"), [3, 2, 1]);
        assert_eq!(found("verdict:unsigned"), [4]);
    }
    let path = format!("/api/v1/bins/{}/events?q=verdict:invalid&after=0", bin.id);
    let bearer = format!("authorization: Bearer {}", link.key);
    let mut stream = Events::open(&server, &path, &[&bearer]);
    for n in [2, 3] {
        let event = stream.next().unwrap();
        let capture: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(capture["n"], n);
        assert_eq!(capture["verdict"]["state"], "invalid");
    }
}
