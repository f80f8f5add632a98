//! Signed requests, right and wrong, made with the providers' own code or from their documents: each gets its verdict.
//!
//! `tests/vectors/PROVIDER.json` holds them. One with `left_out` says why its verdict is not held against us: verifiers differ,
//! it depends on the tolerance, or the two sets that the vectors come from contradict each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use hookwell::model::{Head, Headers, Timestamp, Verdict, VerdictState, Version};
use hookwell::provider::{Options, Request, Secret, find, recognise};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Vector {
    set: u8,
    pub(crate) case: String,
    /// The name that the set has for the provider or its scheme.
    pub(crate) name: String,
    method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    body: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) now: i64,
    pub(crate) expect: String,
    pub(crate) left_out: Option<String>,
}

impl Vector {
    fn head(&self) -> Head {
        let after = self.url.split_once("://").unwrap().1;
        Head {
            method: self.method.clone(),
            target: after.find('/').map_or("/", |at| &after[at..]).to_owned(),
            path_at: 0,
            version: Version::Http11,
            headers: Headers::from_fields(
                self.headers
                    .iter()
                    .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
            ),
        }
    }

    fn body(&self) -> Vec<u8> {
        base64::prelude::BASE64_STANDARD.decode(&self.body).unwrap()
    }

    /// The request as it would be on the wire.
    pub(crate) fn raw(&self) -> Vec<u8> {
        let mut raw = format!("{} {} HTTP/1.1\r\n", self.method, self.head().target).into_bytes();
        for (name, value) in &self.headers {
            raw.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        raw.extend_from_slice(b"\r\n");
        raw.extend_from_slice(&self.body());
        raw
    }

    /// What someone makes of the request.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Request<'_>) -> T) -> T {
        let (head, body) = (self.head(), self.body());
        look(&Request {
            head: &head,
            body: &body,
            url: &self.url,
            arrived: Timestamp::from_micros(self.now * 1_000_000),
        })
    }

