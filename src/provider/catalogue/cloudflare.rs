//! Cloudflare's notifications: the secret itself in a header.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "cloudflare",
    title: "Cloudflare",
    docs: "https://developers.cloudflare.com/notifications/get-started/configure-webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("cf-webhook-auth")]),
        Rule::shape(&[Mark::Key("account_id"), Mark::Key("policy_id"), Mark::Key("text")]),
    ],
    schemes: &[Scheme::token("cf-webhook-auth")],
    event: EventShape::new(
        &[From::Json("/alert_correlation_id")],
        &[From::Json("/alert_type")],
        &[From::Json("/ts")],
    ),
    ..Provider::BASE
};
