//! RingCentral: no signature; the first request has a token that the answer repeats.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "ringcentral",
    title: "RingCentral",
    docs: "https://developers.ringcentral.com/guide/notifications/webhooks/creating-webhooks",
    rules: &[Rule::sure(&[Mark::Header("validation-token")])],
    event: EventShape::new(&[From::Json("/uuid")], &[From::Json("/event")], &[From::Json("/timestamp")]),
    handshakes: &[Handshake {
        name: "validation token",
        answer: |ask| {
            let token = ask.header("validation-token")?;
            let mut answer = Answer::empty(200);
            answer.headers.push(("Validation-Token", token.to_owned()));
            Some(Ok(answer))
        },
    }],
    ..Provider::BASE
};
