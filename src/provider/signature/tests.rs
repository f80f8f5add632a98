use proptest::prelude::*;

use super::sign::{self, Draft};
use super::verify::examine;
use super::*;
use crate::model::{Flaw, Head, Headers, Timestamp, VerdictState, Version};
use crate::provider::{PROVIDERS, handshake, recognise};

/// A secret of each form, as its owner pastes it: to sign with and to check with.
fn secrets(form: KeyForm) -> (Secret, Secret) {
    let both = |text: &str| (Secret::new(text), Secret::new(text));
    match form {
        KeyForm::Whsec => both("whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5"),
        KeyForm::Base64 => both("c2VjcmV0IGZvciB0ZXN0cyBvbmx5"),
        KeyForm::Hex => both("00112233445566778899aabbccddeeff"),
        KeyForm::Braintree => both("public|private"),
        KeyForm::Basic => both("user:pass word"),
        KeyForm::Ed25519 => {
            let seed = "07".repeat(32);
            let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
            let public = ring::signature::KeyPair::public_key(&pair);
            let public = crate::provider::secret::hex(public.as_ref());
            (Secret::new(seed), Secret::new(public))
        }
        _ => both("a secret for tests"),
    }
}

fn draft(provider: &crate::provider::Provider, scheme: &Scheme) -> Draft {
    let seed = crate::provider::Seed {
        at: Timestamp::from_micros(1_795_599_012_000_000),
        bytes: [9; 16],
    };
    let url = "https://hooks.example.com/in?x=1&y=2";
    let mut draft = provider.samples.first().map_or_else(
        || Draft {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: vec![],
            body: br#"{"id":1}"#.to_vec(),
            at: seed.at,
        },
        |sample| provider.draft(sample, url, seed),
    );
    for name in sign::parts_in_headers(scheme).chain(scheme.requires.iter().copied()) {
        if draft.get(name).is_none() {
            draft.set(name, "msg_1".to_owned());
        }
    }
    if let When::Header(name) = scheme.when {
        let have = draft.get(name).unwrap_or("x").to_owned();
        draft.set(name, have);
    }
    if let When::Value(name, value) = scheme.when {
        draft.set(name, value.to_owned());
    }
    draft
}

fn judged(scheme: &Scheme, secret: Secret, draft: &Draft) -> Verdict {
    let head = draft.head();
    let request = Request {
        head: &head,
        body: &draft.body,
        url: &draft.url,
        arrived: draft.at,
    };
    examine(scheme, &[secret], &request, Options::default()).verdict
}

#[test]
fn every_scheme_that_can_be_signed_with_fits_its_own_and_nothing_else() {
    let (mut signed, mut not_ours) = (0, Vec::new());
    for provider in PROVIDERS {
        for scheme in provider.schemes {
            let (private, public) = secrets(scheme.key);
            let mut draft = draft(provider, scheme);
            match sign::sign(scheme, &private, &mut draft) {
                Ok(()) => {}
                Err(sign::Error::NotOurs) => {
                    not_ours.push(format!("{}: {}", provider.slug, scheme.name));
                    continue;
                }
                // The old form of Mailgun is read and never written.
                Err(sign::Error::Incomplete(_)) if scheme.place == Place::Form("signature") => {
                    continue;
                }
                Err(error) => panic!("{}: {error}", provider.slug),
            }
            let verdict = judged(scheme, public.clone(), &draft);
            assert_eq!(
                verdict.state,
                VerdictState::Valid,
                "{} {}: {verdict:?} {draft:?}",
                provider.slug,
                scheme.name
            );
            sign::spoil(scheme, &mut draft);
            let verdict = judged(scheme, public, &draft);
            assert_eq!(
                verdict.state,
                VerdictState::Invalid,
                "{} {}",
                provider.slug,
                scheme.name
            );
            signed += 1;
        }
    }
    assert!(signed >= 60, "only {signed} sign");
    assert!(not_ours.len() <= 8, "{not_ours:?}");
}

#[test]
fn no_beginning_of_a_signature_passes_for_all_of_it() {
    let scheme = Scheme::sha256("x-signature").shaped(Shape::Prefix("sha256="));
    let secret = || Secret::new("secret");
    let mut draft = draft(PROVIDERS.first().unwrap(), &scheme);
    sign::sign(&scheme, &secret(), &mut draft).unwrap();
    let whole = draft.get("x-signature").unwrap().to_owned();
    for length in 0..whole.len() {
        draft.set("x-signature", whole.get(..length).unwrap().to_owned());
        assert_eq!(
            judged(&scheme, secret(), &draft).state,
            VerdictState::Invalid
        );
    }
}

#[test]
fn a_bin_without_a_secret_is_told_so() {
    let scheme = Scheme::sha256("x-signature");
    let mut draft = draft(PROVIDERS.first().unwrap(), &scheme);
    let head = draft.head();
    let request = |head| Request {
        head,
        body: b"",
        url: "",
        arrived: Timestamp::from_micros(0),
    };
    let state = |head| {
        examine(&scheme, &[], &request(head), Options::default())
            .verdict
            .state
    };
    assert_eq!(state(&head), VerdictState::Unsigned);
    draft.set("x-signature", "00ff".to_owned());
    let head = draft.head();
    assert_eq!(state(&head), VerdictState::Unchecked);
}

