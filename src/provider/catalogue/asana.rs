//! Asana: bare hex over the body; the key comes in the first request, which wants it back.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "asana",
    title: "Asana",
    docs: "https://developers.asana.com/docs/webhooks-guide",
    rules: &[
        Rule::sure(&[Mark::Header("x-hook-secret")]),
        Rule::sure(&[Mark::Header("x-hook-signature")]),
    ],
    schemes: &[Scheme::sha256("X-Hook-Signature")],
    event: EventShape::new(
        &[],
        &[
            From::Json("/events/0/resource/resource_type"),
            From::Json("/events/0/action"),
        ],
        &[From::Json("/events/0/created_at")],
    ),
    secret_hint: "The X-Hook-Secret of the first request.",
    handshakes: &[Handshake {
        name: "hook secret",
        answer: |ask| {
            let secret = ask.header("x-hook-secret")?;
            let mut answer = Answer::empty(200);
            answer.headers.push(("X-Hook-Secret", secret.to_owned()));
            answer.note = "The X-Hook-Secret of this request is the secret of what follows: save it for Asana.";
            Some(Ok(answer))
        },
    }],
    ..Provider::BASE
};
