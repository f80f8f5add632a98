//! GitLab: the secret itself in `X-Gitlab-Token`, or Standard Webhooks where a signing token is set.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "gitlab",
    title: "GitLab",
    docs: "https://docs.gitlab.com/user/project/integrations/webhooks/",
    rules: &[
        Rule::above(&[Mark::Header("x-gitlab-event")]),
        Rule::weak(&[Mark::Agent("GitLab/")]),
    ],
    schemes: &[
        STANDARD
        .when(When::Header("webhook-id")),
        Scheme::token("X-Gitlab-Token"),
    ],
    event: EventShape::new(
        &[From::Header("Idempotency-Key")],
        &[From::Header("X-Gitlab-Event")],
        &[],
    ),
    secret_hint: "The secret token of the webhook, or its signing token, whsec_….",
    samples: &[
        Sample {
            event: "push",
            headers: &[
                ("User-Agent", "GitLab/18.6.0"),
                ("X-Gitlab-Event", "Push Hook"),
                ("X-Gitlab-Instance", "https://gitlab.example.com"),
                ("Idempotency-Key", "{uuid}"),
            ],
            body: r#"{"object_kind":"push","event_name":"push","ref":"refs/heads/main","checkout_sha":"{id}","user_username":"example","project":{"id":{n},"name":"sample","path_with_namespace":"example/sample","default_branch":"main"},"commits":[{"id":"{id}","message":"Say hello","timestamp":"{iso}"}],"total_commits_count":1}"#,
        },
    ],
    ..Provider::BASE
};
