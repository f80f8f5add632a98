//! Twitch EventSub: `sha256=` and hex over id, time and body, with nothing between.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "twitch",
    title: "Twitch EventSub",
    docs: "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/",
    rules: &[Rule::sure(&[Mark::Header("twitch-eventsub-message-id")])],
    schemes: &[SCHEME],
    event: EventShape::new(
        &[From::Header("Twitch-Eventsub-Message-Id")],
        &[From::Header("Twitch-Eventsub-Subscription-Type")],
        &[From::Header("Twitch-Eventsub-Message-Timestamp")],
    ),
    secret_hint: "The secret that the subscription was made with.",
    handshakes: &[Handshake {
        name: "callback verification",
        answer: |ask| {
            let kind = ask.header("twitch-eventsub-message-type");
            let is_it = kind == Some("webhook_callback_verification");
            let challenge = ask.json("/challenge").filter(|_| is_it)?;
            Some(ask.if_signed(
                &PROVIDER,
                "the subscription's secret",
                || Answer::text(challenge),
                || Answer::empty(403),
            ))
        },
    }],
    ..Provider::BASE
};

const SCHEME: Scheme = Scheme::sha256("Twitch-Eventsub-Message-Signature")
    .named("HMAC-SHA256 of id, time and body")
    .shaped(Shape::Prefix("sha256="))
    .signing(&[
        Part::Header("Twitch-Eventsub-Message-Id"),
        Part::Time,
        Part::Body,
    ])
    .timed(
        Time::new(
            TimeAt::Header("Twitch-Eventsub-Message-Timestamp"),
            Unit::Rfc3339,
        )
        .past(600),
    );