#[test]
fn a_tolerance_of_ones_own_counts_in_both_directions() {
    let scheme = Scheme::sha256("x-signature")
        .timed(Time::new(TimeAt::Header("x-time"), Unit::Seconds).past(300));
    let secret = Secret::new("secret");
    let mut draft = draft(PROVIDERS.first().unwrap(), &scheme);
    sign::sign(&scheme, &secret, &mut draft).unwrap();
    let head = draft.head();
    let at = |seconds: i64, tolerance_s| {
        let request = Request {
            head: &head,
            body: &draft.body,
            url: "",
            arrived: Timestamp::from_micros(draft.at.as_micros() + seconds * 1_000_000),
        };
        let options = Options {
            tolerance_s,
            certificate: Certificate::Unasked,
        };
        examine(&scheme, std::slice::from_ref(&secret), &request, options)
            .verdict
            .reason
            .map(Flaw::as_str)
    };
    assert_eq!(at(300, None), None);
    assert_eq!(at(301, None), Some("timestamp_too_old"));
    assert_eq!(at(-9000, None), None);
    assert_eq!(at(-9000, Some(600)), Some("timestamp_in_future"));
    assert_eq!(at(500, Some(600)), None);
}

#[test]
fn an_empty_header_that_is_part_of_the_text_is_none() {
    let provider = crate::provider::find("svix").unwrap();
    let secret = Secret::new("whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5");
    let scheme = provider.schemes.first().unwrap();
    let mut draft = draft(provider, scheme);
    sign::sign(scheme, &secret, &mut draft).unwrap();
    draft.set("svix-id", String::new());
    assert!(sign::sign(scheme, &secret, &mut draft).is_err());
    let verdict = judged(scheme, secret, &draft);
    assert_eq!(verdict.reason, Some(Flaw::MissingHeader));
}

fn head(method: &str, target: &str, headers: &[(String, Vec<u8>)]) -> Head {
    Head {
        method: method.to_owned(),
        target: target.to_owned(),
        path_at: 0,
        version: Version::Http11,
        headers: Headers::from_fields(headers.iter().map(|(n, v)| (n.as_bytes(), v.as_slice()))),
    }
}

/// The names that a provider's rules and schemes look at.
fn names(provider: &crate::provider::Provider) -> Vec<String> {
    let mut names = vec!["content-type".to_owned(), "user-agent".to_owned()];
    for scheme in provider.schemes {
        names.extend(sign::parts_in_headers(scheme).map(str::to_owned));
        match scheme.place {
            Place::Header(name) => names.push(name.to_owned()),
            Place::Either(one, other) => names.extend([one.to_owned(), other.to_owned()]),
            Place::Numbered(name) => names.push(format!("{name}1")),
            _ => {}
        }
        if let Some(TimeAt::Header(name)) = scheme.time.map(|time| time.at) {
            names.push(name.to_owned());
        }
    }
    for rule in provider.rules {
        names.extend(rule.all.iter().filter_map(|mark| match mark {
            recognise::Mark::Header(name) | recognise::Mark::Begins(name, _) => {
                Some((*name).to_owned())
            }
            _ => None,
        }));
    }
    names
}

/// Values that look like what is expected and are not.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "[a-z0-9]{0,8}=?[0-9a-f]{0,70}(,[tv][01]?=[0-9a-f]{0,20}){0,4}"
            .prop_map(String::into_bytes),
        "(v1a?,[A-Za-z0-9+/=]{0,60} ?){0,4}".prop_map(String::into_bytes),
        "[0-9]{1,25}".prop_map(String::into_bytes),
        "ey[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,30}"
            .prop_map(String::into_bytes),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        r#"[\[{]"[a-zA-Z_-]{1,12}":[\[{"0-9a-z,:}\]\\]{0,40}"#.prop_map(String::into_bytes),
        "(bt_signature|bt_payload|token|signature|p_signature)=[a-z0-9%|&=+]{0,60}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_that_is_sent_makes_recognition_or_a_check_panic(
        which in 0..PROVIDERS.len(),
        values in proptest::collection::vec(value(), 1..12),
        body in body(),
        target in "/[ -~]{0,60}",
        method in prop_oneof!["GET", "POST", "HEAD", "OPTIONS", "[A-Z]{1,9}"],
        secret in prop_oneof!["[ -~]{0,80}", "whsec_[A-Za-z0-9+/=]{0,40}", ".{0,20}"],
        arrived in any::<i64>(),
    ) {
        let provider = PROVIDERS[which];
        let names = names(provider);
        let headers: Vec<_> = names.into_iter().zip(values.into_iter().cycle()).collect();
        let head = head(&method, &target, &headers);
        let known = recognise::provider_of(&head, &body);
        let url = format!("https://h{target}");
        let request = Request { head: &head, body: &body, url: &url, arrived: Timestamp::from_micros(arrived) };
        let secrets = [Secret::new(secret.clone())];
        let verdict = provider.verify(&secrets, &request, Options::default());
        let is_token = provider.schemes.iter().any(|scheme| matches!(scheme.check, Check::Token));
        prop_assert!(verdict.state != VerdictState::Valid || is_token, "{verdict:?}");
        provider.check_secret(&secrets[0]).ok();
        handshake::answer(known, &request, |_| &secrets);
        for scheme in provider.schemes {
            why::explain(scheme, &secrets, &request, Options::default(), &why::Others::default());
        }
    }
}
