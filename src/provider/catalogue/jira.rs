//! Jira: the hash's name, `=` and hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "jira",
    title: "Jira",
    docs: "https://developer.atlassian.com/cloud/jira/platform/webhooks/",
    rules: &[
        Rule::above(&[Mark::Header("x-atlassian-webhook-identifier")]),
        Rule::shape(&[Mark::Key("webhookEvent")]),
        Rule::weak(&[Mark::Agent("Atlassian Webhook HTTP Client")]),
    ],
    schemes: &[Scheme::sha256("X-Hub-Signature").shaped(Shape::Method)],
    event: EventShape::new(
        &[From::Header("X-Atlassian-Webhook-Identifier")],
        &[From::Json("/webhookEvent")],
        &[From::Json("/timestamp")],
    ),
    ..Provider::BASE
};
