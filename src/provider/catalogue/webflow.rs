//! Webflow: bare hex over `time:body`, in milliseconds.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "webflow",
    title: "Webflow",
    docs: "https://developers.webflow.com/data/docs/working-with-webhooks",
    rules: &[Rule::sure(&[Mark::Header("x-webflow-signature")])],
    schemes: &[Scheme::sha256("x-webflow-signature")
        .named("HMAC-SHA256 of time:body")
        .signing(&[Part::Time, Part::Text(":"), Part::Body])
        .timed(Time::new(TimeAt::Header("x-webflow-timestamp"), Unit::Millis).around(300))],
    event: EventShape::new(&[], &[From::Json("/triggerType")], &[]),
    ..Provider::BASE
};
