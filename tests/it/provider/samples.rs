//! Samples that a bin's page sends, and what is told of the senders.

use hookwell::provider::{PROVIDERS, Provider};
use serde_json::{Value, json};

use crate::support::{Bin, Server};

fn send(server: &Server, bin: &Bin, what: &str, fault: &str) -> Value {
    let what = what.replace('/', "%2F").replace('+', "%2B");
    let fields = format!("what={what}&fault={fault}");
    let answer = server.form(&bin.page("/sample"), "", &fields);
    assert_eq!(answer.status, 303, "{what}: {}", answer.text());
    let n = answer
        .header("location")
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    server.capture(bin, n.parse().unwrap())
}

/// A bin with a secret for each provider that signs with one.
fn with_all_secrets(server: &Server) -> Bin {
    let mut secrets = serde_json::Map::new();
    for provider in signing() {
        let secret = provider.made_up_secret([7; 16]).unwrap();
        secrets.insert(provider.slug.to_owned(), json!([secret.expose()]));
    }
    server.bin_with(&json!({ "secrets": secrets, "keep": { "captures": 0 } }))
}

fn signing() -> impl Iterator<Item = &'static Provider> {
    let with_samples = PROVIDERS.iter().copied();
    with_samples.filter(|provider| !provider.samples.is_empty() && provider.signs_with_a_secret())
}

#[test]
fn every_sample_is_judged_as_it_was_meant() {
    let server = Server::start();
    let bin = with_all_secrets(&server);
    let mut sent = 0;
    for provider in signing() {
        for sample in provider.samples {
            let what = format!("{}/{}", provider.slug, sample.event);
            let right = send(&server, &bin, &what, "none");
            assert_eq!(right["verdict"]["state"], "valid", "{what}: {right}");
            assert_eq!(right["provider"], provider.slug, "{what}");
            sent += 1;
        }
        let what = format!("{}/{}", provider.slug, provider.samples[0].event);
        for fault in ["signature", "secret"] {
            let wrong = send(&server, &bin, &what, fault);
            assert_eq!(
                wrong["verdict"]["state"], "invalid",
                "{what} {fault}: {wrong}"
            );
        }
    }
    assert!(sent > 35, "{sent}");
    for (fault, reason) in [("age", "timestamp_too_old"), ("body", "signature_mismatch")] {
        for slug in ["stripe", "slack"] {
            let event = hookwell::provider::find(slug).unwrap().samples[0].event;
            let wrong = send(&server, &bin, &format!("{slug}/{event}"), fault);
            assert_eq!(wrong["verdict"]["reason"], reason, "{slug} {fault}");
        }
    }
}

#[test]
fn a_sample_says_that_it_is_one_and_does_without_a_secret() {
    let server = Server::start();
    let bin = server.bin();
    for provider in PROVIDERS
        .iter()
        .filter(|provider| !provider.samples.is_empty())
    {
        let what = format!("{}/{}", provider.slug, provider.samples[0].event);
        let capture = send(&server, &bin, &what, "none");
        let headers = capture["headers"].as_array().unwrap();
        let says = |field: &Value| {
            field["name"] == "X-Hookwell-Sample" && field["value"] == provider.samples[0].event
        };
        assert!(headers.iter().any(says), "{capture}");
        assert_ne!(capture["verdict"]["state"], "valid", "{capture}");
    }
    for what in ["", "stripe/nothing", "nobody/x", "stripe"] {
        let fields = format!("what={what}");
        let answer = server.form(&bin.page("/sample"), "", &fields);
        assert_eq!(answer.status, 422, "{what}");
    }
    let page = server.get(&bin.page("/sample?provider=slack")).text();
    assert!(page.contains("label=\"Stripe, no secret yet\""));
    assert!(page.contains("value=\"slack/app_mention\" selected"));
}

#[test]
fn what_is_known_of_senders_is_told_to_everyone() {
    let server = Server::start();
    let (status, told) = server.api("GET", "/providers", None, None);
    assert_eq!(status, 200);
    let told = told["providers"].as_array().unwrap();
    assert_eq!(told.len(), PROVIDERS.len());
    let page = server.get("/providers").text();
    for (provider, told) in PROVIDERS.iter().zip(told) {
        assert_eq!(told["name"], provider.slug);
        assert_eq!(told["docs"], provider.docs);
        let by = told["recognised_by"].as_array().unwrap();
        assert_eq!(by.len(), provider.rules.len(), "{}", provider.slug);
        assert!(page.contains(&format!("<tr id=\"{}\">", provider.slug)));
        assert!(page.contains(&format!("href=\"{}\" rel=\"noreferrer\"", provider.docs)));
    }
    let stripe = told.iter().find(|told| told["name"] == "stripe").unwrap();
    assert_eq!(
        stripe["schemes"],
        json!([{
            "name": "HMAC-SHA256 of time.body", "place": "The header Stripe-Signature",
            "secret": "the secret as the provider shows it", "tolerance_s": 300, "gap": "",
        }])
    );
    assert_eq!(stripe["recognised_by"][0], "header stripe-signature");
    let slack = told.iter().find(|told| told["name"] == "slack").unwrap();
    assert_eq!(slack["handshakes"], json!(["URL verification"]));
    // Nothing of hookwell's own can be taken for a bin.
    let bin = server.api(
        "POST",
        "/bins",
        None,
        Some(&json!({ "alias": "providers" })),
    );
    assert_eq!(bin.0, 422);
}

#[test]
fn a_sample_is_answered_as_the_bin_plans() {
    let server = Server::start();
    let bin = server.bin_with(&json!({
        "rules": [{ "name": "twice", "when": "provider:stripe", "per": "bin",
            "replies": [{ "status": 503, "times": 2 }, { "status": 201, "body": "n is {{ request.n }}" }] }],
        "reply": { "status": 202, "delay_ms": 50_000 },
    }));
    let sent = |what: &str| send(&server, &bin, what, "none")["reply"].clone();
    for _ in 0..2 {
        let reply = sent("stripe/invoice.paid");
        assert_eq!(
            (&reply["status"], &reply["rule"]),
            (&json!(503), &json!("twice"))
        );
    }
    let reply = sent("stripe/invoice.paid");
    assert_eq!(
        (&reply["status"], &reply["body"]["content"]),
        (&json!(201), &json!("n is 3"))
    );
    // The bin's own reply, and nobody waits for its delay.
    let reply = sent("slack/app_mention");
    assert_eq!(
        (&reply["status"], &reply["rule"]),
        (&json!(202), &Value::Null)
    );
    // The request of an empty bin goes the same way.
    let answer = server.form(&bin.page("/test"), "", "");
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(server.capture(&bin, 5)["reply"]["status"], 202);
}
