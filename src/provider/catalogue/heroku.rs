//! Heroku: base64 over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "heroku",
    title: "Heroku",
    docs: "https://devcenter.heroku.com/articles/app-webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("heroku-webhook-hmac-sha256")]),
        Rule::shape(&[Mark::Key("webhook_metadata"), Mark::Key("resource")]),
    ],
    schemes: &[Scheme::sha256("Heroku-Webhook-Hmac-SHA256").encoded(Encoding::Base64)],
    event: EventShape::new(
        &[From::Json("/webhook_metadata/event/id"), From::Json("/id")],
        &[
            From::Json("/webhook_metadata/event/include"),
            From::Json("/action"),
        ],
        &[From::Json("/created_at")],
    ),
    ..Provider::BASE
};
