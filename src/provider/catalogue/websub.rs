//! WebSub (YouTube and other hubs): the hash's name, `=` and hex over the body, when a secret was given.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "websub",
    title: "WebSub",
    docs: "https://www.w3.org/TR/websub/",
    rules: &[
        Rule::family(&[
            Mark::Header("link"),
            Mark::Text("<feed"),
        ]),
        Rule::family(&[Mark::Begins("content-type", "application/atom+xml")]),
        Rule::weak(&[Mark::Agent("FeedFetcher-Google")]),
    ],
    schemes: &[Scheme::sha256("X-Hub-Signature").shaped(Shape::Method)],
    event: EventShape::new(&[], &[], &[]),
    secret_hint: "The hub.secret of the subscription.",
    handshakes: &[Handshake {
        name: "verification of intent",
        answer: |ask| {
            let mode = ask.parameter("hub.mode").filter(|_| ask.is_get())?;
            ask.parameter("hub.topic")?;
            let is_asked = mode == "subscribe" || mode == "unsubscribe";
            let challenge = ask.parameter("hub.challenge").filter(|_| is_asked)?;
            Some(Ok(Answer::text(challenge)))
        },
    }],
    ..Provider::BASE
};
