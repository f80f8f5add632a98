//! Linear: bare hex over the body, which holds the time that counts.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "linear",
    title: "Linear",
    docs: "https://linear.app/developers/webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("linear-signature")]),
        Rule::sure(&[Mark::Header("linear-delivery")]),
        Rule::weak(&[Mark::Agent("Linear-Webhook")]),
    ],
    schemes: &[Scheme::sha256("Linear-Signature")
        .timed(Time::new(TimeAt::Json("/webhookTimestamp"), Unit::Millis).around(60))],
    event: EventShape::new(
        &[From::Header("Linear-Delivery")],
        &[From::Json("/type"), From::Json("/action")],
        &[From::Json("/createdAt")],
    ),
    samples: &[Sample {
        event: "Issue",
        headers: &[
            ("User-Agent", "Linear-Webhook"),
            ("Linear-Delivery", "{uuid}"),
            ("Linear-Event", "Issue"),
        ],
        body: r#"{"action":"create","type":"Issue","createdAt":"{iso}","data":{"id":"{uuid}","title":"The sample fails","number":12,"priority":2},"url":"https://linear.app/example/issue/EX-12","organizationId":"{uuid}","webhookTimestamp":{now_ms},"webhookId":"{uuid}"}"#,
    }],
    ..Provider::BASE
};
