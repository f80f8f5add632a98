//! Mailgun: the body holds time, token and their HMAC; the event itself is not covered.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "mailgun",
    title: "Mailgun",
    docs: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
    rules: &[
        Rule::shape(&[Mark::Key("event-data"), Mark::Key("signature")]),
        Rule::shape(&[Mark::Key("token"), Mark::Key("timestamp"), Mark::Key("signature")]),
        Rule::weak(&[Mark::Agent("mailgun/")]),
    ],
    schemes: &[
        Scheme::sha256("")
            .named("HMAC-SHA256 of time and token")
            .at(Place::Form("signature"))
            .when(When::Form("token"))
            .signing(&[Part::Time, Part::Form("token")])
            .timed(Time::new(TimeAt::Form("timestamp"), Unit::Seconds).around(900))
            .leaving(GAP),
        Scheme::sha256("")
            .named("HMAC-SHA256 of time and token")
            .at(Place::Json("/signature/signature"))
            .signing(&[Part::Time, Part::Json("/signature/token")])
            .timed(Time::new(TimeAt::Json("/signature/timestamp"), Unit::Seconds).around(900))
            .leaving(GAP),
    ],
    event: EventShape::new(
        &[From::Json("/event-data/id")],
        &[From::Json("/event-data/event"), From::Form("event")],
        &[From::Json("/event-data/timestamp"), From::Form("timestamp")],
    ),
    secret_hint: "The HTTP webhook signing key, not the API key.",
    samples: &[Sample {
        event: "delivered",
        headers: &[("User-Agent", "mailgun/treq-24.9.1")],
        body: r#"{"signature":{"timestamp":"{now}","token":"{id}{id}","signature":""},"event-data":{"id":"{id}","event":"delivered","timestamp":{now}.5,"recipient":"zoe@example.com","message":{"headers":{"subject":"Your ticket"}}}}"#,
    }],
    ..Provider::BASE
};

const GAP: &str = "It does not cover the event: anyone who has this body can put another event beside the signature.";
