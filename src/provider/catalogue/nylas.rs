//! Nylas: bare hex over the body as it came, compressed or not; it asks with a GET first.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "nylas",
    title: "Nylas",
    docs: "https://developer.nylas.com/docs/v3/notifications/",
    rules: &[Rule::sure(&[Mark::Header("x-nylas-signature")])],
    schemes: &[Scheme::sha256("x-nylas-signature")],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/time")],
    ),
    handshakes: &[Handshake {
        name: "challenge",
        answer: |ask| {
            // Adobe and Dropbox ask the same, and take the same answer.
            ask.parameter("challenge")
                .filter(|_| ask.is_get())
                .map(|challenge| Ok(Answer::text(challenge)))
        },
    }],
    ..Provider::BASE
};
