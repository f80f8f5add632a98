//! Bitbucket: `sha256=` and hex over the body, in the header that GitHub keeps for SHA-1.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "bitbucket",
    title: "Bitbucket",
    docs: "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("x-event-key"), Mark::Header("x-hook-uuid")]),
        Rule::weak(&[Mark::Header("x-event-key")]),
        Rule::weak(&[Mark::Agent("Bitbucket-Webhooks/")]),
    ],
    schemes: &[Scheme::sha256("X-Hub-Signature").shaped(Shape::Prefix("sha256="))],
    event: EventShape::new(
        &[
            From::Header("X-Request-UUID"),
            From::Header("X-Request-Id"),
        ],
        &[From::Header("X-Event-Key")],
        &[],
    ),
    samples: &[Sample {
        event: "repo:push",
        headers: &[
            ("User-Agent", "Bitbucket-Webhooks/2.0"),
            ("X-Event-Key", "repo:push"),
            ("X-Hook-UUID", "{uuid}"),
            ("X-Request-UUID", "{uuid}"),
            ("X-Attempt-Number", "1"),
        ],
        body: r#"{"push":{"changes":[{"new":{"type":"branch","name":"main","target":{"hash":"{id}","message":"Say hello"}}}]},"repository":{"full_name":"example/sample"},"actor":{"display_name":"Example"}}"#,
    }],
    ..Provider::BASE
};
