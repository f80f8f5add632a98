//! Forgejo: as Gitea, under its own name beside Gitea's and GitHub's.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "forgejo",
    title: "Forgejo",
    docs: "https://forgejo.org/docs/latest/user/webhooks/",
    rules: &[Rule {
        rank: 6,
        all: &[Mark::Header("x-forgejo-event")],
    }],
    schemes: &[Scheme::sha256("X-Forgejo-Signature").signing(&[Part::Payload])],
    event: EventShape::new(
        &[From::Header("X-Forgejo-Delivery")],
        &[From::Header("X-Forgejo-Event"), From::Json("/action")],
        &[],
    ),
    ..Provider::BASE
};
