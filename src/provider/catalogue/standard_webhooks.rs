//! Standard Webhooks: `v1,` and base64 over `id.time.body`; several senders use it under these very names.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "standard-webhooks",
    title: "Standard Webhooks",
    docs: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    rules: &[Rule::family(&[
        Mark::Header("webhook-id"),
        Mark::Header("webhook-timestamp"),
    ])],
    schemes: STANDARD_OR_SVIX,
    event: EventShape::new(
        &[From::Header("webhook-id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The signing secret, whsec_….",
    samples: &[Sample {
        event: "contact.created",
        headers: &[("webhook-id", "msg_{id}")],
        body: r#"{"type":"contact.created","timestamp":"{iso}","data":{"id":"{uuid}","name":"Zoë Example","email":"zoe@example.com"}}"#,
    }],
    ..Provider::BASE
};
