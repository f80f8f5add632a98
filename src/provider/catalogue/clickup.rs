//! ClickUp: bare hex over the body in `X-Signature`, a header that others use too.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "clickup",
    title: "ClickUp",
    docs: "https://developer.clickup.com/docs/webhooksignature",
    rules: &[
        Rule::above(&[Mark::Header("x-signature"), Mark::Key("webhook_id"), Mark::Key("event")]),
        Rule::shape(&[Mark::Key("webhook_id"), Mark::Key("history_items")]),
    ],
    schemes: &[Scheme::sha256("X-Signature")],
    event: EventShape::new(
        &[From::Json("/history_items/0/id")],
        &[From::Json("/event")],
        &[From::Json("/history_items/0/date")],
    ),
    ..Provider::BASE
};
