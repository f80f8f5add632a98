//! Coinbase Commerce: bare hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "coinbase-commerce",
    title: "Coinbase Commerce",
    docs: "https://docs.cdp.coinbase.com/commerce/api-architecture/webhooks-overview",
    rules: &[
        Rule::sure(&[Mark::Header("x-cc-webhook-signature")]),
        Rule::weak(&[Mark::Agent("weipay-webhooks")]),
    ],
    schemes: &[Scheme::sha256("X-CC-Webhook-Signature").missing_when_empty()],
    event: EventShape::new(
        &[From::Json("/event/id")],
        &[From::Json("/event/type")],
        &[From::Json("/event/created_at")],
    ),
    ..Provider::BASE
};
