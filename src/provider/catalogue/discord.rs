//! Discord: Ed25519 over time and body, with the application's public key.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "discord",
    title: "Discord",
    docs: "https://docs.discord.com/developers/interactions/overview",
    rules: &[
        Rule::sure(&[Mark::Header("x-signature-ed25519")]),
        Rule::weak(&[Mark::Agent("Discord-")]),
    ],
    schemes: &[Scheme::sha256("X-Signature-Ed25519")
        .named("Ed25519 of time and body")
        .checked(Check::Ed25519)
        .signing(&[Part::Time, Part::Body])
        .keyed(KeyForm::Ed25519)
        .timed(Time::new(TimeAt::Header("X-Signature-Timestamp"), Unit::Seconds))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/event/type"), From::Json("/data/name")],
        &[From::Json("/event/timestamp")],
    ),
    secret_hint: "The application's public key, under General Information.",
    handshakes: &[Handshake {
        name: "ping",
        answer: |ask| {
            ask.header("x-signature-ed25519")?;
            let is_ping = ["0", "1"].contains(&ask.json("/type")?.as_str())
                && json::find(ask.request.body, "/event").is_none();
            let is_interaction = ask.json("/type").as_deref() == Some("1");
            let fits = || {
                if is_interaction {
                    Answer::raw_json("{\"type\":1}")
                } else {
                    Answer::empty(204)
                }
            };
            // Wrong signatures come at any time, under any type, and must be told from right ones.
            let refuse = || {
                let mut answer = Answer::text("invalid request signature".to_owned());
                answer.status = 401;
                answer
            };
            if is_ping {
                return Some(ask.if_signed(&PROVIDER, "the application's public key", fits, refuse));
            }
            (!ask.secrets.is_empty() && !ask.is_signed(&PROVIDER)).then(|| Ok(refuse()))
        },
    }],
    samples: &[Sample {
        event: "command",
        headers: &[("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)")],
        body: r#"{"application_id":"100000000000000001","id":"{n}","token":"sample","type":2,"version":1,"data":{"id":"200000000000000002","name":"sample","type":1},"guild_id":"300000000000000003"}"#,
    }],
    ..Provider::BASE
};
