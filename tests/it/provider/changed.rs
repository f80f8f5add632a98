//! Valid requests, changed: what is signed cannot be changed unseen, and what says nothing changes nothing.

use hookwell::provider::{Options, Provider, Request, Secret, find};

use super::vectors::{self, Vector};

/// Every valid request with its provider, and whether its signature covers all of the body.
fn valid() -> Vec<(&'static Provider, Vector, bool)> {
    // These sign fields, a time and a token, or nothing.
    let partly = [
        "adyen",
        "braintree",
        "mailgun",
        "twilio",
        "aws-sns",
        "paddle",
    ];
    vectors::all()
        .into_iter()
        .flat_map(|(slug, vectors)| {
            let provider = find(&slug).unwrap();
            let covers = provider.schemes.iter().all(|scheme| scheme.gap.is_empty())
                && !partly.contains(&provider.slug);
            vectors
                .into_iter()
                .filter(|vector| vector.expect == "valid" && vector.left_out.is_none())
                .map(move |vector| (provider, vector, covers))
        })
        .collect()
}

fn is_valid(provider: &Provider, vector: &Vector, request: &Request<'_>) -> bool {
    let secrets: Vec<Secret> = vector.secrets.iter().map(Secret::new).collect();
    let verdict = provider.verify(&secrets, request, Options::default());
    verdict.is_valid()
}

#[test]
fn no_changed_body_passes_where_the_body_is_covered() {
    let mut count = 0;
    for (provider, vector, covers) in valid() {
        if !covers {
            continue;
        }
        vector.with(|request| {
            let body = request.body;
            let mut flipped = body.to_vec();
            if let Some(byte) = flipped.last_mut() {
                *byte ^= 1;
            }
            let longer = [body, b" "].concat();
            let shorter = body.get(..body.len().saturating_sub(1)).unwrap();
            for changed in [flipped.as_slice(), &longer, shorter] {
                if changed == body {
                    continue;
                }
                let request = Request {
                    body: changed,
                    ..*request
                };
                assert!(
                    !is_valid(provider, &vector, &request),
                    "{} {}",
                    provider.slug,
                    vector.case
                );
                count += 1;
            }
        });
    }
    assert!(count > 1000, "only {count}");
}

#[test]
fn no_other_secret_passes() {
    for (provider, mut vector, _) in valid() {
        // A certificate or a key with a letter changed may be the same key, or none.
        let is_text = vector
            .secrets
            .iter()
            .all(|secret| !secret.contains("-----") && !secret.starts_with("MFkw"));
        if !is_text {
            continue;
        }
        for secret in &mut vector.secrets {
            let other = if secret.ends_with(['a', 'A']) {
                'b'
            } else {
                'a'
            };
            let at = secret.len() / 2;
            let at = (0..=at)
                .rev()
                .find(|at| secret.is_char_boundary(*at))
                .unwrap();
            let (head, tail) = secret.split_at(at);
            let mut tail = tail.chars();
            let old = tail.next();
            let new = if old == Some(other) { '0' } else { other };
            *secret = format!("{head}{new}{}", tail.as_str());
        }
        vector.with(|request| {
            assert!(
                !is_valid(provider, &vector, request),
                "{} {}",
                provider.slug,
                vector.case
            );
        });
    }
}

#[test]
fn the_case_and_the_order_of_headers_are_of_no_matter() {
    for (provider, mut vector, _) in valid() {
        for (name, _) in &mut vector.headers {
            *name = name.to_ascii_uppercase();
        }
        vector.headers.reverse();
        vector.with(|request| {
            assert!(
                is_valid(provider, &vector, request),
                "{} {}",
                provider.slug,
                vector.case
            );
        });
    }
}

#[test]
fn any_one_of_several_secrets_is_enough() {
    let all = vectors::all();
    let mut count = 0;
    for (provider, vector, _) in valid() {
        // Those that a request of the same sender was refused with.
        let wrong = all[provider.slug].iter().find(|other| {
            other.expect == "signature_mismatch"
                && ["wrong", "other"]
                    .iter()
                    .any(|word| other.case.contains(word))
                && !other
                    .secrets
                    .iter()
                    .any(|secret| vector.secrets.contains(secret))
        });
        let Some(wrong) = wrong else { continue };
        for secrets in [
            [&wrong.secrets[..], &vector.secrets].concat(),
            [&vector.secrets[..], &wrong.secrets].concat(),
        ] {
            let secrets: Vec<Secret> = secrets.iter().map(Secret::new).collect();
            let verdict =
                vector.with(|request| provider.verify(&secrets, request, Options::default()));
            assert!(
                verdict.is_valid(),
                "{} {}: {verdict:?}",
                provider.slug,
                vector.case
            );
            count += 1;
        }
    }
    assert!(count > 500, "only {count}");
}

#[test]
fn a_signature_that_lost_its_padding_or_its_end_does_not_fit_and_is_no_broken_header() {
    for (slug, header) in [
        ("shopify", "X-Shopify-Hmac-Sha256"),
        ("line", "X-Line-Signature"),
        ("square", "x-square-hmacsha256-signature"),
        ("twilio", "X-Twilio-Signature"),
        ("svix", "svix-signature"),
    ] {
        let (provider, vector, _) = valid()
            .into_iter()
            .find(|(provider, ..)| provider.slug == slug)
            .unwrap();
        let reason = |change: &dyn Fn(&str) -> String| {
            let mut all = vectors::all().remove(slug).unwrap().into_iter();
            let mut changed = all.find(|one| one.case == vector.case).unwrap();
            let mut fields = changed.headers.iter_mut();
            let (_, value) = fields
                .find(|(name, _)| name.eq_ignore_ascii_case(header))
                .unwrap();
            *value = change(value);
            let secrets: Vec<Secret> = changed.secrets.iter().map(Secret::new).collect();
            changed.with(|request| {
                provider
                    .verify(&secrets, request, Options::default())
                    .reason
                    .unwrap()
                    .as_str()
            })
        };
        let cut = |count: usize| move |value: &str| value[..value.len() - count].to_owned();
        assert_eq!(reason(&cut(1)), "signature_mismatch", "{slug}");
        assert_eq!(reason(&cut(4)), "signature_mismatch", "{slug}");
        assert_eq!(
            reason(&|_| "garbage".to_owned()),
            "malformed_header",
            "{slug}"
        );
    }
}
