//! Whoever signs as many do: `X-Signature: sha256=` and hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "generic-x-signature",
    title: "X-Signature",
    docs: "https://webhooks.fyi/security/hmac",
    rules: &[Rule::family(&[Mark::Begins("x-signature", "sha256=")])],
    schemes: &[Scheme::sha256("X-Signature")
        .shaped(Shape::Prefix("sha256="))
        .missing_when_empty()],
    event: EventShape::new(&[], &[From::Json("/type")], &[]),
    ..Provider::BASE
};
