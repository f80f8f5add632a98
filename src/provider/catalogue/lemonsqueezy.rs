//! Lemon Squeezy: bare hex over the body in `X-Signature`, a header that others use too.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "lemonsqueezy",
    title: "Lemon Squeezy",
    docs: "https://docs.lemonsqueezy.com/help/webhooks/signing-requests",
    rules: &[
        Rule::above(&[Mark::Header("x-event-name"), Mark::Header("x-signature")]),
        Rule::above(&[Mark::Header("x-signature"), Mark::Key("meta"), Mark::Text("\"event_name\"")]),
        Rule::weak(&[Mark::Agent("LemonSqueezy-Hookshot")]),
    ],
    schemes: &[Scheme::sha256("X-Signature")],
    event: EventShape::new(
        &[],
        &[From::Json("/meta/event_name")],
        &[From::Json("/data/attributes/updated_at")],
    ),
    samples: &[Sample {
        event: "order_created",
        headers: &[("User-Agent", "LemonSqueezy-Hookshot"), ("X-Event-Name", "order_created")],
        body: r#"{"meta":{"event_name":"order_created","custom_data":{"user":"{n}"},"test_mode":true},"data":{"type":"orders","id":"{n}","attributes":{"status":"paid","total":4200,"currency":"EUR","user_email":"zoe@example.com","updated_at":"{iso}"}}}"#,
    }],
    ..Provider::BASE
};
