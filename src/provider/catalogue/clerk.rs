//! Clerk: sent with Svix.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "clerk",
    title: "Clerk",
    docs: "https://clerk.com/docs/webhooks/sync-data",
    rules: &[Rule::above(&[
        Mark::Header("svix-id"),
        Mark::Key("object"),
        Mark::Key("data"),
        Mark::Text("\"object\":\"event\""),
    ])],
    schemes: SVIX,
    event: EventShape::new(
        &[From::Header("svix-id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The endpoint's signing secret, whsec_….",
    samples: &[Sample {
        event: "user.created",
        headers: &[("User-Agent", "Svix-Webhooks/1.62"), ("svix-id", "msg_{id}")],
        body: r#"{"data":{"id":"user_{n}","object":"user","first_name":"Zoë","email_addresses":[{"email_address":"zoe@example.com"}],"created_at":{now_ms}},"instance_id":"ins_sample","object":"event","timestamp":{now_ms},"type":"user.created"}"#,
    }],
    ..Provider::BASE
};
