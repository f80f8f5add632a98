//! Svix: Standard Webhooks under its first names; many senders use it to send.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "svix",
    title: "Svix",
    docs: "https://docs.svix.com/receiving/verifying-payloads/how-manual",
    rules: &[
        Rule::family(&[Mark::Header("svix-id"), Mark::Header("svix-timestamp")]),
        Rule::family(&[Mark::Header("svix-signature")]),
        Rule::weak(&[Mark::Agent("Svix-Webhooks/")]),
    ],
    schemes: SVIX,
    event: EventShape::new(
        &[From::Header("svix-id"), From::Header("webhook-id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The endpoint's signing secret, whsec_….",
    samples: &[Sample {
        event: "user.created",
        headers: &[("User-Agent", "Svix-Webhooks/1.62"), ("svix-id", "msg_{id}")],
        body: r#"{"type":"user.created","timestamp":"{iso}","data":{"id":"user_{n}","email":"zoe@example.com"}}"#,
    }],
    ..Provider::BASE
};
