//! Replicate: Standard Webhooks; its own code does not look at the age.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "replicate",
    title: "Replicate",
    docs: "https://replicate.com/docs/topics/webhooks/verify-webhook",
    rules: &[Rule::above(&[
        Mark::Header("webhook-id"),
        Mark::Key("model"),
        Mark::Key("status"),
    ])],
    schemes: &[
        STANDARD.timed(
            Time::new(TimeAt::Header("webhook-timestamp"), Unit::Seconds),
        ),
    ],
    event: EventShape::new(
        &[From::Header("webhook-id")],
        &[From::Json("/status")],
        &[],
    ),
    ..Provider::BASE
};
