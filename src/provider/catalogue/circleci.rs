//! CircleCI: `v1=` and hex over the body; later versions may stand beside it.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "circleci",
    title: "CircleCI",
    docs: "https://circleci.com/docs/guides/integration/outbound-webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("circleci-signature")]),
        Rule::sure(&[Mark::Header("circleci-event-type")]),
    ],
    schemes: &[Scheme::sha256("circleci-signature").shaped(Shape::Pairs {
        separator: ',',
        name: "v1",
    })],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/happened_at")],
    ),
    ..Provider::BASE
};
