//! Dropbox Sign: every request wants the same sentence as its answer.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "dropbox-sign",
    title: "Dropbox Sign",
    docs: "https://developers.hellosign.com/docs/events/walkthrough/",
    rules: &[Rule {
        rank: 3,
        all: &[Mark::Begins("content-type", "multipart/form-data"), Mark::Text("\"event_hash\"")],
    }],
    event: EventShape::new(&[], &[], &[]),
    handshakes: &[Handshake {
        name: "answer to every request",
        answer: |ask| {
            let is_it = json::holds(ask.start(), "\"event_hash\"") && json::holds(ask.start(), "name=\"json\"");
            is_it.then(|| Ok(Answer::text("Hello API Event Received".to_owned())))
        },
    }],
    ..Provider::BASE
};
