//! Intercom: `sha1=` and hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "intercom",
    title: "Intercom",
    docs: "https://developers.intercom.com/docs/webhooks/webhook-notifications",
    rules: &[
        Rule::above(&[
            Mark::Header("x-hub-signature"),
            Mark::Key("type"),
            Mark::Text("\"notification_event\""),
        ]),
        Rule::weak(&[Mark::Agent("intercom-webhook")]),
    ],
    schemes: &[Scheme::hmac("HMAC-SHA1 of the body", Hash::Sha1, "X-Hub-Signature")
        .shaped(Shape::Prefix("sha1="))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/topic")],
        &[From::Json("/created_at")],
    ),
    secret_hint: "The app's client secret.",
    samples: &[Sample {
        event: "conversation.user.created",
        headers: &[("User-Agent", "intercom-webhooks/1.0")],
        body: r#"{"type":"notification_event","app_id":"sample","data":{"type":"notification_event_data","item":{"type":"conversation","id":"{n}"}},"topic":"conversation.user.created","id":"notif_{id}","created_at":{now},"delivery_attempts":1,"first_sent_at":{now}}"#,
    }],
    ..Provider::BASE
};
