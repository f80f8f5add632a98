use std::net::Ipv4Addr;

use bytes::Bytes;

use super::*;
use crate::model::{
    BinId, CaptureNumber, Event, Head, Headers, Marks, OwnScheme, Recognised, Reply, Scheme,
    Timestamp, Version,
};
use crate::provider::{Seed, find};

const AT: Timestamp = Timestamp::from_micros(1_795_599_012_000_000);

fn bin(change: impl FnOnce(&mut Settings)) -> Bin {
    let mut settings = Settings::default();
    change(&mut settings);
    Bin {
        id: BinId::random(),
        serial: 1,
        created_at: AT,
        settings,
    }
}

fn with_secret(slug: &str, secret: &str) -> Bin {
    bin(|settings| settings.secrets.set(slug, vec![Secret::new(secret)]))
}

fn capture(target: &str, path_at: usize, headers: &[(String, String)], body: &[u8]) -> Capture {
    let fields = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = Head {
        method: "POST".to_owned(),
        target: target.to_owned(),
        path_at,
        version: Version::Http11,
        headers: Headers::from_fields(fields),
    };
    let recognised = provider::recognise(&head, body).map(|sender| Recognised {
        provider: sender.provider,
        event: Event::default(),
        delivery: None,
    });
    let line = CaptureLine {
        n: CaptureNumber(1),
        envelope: Envelope {
            received_at: AT,
            took_us: 0,
            head,
            scheme: Scheme::Http,
            host: "127.0.0.1:8080".to_owned(),
            client: Ipv4Addr::LOCALHOST.into(),
            peer: (Ipv4Addr::LOCALHOST, 1).into(),
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        size: body.len() as u64,
        state: BodyState::Complete,
        sent: None,
        marks: Marks::default(),
        recognised,
        verdict: None,
    };
    Capture {
        line,
        body: Bytes::copy_from_slice(body),
    }
}

/// A sample of the provider as it arrives at `/bin/in`, signed for that URL.
fn sample(slug: &str, secret: &str, url: &str) -> Capture {
    let provider = find(slug).unwrap();
    let seed = Seed {
        at: AT,
        bytes: [7; 16],
    };
    let sample = provider.find_sample(None).unwrap();
    let mut draft = provider.draft(sample, url, seed);
    provider.sign(&mut draft, &Secret::new(secret)).unwrap();
    capture("/bin/in", 4, &draft.headers, &draft.body)
}

fn state(bin: &Bin, base: Option<&str>, capture: &Capture) -> Option<&'static str> {
    of(bin, base, capture, Certificate::Unasked).map(|verdict| verdict.state.as_str())
}

#[test]
fn a_secret_judges_what_is_there_already() {
    let stripe = sample("stripe", "whsec_right", "https://hooks.example/bin/in");
    assert_eq!(state(&bin(|_| ()), None, &stripe), Some("unchecked"));
    let right = with_secret("stripe", "whsec_right");
    assert_eq!(state(&right, None, &stripe), Some("valid"));
    assert!(needs_body(&right, &stripe.line));
    let wrong = with_secret("stripe", "whsec_wrong");
    assert_eq!(state(&wrong, None, &stripe), Some("invalid"));
    // Without a secret the head says it all, and of a stranger there is nothing to say.
    assert!(!needs_body(&bin(|_| ()), &stripe.line));
    let stranger = capture("/bin/in", 4, &[], b"{}");
    assert_eq!(state(&bin(|_| ()), None, &stranger), None);
    let verdict = of(&right, None, &stranger, Certificate::Unasked).unwrap();
    assert_eq!(verdict.state, VerdictState::Unsigned);
    assert!(
        verdict.detail.contains("Stripe-Signature"),
        "{}",
        verdict.detail
    );
    assert!(!needs_body(&right, &stranger.line));
}

#[test]
fn the_url_is_the_public_one_where_there_is_one() {
    let base = Some("https://hooks.example");
    let here = "http://127.0.0.1:8080/bin/in";
    let bin = with_secret("twilio", "token");
    let public = sample("twilio", "token", "https://hooks.example/bin/in");
    assert_eq!(state(&bin, base, &public), Some("valid"));
    assert_eq!(state(&bin, None, &public), Some("invalid"));
    let local = sample("twilio", "token", here);
    assert_eq!(state(&bin, None, &local), Some("valid"));
    for (target, path_at, base, want) in [
        ("/bin/in?x=1", 4, None, "http://127.0.0.1:8080/bin/in?x=1"),
        ("/in", 0, base, "https://127.0.0.1:8080/in"),
        (
            "http://a.example/bin/in",
            20,
            base,
            "https://hooks.example/bin/in",
        ),
        ("http://b.example/in", 16, base, "https://127.0.0.1:8080/in"),
    ] {
        let capture = capture(target, path_at, &[], b"");
        assert_eq!(url(&capture.line.envelope, base), want);
    }
}

