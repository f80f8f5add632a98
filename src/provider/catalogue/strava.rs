//! Strava: no signature; registration looks like Meta's and wants JSON.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "strava",
    title: "Strava",
    docs: "https://developers.strava.com/docs/webhooks/",
    rules: &[Rule::shape(&[Mark::Key("aspect_type"), Mark::Key("object_type")])],
    event: EventShape::new(
        &[],
        &[From::Json("/object_type"), From::Json("/aspect_type")],
        &[From::Json("/event_time")],
    ),
    secret_hint: "The verify token of the subscription.",
    handshakes: &[Handshake {
        name: "subscription",
        answer: |ask| {
            // The request is Meta's to the letter: it is Strava's when the bin has Strava's token.
            let is_it = ask.is_get()
                && ask.parameter("hub.mode").as_deref() == Some("subscribe")
                && ask.parameter("hub.topic").is_none()
                && !ask.secrets.is_empty();
            let challenge = ask.parameter("hub.challenge").filter(|_| is_it)?;
            let token = ask.parameter("hub.verify_token").unwrap_or_default();
            ask.knows(&token)
                .then(|| Ok(Answer::json(&[("hub.challenge", &challenge)])))
        },
    }],
    ..Provider::BASE
};
