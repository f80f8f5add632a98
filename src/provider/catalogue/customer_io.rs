//! Customer.io: bare hex over `v0:time:body`.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "customer-io",
    title: "Customer.io",
    docs: "https://docs.customer.io/journeys/webhooks/",
    rules: &[Rule::sure(&[Mark::Header("x-cio-signature")])],
    schemes: &[Scheme::sha256("X-CIO-Signature")
        .named("HMAC-SHA256 of v0:time:body")
        .signing(&[
            Part::Text("v0:"),
            Part::Time,
            Part::Text(":"),
            Part::Body,
        ])
        .timed(Time::new(TimeAt::Header("X-CIO-Timestamp"), Unit::Seconds).around(300))],
    event: EventShape::new(
        &[From::Json("/event_id")],
        &[From::Json("/object_type"), From::Json("/metric")],
        &[From::Json("/timestamp")],
    ),
    ..Provider::BASE
};
