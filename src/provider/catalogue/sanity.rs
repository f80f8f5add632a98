//! Sanity: `t=…,v1=…` over `time.body` in the base64 of URLs and milliseconds; the header is compared as a whole.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "sanity",
    title: "Sanity",
    docs: "https://www.sanity.io/docs/content-lake/webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("sanity-webhook-signature")]),
        Rule::sure(&[Mark::Header("sanity-transaction-id")]),
    ],
    schemes: &[Scheme::sha256("sanity-webhook-signature")
        .named("HMAC-SHA256 of time.body")
        .shaped(Shape::ExactPairs("v1"))
        .encoded(Encoding::Base64Url)
        .signing(&[Part::Time, Part::Text("."), Part::Body])
        .timed(Time::new(TimeAt::Pair("t"), Unit::Millis))],
    event: EventShape::new(
        &[From::Header("idempotency-key")],
        &[From::Header("sanity-operation")],
        &[],
    ),
    ..Provider::BASE
};
