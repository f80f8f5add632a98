//! OpenAI: Standard Webhooks.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "openai",
    title: "OpenAI",
    docs: "https://platform.openai.com/docs/guides/webhooks",
    rules: &[
        Rule::above(&[
            Mark::Header("webhook-id"),
            Mark::Key("object"),
            Mark::Text("\"object\":\"event\""),
        ]),
        Rule::above(&[Mark::Header("webhook-id"), Mark::Agent("OpenAI/")]),
    ],
    schemes: &[STANDARD],
    event: EventShape::new(
        &[From::Header("webhook-id")],
        &[From::Json("/type")],
        &[From::Json("/created_at")],
    ),
    ..Provider::BASE
};