#[test]
fn a_scheme_of_ones_own_judges_what_no_secret_is_for() {
    let own = OwnScheme {
        header: "X-Mine".to_owned(),
        prefix: String::new(),
        algorithm: "hmac-sha256".to_owned(),
        encoding: "hex".to_owned(),
        signed: "{timestamp}{body}".to_owned(),
        timestamp_header: "X-Time".to_owned(),
        secret: Secret::new("k"),
    };
    let bin = bin(|settings| {
        settings.signature = Some(own);
        settings
            .secrets
            .set("stripe", vec![Secret::new("whsec_right")]);
        settings.tolerance_s = Some(60);
    });
    let mac = |time: &str| provider::secret::hex(&hmac(time, b"{}"));
    let signed = |time: &str| {
        let headers = [("X-Time", time.to_owned()), ("X-Mine", mac(time))];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        of(
            &bin,
            None,
            &capture("/bin/in", 4, &headers, b"{}"),
            Certificate::Unasked,
        )
        .unwrap()
    };
    assert!(signed("1795599012").is_valid());
    assert_eq!(signed("1795598012").reason, Some(Flaw::TimestampTooOld));
    let bare = capture("/bin/in", 4, &[], b"{}");
    let verdict = of(&bin, None, &bare, Certificate::Unasked).unwrap();
    assert_eq!(verdict.reason, Some(Flaw::MissingHeader));
    let stripe = sample("stripe", "whsec_right", "https://hooks.example/bin/in");
    assert_eq!(state(&bin, None, &stripe), Some("valid"));
    // What somebody else signed is not held against it.
    let github = sample("github", "secret", "https://hooks.example/bin/in");
    assert_eq!(state(&bin, None, &github), Some("unchecked"));
}

fn hmac(time: &str, body: &[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"k");
    ring::hmac::sign(&key, &[time.as_bytes(), body].concat())
        .as_ref()
        .to_vec()
}

#[test]
fn what_is_not_there_is_not_held_against_a_capture() {
    let bin = with_secret("stripe", "whsec_right");
    let mut cut = sample("stripe", "whsec_right", "https://hooks.example/bin/in");
    cut.body.truncate(10);
    assert_eq!(state(&bin, None, &cut), Some("invalid"));
    cut.line.state = BodyState::Aborted;
    assert_eq!(state(&bin, None, &cut), Some("unchecked"));
    let agent = ("User-Agent".to_owned(), "DropboxWebhooks/1.0".to_owned());
    let mut challenge = capture("/bin/in?challenge=x", 4, &[agent], b"");
    let bin = with_secret("dropbox", "secret");
    assert_eq!(state(&bin, None, &challenge), Some("invalid"));
    challenge.line.envelope.reply.rule = Some("handshake:dropbox".to_owned());
    assert_eq!(state(&bin, None, &challenge), Some("unsigned"));
}

#[test]
fn evidence_says_what_was_signed_and_what_is_wrong() {
    let bin = with_secret("stripe", "whsec_right ");
    let stripe = sample("stripe", "whsec_right", "https://hooks.example/bin/in");
    let evidence = evidence(&bin, None, &stripe, None, Certificate::Unasked).unwrap();
    let explanation = evidence.explanation;
    assert_eq!(explanation.verdict.state, VerdictState::Invalid);
    assert!(explanation.verdict.hint.is_some());
    assert!(explanation.signed.ends_with(&stripe.body));
    assert_eq!(explanation.signed_at, Some(AT));
    assert_ne!(explanation.expected, explanation.received.first().cloned());
}

#[test]
fn a_verdict_without_the_body_is_the_one_with_it() {
    let seed = Seed {
        at: AT,
        bytes: [7; 16],
    };
    let (mut read, mut unread) = (0, 0);
    for &provider in provider::PROVIDERS {
        let Some(sample) = provider.samples.first() else {
            continue;
        };
        let made_up = provider.made_up_secret([3; 16]);
        let plain = provider.draft(sample, "https://hooks.example/bin/in", seed);
        let mut signed = plain.clone();
        if let Some(secret) = &made_up {
            provider.sign(&mut signed, secret).ok();
        }
        let mut bins = vec![
            bin(|_| ()),
            with_secret("adyen", "00ff"),
            with_secret("slack", "s"),
        ];
        bins.extend(made_up.map(|secret| with_secret(provider.slug, secret.expose())));
        for draft in [plain, signed] {
            let capture = capture("/bin/in", 4, &draft.headers, &draft.body);
            for bin in &bins {
                if needs_body(bin, &capture.line) {
                    read += 1;
                    continue;
                }
                unread += 1;
                let without = of_line(bin, None, &capture.line, &[], Certificate::Unasked);
                assert_eq!(
                    without,
                    of(bin, None, &capture, Certificate::Unasked),
                    "{}",
                    provider.slug
                );
            }
        }
    }
    assert!(read > 50 && unread > 50, "{read} {unread}");
}
