//! The table of providers: its order, and that each entry was held against requests.

use std::collections::BTreeSet;

use super::vectors;
use hookwell::provider::{PROVIDERS, find};

#[test]
fn slugs_are_sorted_and_each_name_leads_to_one_provider() {
    let slugs: Vec<_> = PROVIDERS.iter().map(|provider| provider.slug).collect();
    assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
    let mut names = BTreeSet::new();
    for provider in PROVIDERS {
        for name in provider.aliases.iter().chain([&provider.slug]) {
            assert!(names.insert(*name), "{name} is there twice");
            assert_eq!(find(name).unwrap().slug, provider.slug);
        }
    }
    assert!(find("nobody").is_none());
}

#[test]
fn every_provider_says_where_it_is_documented_and_how_it_is_recognised() {
    for provider in PROVIDERS {
        assert!(provider.docs.starts_with("https://"), "{}", provider.slug);
        assert!(!provider.title.is_empty(), "{}", provider.slug);
        assert!(!provider.rules.is_empty(), "{}", provider.slug);
    }
}

#[test]
fn every_provider_that_signs_has_a_vector_that_passes_and_one_that_fails() {
    let vectors = vectors::all();
    for provider in PROVIDERS
        .iter()
        .filter(|provider| !provider.schemes.is_empty())
    {
        let own = vectors
            .get(provider.slug)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let counted = || own.iter().filter(|vector| vector.left_out.is_none());
        let valid = counted().filter(|vector| vector.expect == "valid").count();
        let invalid = counted().count() - valid;
        assert!(
            valid > 0 && invalid > 0,
            "{}: {valid} and {invalid}",
            provider.slug
        );
    }
    for slug in vectors.keys() {
        assert!(
            find(slug).is_some(),
            "the vectors of {slug} have no provider"
        );
    }
}

#[test]
fn certificates_are_fetched_from_the_providers_own_hosts_only() {
    use hookwell::provider::Options;
    let mut fetched = Vec::new();
    for slug in ["aws-sns", "paypal"] {
        for vector in &vectors::all()[slug] {
            let provider = find(slug).unwrap();
            let (url, verdict) = vector.with(|request| {
                let url = provider.certificate_url(request);
                (url, provider.verify(&[], request, Options::default()))
            });
            let is_ours = vector.expect != "unsupported"
                || vector.case.contains("version")
                || vector.case.contains("algo");
            let names_one =
                !vector.case.contains("missing-paypal-cert-url") && vector.case != "body-not-json";
            assert_eq!(
                url.is_some(),
                is_ours && names_one,
                "{}: {url:?}",
                vector.case
            );
            if vector.expect == "valid" {
                assert_eq!(verdict.state.as_str(), "unchecked", "{}", vector.case);
                fetched.extend(url);
            }
        }
    }
    assert!(
        fetched.iter().all(
            |url| url.starts_with("https://api.paypal.com/") || url.contains(".amazonaws.com/")
        )
    );
    assert!(fetched.len() > 5);
}

#[test]
fn samples_are_recognised_as_what_they_are() {
    use hookwell::model::{Head, Headers, Timestamp, Version};
    use hookwell::provider::{Seed, recognise};
    let mut count = 0;
    for provider in PROVIDERS {
        for sample in provider.samples {
            let seed = Seed {
                at: Timestamp::from_micros(1_795_599_012_000_000),
                bytes: [5; 16],
            };
            let draft = provider.draft(sample, "https://hooks.example.com/in", seed);
            let mut draft = draft;
            if provider.slug == "lemonsqueezy" {
                draft
                    .headers
                    .push(("X-Signature".to_owned(), "00".to_owned()));
            }
            let head = Head {
                method: draft.method.clone(),
                target: "/in".to_owned(),
                path_at: 0,
                version: Version::Http11,
                headers: Headers::from_fields(
                    draft
                        .headers
                        .iter()
                        .map(|(n, v)| (n.as_bytes(), v.as_bytes())),
                ),
            };
            let have = recognise(&head, &draft.body).map(|have| have.provider);
            let is_of_family = ["standard-webhooks"].contains(&provider.slug);
            let is_bare = ["calendly", "intercom", "square", "hubspot"].contains(&provider.slug);
            if !is_of_family && !is_bare {
                assert_eq!(have.as_deref(), Some(provider.slug), "{}", sample.event);
            }
            if draft
                .headers
                .iter()
                .any(|(_, value)| value == "application/json")
            {
                let json = serde_json::from_slice::<serde_json::Value>(&draft.body);
                assert!(json.is_ok(), "{} {}: {json:?}", provider.slug, sample.event);
            }
            count += 1;
        }
    }
    assert!(count >= 25, "only {count} samples");
}
