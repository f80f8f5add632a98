//! HubSpot: a plain hash of secret and body (v1), with method and URL (v2), or an HMAC of all of it (v3).

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "hubspot",
    title: "HubSpot",
    docs: "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
    aliases: &["hubspot-v1", "hubspot-v2", "hubspot-v3"],
    rules: &[
        Rule::sure(&[Mark::Header("x-hubspot-signature")]),
        Rule::sure(&[Mark::Header("x-hubspot-signature-v3")]),
        Rule::shape(&[
            Mark::Key("subscriptionType"),
            Mark::Key("portalId"),
        ]),
    ],
    schemes: &[
        V3.when(When::Header("X-HubSpot-Signature-v3")),
        Scheme::sha256("X-HubSpot-Signature")
            .named("SHA-256 of secret, method, URL and body")
            .checked(Check::HashAfterSecret(Hash::Sha256))
            .signing(&[Part::Method, Part::Url, Part::Body])
            .when(When::Value("X-HubSpot-Signature-Version", "v2")),
        Scheme::sha256("X-HubSpot-Signature")
            .named("SHA-256 of secret and body")
            .checked(Check::HashAfterSecret(Hash::Sha256))
            .when(When::Value("X-HubSpot-Signature-Version", "v1")),
        Scheme::sha256("X-HubSpot-Signature")
            .named("SHA-256 of secret and body")
            .checked(Check::HashAfterSecret(Hash::Sha256))
            .when(When::Header("X-HubSpot-Signature")),
        V3,
    ],
    event: EventShape::new(
        &[From::Json("/0/eventId")],
        &[From::Json("/0/subscriptionType")],
        &[From::Json("/0/occurredAt")],
    ),
    secret_hint: "The app's client secret.",
    samples: &[Sample {
        event: "contact.creation",
        headers: &[],
        body: r#"[{"eventId":{n},"subscriptionId":25,"portalId":33,"appId":1,"occurredAt":{now_ms},"subscriptionType":"contact.creation","attemptNumber":0,"objectId":1246978}]"#,
    }],
    ..Provider::BASE
};

const V3: Scheme = Scheme::sha256("X-HubSpot-Signature-v3")
    .named("HMAC-SHA256 of method, URL, body and time")
    .encoded(Encoding::Base64)
    .signing(&[Part::Method, Part::UrlPlain, Part::Body, Part::Time])
    .timed(Time::new(TimeAt::Header("X-HubSpot-Request-Timestamp"), Unit::Millis).past(300));
