//! Meta (Facebook, Instagram, WhatsApp, Messenger): `sha256=` and hex over the body with its `\u` escapes.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "meta",
    title: "Meta",
    docs: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
    aliases: &["whatsapp", "facebook", "instagram", "messenger"],
    rules: &[
        Rule::above(&[
            Mark::Header("x-hub-signature-256"),
            Mark::Key("object"),
            Mark::Key("entry"),
        ]),
        Rule::shape(&[Mark::Key("object"), Mark::Key("entry")]),
        Rule::weak(&[Mark::Agent("facebookexternalua")]),
    ],
    schemes: &[Scheme::sha256("X-Hub-Signature-256").shaped(Shape::Prefix("sha256="))],
    event: EventShape::new(
        &[
            From::Json("/entry/0/changes/0/value/messages/0/id"),
            From::Json("/entry/0/messaging/0/message/mid"),
        ],
        &[
            From::Json("/object"),
            From::Json("/entry/0/changes/0/field"),
        ],
        &[
            From::Json("/entry/0/time"),
            From::Json("/entry/0/changes/0/value/messages/0/timestamp"),
        ],
    ),
    secret_hint: "The app secret for signatures, and the verify token for registration: set both.",
    handshakes: &[Handshake {
        name: "subscription",
        answer: |ask| {
            let is_it = ask.is_get()
                && ask.parameter("hub.mode").as_deref() == Some("subscribe")
                && ask.parameter("hub.topic").is_none();
            let challenge = ask.parameter("hub.challenge").filter(|_| is_it)?;
            let token = ask.parameter("hub.verify_token").unwrap_or_default();
            Some(ask.if_known(&token, "the verify token", || Answer::text(challenge)))
        },
    }],
    samples: &[Sample {
        event: "whatsapp_business_account",
        headers: &[("User-Agent", "facebookexternalua")],
        body: r#"{"object":"whatsapp_business_account","entry":[{"id":"{n}","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"441134960000","phone_number_id":"1"},"messages":[{"from":"441134960001","id":"wamid.{id}","timestamp":"{now}","type":"text","text":{"body":"Ol\u00e1 \u2013 is it open\/closed?"}}]},"field":"messages"}]}]}"#,
    }],
};
