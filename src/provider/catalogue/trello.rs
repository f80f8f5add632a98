//! Trello: base64 of HMAC-SHA1 over the body and the callback URL; it asks with a HEAD first.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "trello",
    title: "Trello",
    docs: "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("x-trello-webhook")]),
        Rule::shape(&[Mark::Key("action"), Mark::Key("model"), Mark::Key("webhook")]),
    ],
    schemes: &[Scheme::hmac(
        "HMAC-SHA1 of body and URL",
        Hash::Sha1,
        "X-Trello-Webhook",
    )
    .encoded(Encoding::Base64)
    .signing(&[Part::Body, Part::Url])],
    event: EventShape::new(
        &[From::Json("/action/id")],
        &[From::Json("/action/type")],
        &[From::Json("/action/date")],
    ),
    secret_hint: "The secret of the API key, not the token.",
    handshakes: &[Handshake {
        name: "HEAD request",
        answer: |ask| {
            // Nothing in it names Trello: it is Trello's where the bin waits for Trello.
            let is_it = ask.request.head.method == "HEAD" && !ask.secrets.is_empty();
            is_it.then(|| Ok(Answer::empty(200)))
        },
    }],
    ..Provider::BASE
};
