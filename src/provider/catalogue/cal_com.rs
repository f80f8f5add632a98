//! Cal.com: bare hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "cal-com",
    title: "Cal.com",
    docs: "https://cal.com/docs/developing/guides/automation/webhooks",
    rules: &[Rule::sure(&[Mark::Header("x-cal-signature-256")])],
    schemes: &[Scheme::sha256("X-Cal-Signature-256")],
    event: EventShape::new(
        &[],
        &[From::Json("/triggerEvent")],
        &[From::Json("/createdAt")],
    ),
    ..Provider::BASE
};
