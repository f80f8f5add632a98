//! Zoom: as Slack, `v0=` and hex over `v0:time:body`; nobody looks at the age.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "zoom",
    title: "Zoom",
    docs: "https://developers.zoom.us/docs/api/webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("x-zm-signature")]),
        Rule::weak(&[Mark::Agent("Zoom Marketplace/")]),
    ],
    schemes: &[Scheme::sha256("x-zm-signature")
        .named("HMAC-SHA256 of v0:time:body")
        .shaped(Shape::Prefix("v0="))
        .signing(&[
            Part::Text("v0:"),
            Part::Time,
            Part::Text(":"),
            Part::Body,
        ])
        .timed(Time::new(
            TimeAt::Header("x-zm-request-timestamp"),
            Unit::Seconds,
        ))],
    event: EventShape::new(&[], &[From::Json("/event")], &[From::Json("/event_ts")]),
    secret_hint: "The app's secret token.",
    handshakes: &[Handshake {
        name: "URL validation",
        answer: |ask| {
            if ask.json("/event").as_deref() != Some("endpoint.url_validation") {
                return None;
            }
            let token = ask.json("/payload/plainToken")?;
            let Some(secret) = ask.secrets.first() else {
                return Some(Err(Missing("the app's secret token")));
            };
            let mac = hex(&hmac(Hash::Sha256, secret.expose().as_bytes(), &[&token]));
            Some(Ok(Answer::json(&[
                ("plainToken", &token),
                ("encryptedToken", &mac),
            ])))
        },
    }],
    samples: &[Sample {
        event: "meeting.started",
        headers: &[("User-Agent", "Zoom Marketplace/1.0a")],
        body: r#"{"event":"meeting.started","event_ts":{now_ms},"payload":{"account_id":"sample","object":{"id":"{n}","uuid":"{id}","topic":"Weekly","type":2,"start_time":"{iso}"}}}"#,
    }],
    ..Provider::BASE
};
