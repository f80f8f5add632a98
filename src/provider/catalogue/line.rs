//! LINE: base64 over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "line",
    title: "LINE",
    docs: "https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/",
    rules: &[
        Rule::sure(&[Mark::Header("x-line-signature")]),
        Rule::weak(&[Mark::Agent("LineBotWebhook/")]),
    ],
    schemes: &[Scheme::sha256("x-line-signature").encoded(Encoding::Base64)],
    event: EventShape::new(
        &[From::Json("/events/0/webhookEventId")],
        &[From::Json("/events/0/type")],
        &[From::Json("/events/0/timestamp")],
    ),
    secret_hint: "The channel secret.",
    handshakes: &[Handshake {
        name: "verification",
        answer: |ask| {
            let is_empty = json::find(ask.request.body, "/events") == Some(b"[]");
            (is_empty && ask.header("x-line-signature").is_some()).then(|| Ok(Answer::empty(200)))
        },
    }],
    ..Provider::BASE
};
