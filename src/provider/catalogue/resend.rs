//! Resend: sent with Svix; its types begin with `email.`, `contact.` or `domain.`.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "resend",
    title: "Resend",
    docs: "https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests",
    rules: &[
        Rule::above(&[
            Mark::Header("svix-id"),
            Mark::Key("created_at"),
            Mark::Text("\"type\":\"email."),
        ]),
        Rule::above(&[
            Mark::Header("svix-id"),
            Mark::Key("created_at"),
            Mark::Text("\"type\":\"contact."),
        ]),
        Rule::above(&[
            Mark::Header("svix-id"),
            Mark::Key("created_at"),
            Mark::Text("\"type\":\"domain."),
        ]),
    ],
    schemes: SVIX,
    event: EventShape::new(
        &[From::Header("svix-id")],
        &[From::Json("/type")],
        &[From::Json("/created_at")],
    ),
    secret_hint: "The webhook's signing secret, whsec_….",
    samples: &[Sample {
        event: "email.delivered",
        headers: &[("User-Agent", "Svix-Webhooks/1.62"), ("svix-id", "msg_{id}")],
        body: r#"{"type":"email.delivered","created_at":"{iso}","data":{"email_id":"{uuid}","from":"Example <hello@example.com>","to":["zoe@example.com"],"subject":"Your ticket"}}"#,
    }],
    ..Provider::BASE
};
