//! Calendly: `t=…,v1=…` over `time.body`.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "calendly",
    title: "Calendly",
    docs: "https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures",
    rules: &[
        Rule::sure(&[Mark::Header("calendly-webhook-signature")]),
        Rule::shape(&[Mark::Key("event"), Mark::Key("created_by"), Mark::Key("payload")]),
    ],
    schemes: &[Scheme::sha256("Calendly-Webhook-Signature")
        .named("HMAC-SHA256 of time.body")
        .shaped(Shape::Pairs {
            separator: ',',
            name: "v1",
        })
        .signing(&[Part::Time, Part::Text("."), Part::Body])
        .timed(Time::new(TimeAt::Pair("t"), Unit::Seconds).around(300))],
    event: EventShape::new(
        &[],
        &[From::Json("/event")],
        &[From::Json("/created_at")],
    ),
    ..Provider::BASE
};
