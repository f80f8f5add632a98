//! Notion: `sha256=` and hex over the body, keyed with the token that the first request brought.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "notion",
    title: "Notion",
    docs: "https://developers.notion.com/reference/webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("x-notion-signature")]),
        Rule::shape(&[Mark::Key("verification_token"), Mark::Text("\"secret_")]),
        Rule::shape(&[Mark::Key("workspace_id"), Mark::Key("subscription_id"), Mark::Key("integration_id")]),
    ],
    schemes: &[Scheme::sha256("X-Notion-Signature").shaped(Shape::Prefix("sha256="))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The verification_token of the first request, secret_….",
    handshakes: &[Handshake {
        name: "verification token",
        answer: |ask| {
            ask.json("/verification_token")
                .filter(|token| token.starts_with("secret_"))?;
            let mut answer = Answer::empty(200);
            answer.note = "Paste the verification_token of this request into Notion, and save it as the secret for Notion.";
            Some(Ok(answer))
        },
    }],
    ..Provider::BASE
};
