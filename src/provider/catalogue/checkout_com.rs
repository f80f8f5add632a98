//! Checkout.com: bare hex over the body.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "checkout-com",
    title: "Checkout.com",
    docs: "https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("cko-signature")]),
        Rule::sure(&[Mark::Header("cko-correlation-id")]),
    ],
    schemes: &[Scheme::sha256("Cko-Signature")],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/created_on")],
    ),
    ..Provider::BASE
};
