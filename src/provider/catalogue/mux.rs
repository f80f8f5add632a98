//! Mux: `t=…,v1=…` over `time.body`, as Stripe.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "mux",
    title: "Mux",
    docs: "https://docs.mux.com/core/verify-webhook-signatures",
    rules: &[Rule::sure(&[Mark::Header("mux-signature")])],
    schemes: &[Scheme::sha256("Mux-Signature")
        .named("HMAC-SHA256 of time.body")
        .shaped(Shape::Pairs {
            separator: ',',
            name: "v1",
        })
        .signing(&[Part::Time, Part::Text("."), Part::Body])
        .timed(Time::new(TimeAt::Pair("t"), Unit::Seconds).past(300))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/created_at")],
    ),
    ..Provider::BASE
};
