//! Vercel: bare hex of HMAC-SHA1 over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "vercel",
    title: "Vercel",
    docs: "https://vercel.com/docs/webhooks/webhooks-api",
    rules: &[
        Rule::sure(&[Mark::Header("x-vercel-signature")]),
        Rule::weak(&[Mark::Agent("Vercel")]),
    ],
    schemes: &[Scheme::hmac(
        "HMAC-SHA1 of the body",
        Hash::Sha1,
        "x-vercel-signature",
    )],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/createdAt")],
    ),
    samples: &[Sample {
        event: "deployment.created",
        headers: &[("User-Agent", "Vercel Webhooks")],
        body: r#"{"id":"{uuid}","type":"deployment.created","createdAt":{now_ms},"region":"fra1","payload":{"deployment":{"id":"dpl_{id}","name":"sample","url":"sample-{n}.vercel.app"},"project":{"id":"prj_sample"}}}"#,
    }],
    ..Provider::BASE
};
