//! Slack: `v0=` and hex over `v0:time:body`; commands and interactions are forms and signed as such.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "slack",
    title: "Slack",
    docs: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
    rules: &[
        Rule::sure(&[Mark::Header("x-slack-signature")]),
        Rule::sure(&[Mark::Header("x-slack-request-timestamp")]),
        Rule::weak(&[Mark::Agent("Slackbot 1.0")]),
    ],
    schemes: &[Scheme::sha256("X-Slack-Signature")
        .named("HMAC-SHA256 of v0:time:body")
        .shaped(Shape::Prefix("v0="))
        .signing(&[
            Part::Text("v0:"),
            Part::Time,
            Part::Text(":"),
            Part::Body,
        ])
        .timed(Time::new(TimeAt::Header("X-Slack-Request-Timestamp"), Unit::Seconds).around(300))],
    event: EventShape::new(
        &[From::Json("/event_id"), From::Form("trigger_id")],
        &[
            From::Json("/event/type"),
            From::Form("command"),
        ],
        &[From::Json("/event_time")],
    ),
    secret_hint: "The app's signing secret, under Basic Information.",
    handshakes: &[Handshake {
        name: "URL verification",
        answer: |ask| {
            let is_it = ask.json("/type").as_deref() == Some("url_verification");
            let challenge = ask.json("/challenge").filter(|_| is_it)?;
            Some(Ok(Answer::text(challenge)))
        },
    }],
    samples: &[
        Sample {
            event: "app_mention",
            headers: &[AGENT],
            body: r#"{"token":"unused","team_id":"T0SAMPLE","api_app_id":"A0SAMPLE","event":{"type":"app_mention","user":"U0SAMPLE","text":"<@U0BOT> hello","ts":"{now}.000100","channel":"C0SAMPLE","event_ts":"{now}.000100"},"type":"event_callback","event_id":"Ev{n}","event_time":{now}}"#,
        },
        Sample {
            event: "message",
            headers: &[AGENT],
            body: r#"{"token":"unused","team_id":"T0SAMPLE","api_app_id":"A0SAMPLE","event":{"type":"message","channel":"C0SAMPLE","channel_type":"channel","user":"U0SAMPLE","text":"Lunch? 🍜","ts":"{now}.000200","event_ts":"{now}.000200"},"type":"event_callback","event_id":"Ev{n}","event_time":{now}}"#,
        },
        Sample {
            event: "command",
            headers: &[AGENT, ("Content-Type", "application/x-www-form-urlencoded")],
            body: "token=unused&team_id=T0SAMPLE&team_domain=example&channel_id=C0SAMPLE&user_id=U0SAMPLE&command=%2Fsample&text=one+two&response_url=https%3A%2F%2Fhooks.example.com%2F{n}&trigger_id={n}.{id}",
        },
    ],
    ..Provider::BASE
};

const AGENT: (&str, &str) = (
    "User-Agent",
    "Slackbot 1.0 (+https://api.slack.com/robots)",
);
