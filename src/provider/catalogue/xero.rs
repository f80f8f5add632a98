//! Xero: base64 over the body; at first it sends right and wrong signatures, to see that only the right get 200.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "xero",
    title: "Xero",
    docs: "https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/",
    rules: &[Rule::sure(&[Mark::Header("x-xero-signature")])],
    schemes: &[Scheme::sha256("x-xero-signature").encoded(Encoding::Base64)],
    event: EventShape::new(
        &[],
        &[
            From::Json("/events/0/eventCategory"),
            From::Json("/events/0/eventType"),
        ],
        &[From::Json("/events/0/eventDateUtc")],
    ),
    secret_hint: "The webhook key; it looks like base64 and is used as text.",
    handshakes: &[Handshake {
        name: "intent to receive",
        answer: |ask| {
            let is_it = json::find(ask.request.body, "/events") == Some(b"[]")
                && ask.header("x-xero-signature").is_some();
            is_it.then(|| ask.if_signed(&PROVIDER, "the webhook key", || Answer::empty(200), || Answer::empty(401)))
        },
    }],
    ..Provider::BASE
};
