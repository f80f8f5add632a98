//! Square: base64 over the notification URL and the body, the URL exactly as it was registered.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "square",
    title: "Square",
    docs: "https://developer.squareup.com/docs/webhooks/step3validate",
    rules: &[
        Rule::sure(&[Mark::Header("x-square-hmacsha256-signature")]),
        Rule::sure(&[Mark::Header("x-square-signature")]),
    ],
    schemes: &[Scheme::sha256("x-square-hmacsha256-signature")
        .named("HMAC-SHA256 of URL and body")
        .encoded(Encoding::Base64)
        .signing(&[Part::Url, Part::Body])],
    event: EventShape::new(
        &[From::Json("/event_id")],
        &[From::Json("/type")],
        &[From::Json("/created_at")],
    ),
    secret_hint: "The subscription's signature key.",
    samples: &[Sample {
        event: "payment.created",
        headers: &[("square-environment", "Sandbox"), ("square-initial-delivery-timestamp", "{iso}")],
        body: r#"{"merchant_id":"MSAMPLE","type":"payment.created","event_id":"{uuid}","created_at":"{iso}","data":{"type":"payment","id":"{id}","object":{"payment":{"id":"{id}","status":"APPROVED","amount_money":{"amount":4200,"currency":"EUR"}}}}}"#,
    }],
    ..Provider::BASE
};
