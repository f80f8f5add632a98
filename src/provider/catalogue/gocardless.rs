//! GoCardless: bare hex over the body, in a header that Standard Webhooks fill otherwise.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "gocardless",
    title: "GoCardless",
    docs: "https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks",
    rules: &[
        Rule::above(&[
            Mark::Header("webhook-signature"),
            Mark::Key("events"),
            Mark::Key("meta"),
        ]),
        Rule::weak(&[Mark::Agent("gocardless-webhook-service/")]),
    ],
    schemes: &[Scheme::sha256("Webhook-Signature")],
    event: EventShape::new(
        &[From::Json("/meta/webhook_id"), From::Json("/events/0/id")],
        &[
            From::Json("/events/0/resource_type"),
            From::Json("/events/0/action"),
        ],
        &[From::Json("/events/0/created_at")],
    ),
    ..Provider::BASE
};
