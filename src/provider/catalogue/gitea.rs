//! Gitea: bare hex over the JSON, also when that travels in a form. It sends GitHub's headers too.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "gitea",
    title: "Gitea",
    docs: "https://docs.gitea.com/usage/webhooks",
    rules: &[Rule::above(&[Mark::Header("x-gitea-event")])],
    schemes: &[Scheme::sha256("X-Gitea-Signature").signing(&[Part::Payload])],
    event: EventShape::new(
        &[From::Header("X-Gitea-Delivery")],
        &[From::Header("X-Gitea-Event"), From::Json("/action")],
        &[],
    ),
    samples: &[Sample {
        event: "push",
        headers: &[
            ("User-Agent", "Go-http-client/1.1"),
            ("X-Gitea-Delivery", "{uuid}"),
            ("X-Gitea-Event", "push"),
            ("X-Gitea-Event-Type", "push"),
            ("X-GitHub-Event", "push"),
            ("X-GitHub-Delivery", "{uuid}"),
        ],
        body: r#"{"ref":"refs/heads/main","after":"{id}","commits":[{"id":"{id}","message":"Say hello","timestamp":"{iso}"}],"repository":{"id":{n},"full_name":"example/sample"},"pusher":{"login":"example"}}"#,
    }],
    ..Provider::BASE
};
