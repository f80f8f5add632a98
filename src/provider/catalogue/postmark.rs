//! Postmark: no signature; Basic authentication where the URL holds a user and a password.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "postmark",
    title: "Postmark",
    docs: "https://postmarkapp.com/developer/webhooks/webhooks-overview",
    rules: &[
        Rule::shape(&[Mark::Key("RecordType"), Mark::Key("MessageID")]),
        Rule::shape(&[Mark::Key("FromFull"), Mark::Key("MessageID")]),
        Rule::weak(&[Mark::Agent("Postmark")]),
    ],
    schemes: &[Scheme::token("Authorization")
        .named("Basic authentication")
        .checked(Check::Basic)
        .keyed(KeyForm::Basic)
        .leaving("It says who sends; it does not cover the body.")],
    event: EventShape::new(
        &[From::Header("X-PM-Webhook-Trace-Id")],
        &[From::Json("/RecordType")],
        &[
            From::Json("/DeliveredAt"),
            From::Json("/BouncedAt"),
            From::Json("/ReceivedAt"),
        ],
    ),
    secret_hint: "user:password, as in the webhook's URL.",
    samples: &[Sample {
        event: "Delivery",
        headers: &[("User-Agent", "Postmark")],
        body: r#"{"RecordType":"Delivery","ServerID":{n},"MessageID":"{uuid}","MessageStream":"outbound","Recipient":"zoe@example.com","Tag":"ticket","DeliveredAt":"{iso}","Details":"250 OK"}"#,
    }],
    ..Provider::BASE
};
