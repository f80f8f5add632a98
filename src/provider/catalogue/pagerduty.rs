//! PagerDuty: `v1=…,v1=…` over the body, one for each key.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "pagerduty",
    title: "PagerDuty",
    docs: "https://developer.pagerduty.com/docs/webhooks/webhook-signatures/",
    rules: &[
        Rule::sure(&[Mark::Header("x-pagerduty-signature")]),
        Rule::weak(&[Mark::Agent("PagerDuty-Webhook/")]),
    ],
    schemes: &[Scheme::sha256("X-PagerDuty-Signature")
        .shaped(Shape::Pairs {
            separator: ',',
            name: "v1",
        })
        .encoded(Encoding::HexAnyCase)
        .with_body()],
    event: EventShape::new(
        &[From::Json("/event/id")],
        &[From::Json("/event/event_type")],
        &[From::Json("/event/occurred_at")],
    ),
    samples: &[Sample {
        event: "incident.triggered",
        headers: &[
            ("User-Agent", "PagerDuty-Webhook/V3.0"),
            ("X-Webhook-Id", "{uuid}"),
        ],
        body: r#"{"event":{"id":"{id}","event_type":"incident.triggered","resource_type":"incident","occurred_at":"{iso}","data":{"id":"P{n}","type":"incident","title":"The sample is on fire","status":"triggered","urgency":"high"}}}"#,
    }],
    ..Provider::BASE
};
