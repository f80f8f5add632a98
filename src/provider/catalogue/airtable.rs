//! Airtable: `hmac-sha256=` and hex over the body, with a key in base64.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "airtable",
    title: "Airtable",
    docs: "https://airtable.com/developers/web/api/webhooks-overview",
    rules: &[Rule::sure(&[Mark::Header("x-airtable-content-mac")])],
    schemes: &[Scheme::sha256("X-Airtable-Content-MAC")
        .shaped(Shape::Prefix("hmac-sha256="))
        .keyed(KeyForm::Base64)],
    event: EventShape::new(
        &[],
        &[],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The macSecretBase64 that the webhook's creation answered.",
    ..Provider::BASE
};
