//! Polar: Standard Webhooks, but the key is the secret's text as shown.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "polar",
    title: "Polar",
    docs: "https://docs.polar.sh/integrate/webhooks/delivery",
    rules: &[
        Rule::above(&[Mark::Header("webhook-id"), Mark::Agent("polar.sh webhooks")]),
        Rule::weak(&[Mark::Agent("polar.sh webhooks")]),
    ],
    schemes: &[
        STANDARD
            .keyed(KeyForm::Text),
    ],
    event: EventShape::new(
        &[From::Header("webhook-id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    samples: &[Sample {
        event: "order.paid",
        headers: &[("User-Agent", "polar.sh webhooks"), ("webhook-id", "{uuid}")],
        body: r#"{"type":"order.paid","timestamp":"{iso}","data":{"id":"{uuid}","status":"paid","amount":1900,"currency":"usd"}}"#,
    }],
    ..Provider::BASE
};
