//! Dropbox: bare hex over the body; it asks with a GET first.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "dropbox",
    title: "Dropbox",
    docs: "https://www.dropbox.com/developers/reference/webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("x-dropbox-signature")]),
        Rule::weak(&[Mark::Agent("DropboxWebhooks/")]),
    ],
    schemes: &[Scheme::sha256("X-Dropbox-Signature")],
    event: EventShape::new(&[], &[], &[]),
    secret_hint: "The app's secret.",
    handshakes: &[Handshake {
        name: "challenge",
        answer: |ask| {
            let is_it = ask.is_get() && ask.agent_begins("DropboxWebhooks/");
            ask.parameter("challenge")
                .filter(|_| is_it)
                .map(|challenge| Ok(Answer::text(challenge)))
        },
    }],
    ..Provider::BASE
};
