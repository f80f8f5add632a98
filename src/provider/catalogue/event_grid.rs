//! Azure Event Grid: no signature; the first event holds a code that the answer must hold.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "event-grid",
    title: "Azure Event Grid",
    docs: "https://learn.microsoft.com/en-us/azure/event-grid/webhook-event-delivery",
    aliases: &["azure-event-grid"],
    rules: &[Rule::sure(&[Mark::Header("aeg-event-type")])],
    event: EventShape::new(
        &[From::Json("/0/id"), From::Json("/id")],
        &[From::Json("/0/eventType"), From::Json("/type")],
        &[From::Json("/0/eventTime"), From::Json("/time")],
    ),
    handshakes: &[Handshake {
        name: "subscription validation",
        answer: |ask| {
            let is_it = ask.header("aeg-event-type") == Some("SubscriptionValidation");
            let code = ask.json("/0/data/validationCode").filter(|_| is_it)?;
            Some(Ok(Answer::json(&[("validationResponse", &code)])))
        },
    }],
    ..Provider::BASE
};
