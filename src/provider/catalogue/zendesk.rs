//! Zendesk: base64 over time and body; the secret looks like base64 and is used as text.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "zendesk",
    title: "Zendesk",
    docs: "https://developer.zendesk.com/documentation/webhooks/verifying/",
    rules: &[
        Rule::sure(&[Mark::Header("x-zendesk-webhook-id")]),
        Rule::sure(&[Mark::Header("x-zendesk-webhook-signature")]),
        Rule::weak(&[Mark::Agent("Zendesk Webhook")]),
    ],
    schemes: &[Scheme::sha256("X-Zendesk-Webhook-Signature")
        .named("HMAC-SHA256 of time and body")
        .encoded(Encoding::Base64)
        .signing(&[Part::Time, Part::Body])
        .timed(Time::new(
            TimeAt::Header("X-Zendesk-Webhook-Signature-Timestamp"),
            Unit::Rfc3339,
        ))],
    event: EventShape::new(
        &[
            From::Header("X-Zendesk-Webhook-Invocation-Id"),
            From::Json("/id"),
        ],
        &[From::Json("/type")],
        &[From::Json("/time")],
    ),
    ..Provider::BASE
};
