//! GitHub: `sha256=` and hex over the body as it came, also when that is a form; the SHA-1 header is older than that.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "github",
    title: "GitHub",
    docs: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
    aliases: &["github-sha1"],
    rules: &[
        Rule::sure(&[Mark::Header("x-github-event")]),
        Rule::sure(&[Mark::Header("x-github-delivery")]),
        Rule::weak(&[Mark::Agent("GitHub-Hookshot/")]),
    ],
    // Who sends a hook's id signs with SHA-256 too: without that header someone took it away.
    schemes: &[
        SHA256.when(When::Header("X-Hub-Signature-256")),
        SHA256.when(When::Header("X-GitHub-Hook-ID")),
        Scheme::hmac("HMAC-SHA1 of the body", Hash::Sha1, "X-Hub-Signature")
            .shaped(Shape::Prefix("sha1="))
            .when(When::Header("X-Hub-Signature")),
        SHA256,
    ],
    event: EventShape::new(
        &[From::Header("X-GitHub-Delivery")],
        &[From::Header("X-GitHub-Event"), From::Json("/action")],
        &[],
    ),
    secret_hint: "The webhook's secret.",
    handshakes: &[Handshake {
        name: "ping",
        answer: |ask| (ask.header("x-github-event") == Some("ping")).then(|| Ok(Answer::empty(200))),
    }],
    samples: &[
        Sample {
            event: "push",
            headers: &[AGENT, DELIVERY, ("X-GitHub-Event", "push"), HOOK],
            body: r#"{"ref":"refs/heads/main","before":"0000000000000000000000000000000000000000","after":"{id}","created":false,"deleted":false,"forced":false,"repository":{"id":{n},"name":"sample","full_name":"example/sample","private":false,"default_branch":"main"},"pusher":{"name":"example"},"sender":{"login":"example","id":1},"commits":[{"id":"{id}","message":"Say hello","timestamp":"{iso}","added":["hello.txt"],"removed":[],"modified":[]}]}"#,
        },
        Sample {
            event: "issues",
            headers: &[AGENT, DELIVERY, ("X-GitHub-Event", "issues"), HOOK],
            body: r#"{"action":"opened","issue":{"id":{n},"number":12,"title":"The sample fails","state":"open","user":{"login":"example","id":1},"created_at":"{iso}","body":"It says “no” – why?"},"repository":{"id":1,"name":"sample","full_name":"example/sample"},"sender":{"login":"example","id":1}}"#,
        },
        Sample {
            event: "ping",
            headers: &[AGENT, DELIVERY, ("X-GitHub-Event", "ping"), HOOK],
            body: r#"{"zen":"Samples are small.","hook_id":{n},"hook":{"type":"Repository","id":{n},"name":"web","active":true,"events":["push","issues"]},"repository":{"id":1,"name":"sample","full_name":"example/sample"}}"#,
        },
    ],
};

const AGENT: (&str, &str) = ("User-Agent", "GitHub-Hookshot/0a1b2c3");
const DELIVERY: (&str, &str) = ("X-GitHub-Delivery", "{uuid}");
const HOOK: (&str, &str) = ("X-GitHub-Hook-ID", "{n}");

const SHA256: Scheme = Scheme::sha256("X-Hub-Signature-256").shaped(Shape::Prefix("sha256="));