    fn verdict(&self) -> Verdict {
        let secrets: Vec<Secret> = self.secrets.iter().map(Secret::new).collect();
        let provider = find(&self.name).unwrap_or_else(|| panic!("{} is not known", self.name));
        self.with(|request| provider.verify(&secrets, request, Options::default()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// All vectors, by the slug of their provider.
pub(crate) fn all() -> BTreeMap<String, Vec<Vector>> {
    fs::read_dir(folder())
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let slug = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let vectors = serde_json::from_slice(&fs::read(&path).unwrap())
                .unwrap_or_else(|error| panic!("{slug}: {error}"));
            (slug, vectors)
        })
        .collect()
}

fn said(verdict: &Verdict) -> &'static str {
    match (verdict.state, verdict.reason) {
        (VerdictState::Invalid, Some(reason)) => reason.as_str(),
        (state, _) => state.as_str(),
    }
}

#[test]
fn every_vector_gets_its_verdict() {
    let mut wrong = Vec::new();
    let mut passed = 0;
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    for (slug, vectors) in all() {
        for vector in vectors {
            let verdict = vector.verdict();
            if let Some(reason) = vector.left_out {
                *left_out.entry(reason).or_default() += 1;
            } else if said(&verdict) == vector.expect {
                passed += 1;
            } else {
                wrong.push(format!(
                    "{slug} {} {} (set {}): {} and not {}: {}",
                    vector.name,
                    vector.case,
                    vector.set,
                    said(&verdict),
                    vector.expect,
                    verdict.detail
                ));
            }
        }
    }
    eprintln!(
        "vectors: {passed} passed, {} wrong, left out: {left_out:?}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(passed > 1200, "only {passed} vectors were found");
}

#[test]
fn where_the_sets_contradict_each_other_a_bad_signature_is_refused_all_the_same() {
    let contradictions = all().into_values().flatten().filter(|vector| {
        vector
            .left_out
            .as_ref()
            .is_some_and(|why| why.starts_with("the sets"))
    });
    let mut count = 0;
    for vector in contradictions {
        let verdict = vector.verdict();
        assert_eq!(verdict.state, VerdictState::Invalid, "{vector:?}");
        count += 1;
    }
    assert!(count >= 9, "only {count}");
}

#[test]
fn the_sender_of_every_valid_vector_is_recognised() {
    // What these send is what others send too: only the bin's owner knows.
    const FAMILIES: [(&str, &str); 9] = [
        ("auth0", ""),
        ("clerk", "svix"),
        ("openai", "standard-webhooks"),
        ("polar", "standard-webhooks"),
        ("replicate", "standard-webhooks"),
        ("resend", "svix"),
        ("clickup", ""),
        ("lemonsqueezy", ""),
        ("svix", "standard-webhooks"),
    ];
    // Nothing in these but a header that several share.
    const NAMELESS: [(&str, &str); 7] = [
        ("bitbucket", "doc-example"),
        ("github", "doc-example"),
        ("gocardless", "empty-body"),
        ("gocardless", "raw-bytes-matter-whitespace-escapes"),
        ("gocardless", "body-not-utf8"),
        ("intercom", "valid_empty_body"),
        ("meta", "valid_empty_body"),
    ];
    let mut wrong = Vec::new();
    for (slug, vectors) in all() {
        for vector in vectors.iter().filter(|vector| vector.expect == "valid") {
            let have = recognise::provider_of(&vector.head(), &vector.body());
            let have = have.map_or("", |provider| provider.slug);
            let is_family = FAMILIES.contains(&(&slug, have));
            let is_nameless = NAMELESS.contains(&(&slug, &vector.case)) && have.is_empty();
            if have != slug && !is_family && !is_nameless {
                wrong.push(format!("{slug} {} {}: {have:?}", vector.name, vector.case));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_bin_judges_by_the_secret_that_it_has() {
    use hookwell::provider::judge;
    let all = all();
    let valid = |slug: &str| {
        all[slug]
            .iter()
            .find(|vector| vector.expect == "valid")
            .unwrap()
    };
    // The request of one, the secret that the bin has, and by whose rules it is judged.
    for (sender, secret, judged) in [
        ("stripe", "stripe", "stripe"),
        ("stripe", "github", "stripe"),
        ("polar", "polar", "polar"),
        ("polar", "stripe", "standard-webhooks"),
        ("svix", "standard-webhooks", "standard-webhooks"),
        ("auth0", "auth0", "auth0"),
        ("gocardless", "gocardless", "gocardless"),
    ] {
        let have = valid(sender).with(|request| {
            let known = recognise::provider_of(request.head, request.body);
            judge(known, request, |slug| slug == secret).map(|provider| provider.slug)
        });
        assert_eq!(have, Some(judged), "{sender} with a secret for {secret}");
    }
}

#[test]
fn the_events_of_known_requests_are_read() {
    let all = all();
    // Provider; id, type and Unix seconds of its first valid request in the second set.
    for (slug, id, kind, at) in [
        ("stripe", "evt_1MadeUp", "charge.succeeded", 1_749_999_995),
        ("github", "72d3162e-cc78-11e3-81ab-4c9367dc0958", "push", 0),
        ("gitlab", "msg_2b1c", "Push Hook", 0),
        (
            "shopify",
            "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            "orders/create",
            1_749_999_995,
        ),
        ("svix", "msg_2b1c", "thing.created", 0),
        ("twilio", "aaaa-bbbb", "", 0),
        (
            "square",
            "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
            "payment.created",
            1_749_999_995,
        ),
        (
            "linear",
            "234d1a4e-b617-4388-90fe-adc3633d6b72",
            "Issue.create",
            1_749_999_995,
        ),
        ("hubspot", "1", "contact.creation", 1_749_999_995),
        (
            "paypal",
            "WH-2WR32451HC0233532-67976317FL4543714",
            "PAYMENT.SALE.COMPLETED",
            1_749_999_990,
        ),
        (
            "sentry",
            "6ab1b1d1b2e64f0f8f1a000000000001",
            "issue.created",
            1_749_999_995,
        ),
        (
            "pagerduty",
            "5ac64822-4adc-4fda-ade0-410becf0de4f",
            "incident.priority_updated",
            1_749_999_995,
        ),
        ("telegram", "10000", "", 1_749_999_995),
        ("jira", "wh1", "jira:issue_created", 1_749_999_995),
        ("sendgrid", "ZGVsaXZlcmVk", "delivered", 1_749_999_995),
    ] {
        let valid = |vector: &&Vector| vector.set == 2 && vector.expect == "valid";
        let vector = all[slug].iter().find(valid).unwrap();
        let event = recognise(&vector.head(), &vector.body()).unwrap().event;
        let seconds = event.at.map_or(0, |at| at.as_micros() / 1_000_000);
        let have = (
            event.id.unwrap_or_default(),
            event.kind.unwrap_or_default(),
            seconds,
        );
        assert_eq!(
            have,
            (id.to_owned(), kind.to_owned(), at),
            "{slug} {}",
            vector.case
        );
    }
}
