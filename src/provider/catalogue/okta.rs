//! Okta event hooks: a header of one's own choice, usually `Authorization`, holds the secret.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "okta",
    title: "Okta",
    docs: "https://developer.okta.com/docs/concepts/event-hooks/",
    rules: &[
        Rule::sure(&[Mark::Header("x-okta-verification-challenge")]),
        Rule::shape(&[Mark::Key("eventType"), Mark::Key("cloudEventsVersion")]),
        Rule::weak(&[Mark::Header("x-okta-request-id")]),
    ],
    schemes: &[Scheme::token("Authorization")],
    event: EventShape::new(
        &[From::Json("/eventId")],
        &[From::Json("/data/events/0/eventType"), ],
        &[From::Json("/eventTime")],
    ),
    secret_hint: "What the hook sends in its Authorization header.",
    handshakes: &[Handshake {
        name: "verification",
        answer: |ask| {
            let challenge = ask
                .header("x-okta-verification-challenge")
                .filter(|_| ask.is_get())?;
            Some(Ok(Answer::json(&[("verification", challenge)])))
        },
    }],
    ..Provider::BASE
};
