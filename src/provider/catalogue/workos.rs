//! WorkOS: `t=…, v1=…` over `time.body`, in milliseconds.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "workos",
    title: "WorkOS",
    docs: "https://workos.com/docs/events/data-syncing/webhooks",
    rules: &[Rule::sure(&[Mark::Header("workos-signature")])],
    schemes: &[Scheme::sha256("WorkOS-Signature")
        .named("HMAC-SHA256 of time.body")
        .shaped(Shape::Pairs {
            separator: ',',
            name: "v1",
        })
        .signing(&[Part::Time, Part::Text("."), Part::Body])
        .timed(Time::new(TimeAt::Pair("t"), Unit::Millis).past(180))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/event")],
        &[From::Json("/created_at")],
    ),
    ..Provider::BASE
};
