//! CloudEvents over HTTP: no signature; senders ask with OPTIONS first.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "cloudevents",
    title: "CloudEvents",
    docs: "https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md",
    rules: &[
        Rule::sure(&[Mark::Header("ce-specversion")]),
        Rule::sure(&[Mark::Header("webhook-request-origin")]),
        Rule::sure(&[Mark::Begins("content-type", "application/cloudevents")]),
        Rule {
            rank: 1,
            all: &[Mark::Key("specversion"), Mark::Key("type"), Mark::Key("source")],
        },
    ],
    event: EventShape::new(
        &[From::Header("ce-id"), From::Json("/id"), From::Json("/0/id")],
        &[From::Header("ce-type"), From::Json("/type"), From::Json("/0/type")],
        &[From::Header("ce-time"), From::Json("/time"), From::Json("/0/time")],
    ),
    handshakes: &[Handshake {
        name: "abuse protection",
        answer: |ask| {
            let is_it = ask.request.head.method == "OPTIONS";
            let origin = ask.header("webhook-request-origin").filter(|_| is_it)?;
            let mut answer = Answer::empty(200);
            answer.headers.push(("Allow", "POST".to_owned()));
            answer.headers.push(("WebHook-Allowed-Origin", origin.to_owned()));
            if let Some(rate) = ask.header("webhook-request-rate") {
                answer.headers.push(("WebHook-Allowed-Rate", rate.to_owned()));
            }
            Some(Ok(answer))
        },
    }],
    ..Provider::BASE
};
