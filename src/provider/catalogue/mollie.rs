//! Mollie: `sha256=` and hex over the body; its older webhooks are a form with an id and no signature.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "mollie",
    title: "Mollie",
    docs: "https://docs.mollie.com/reference/webhooks-best-practices",
    rules: &[
        Rule::sure(&[Mark::Header("x-mollie-signature")]),
        Rule::weak(&[Mark::Agent("Mollie")]),
    ],
    schemes: &[Scheme::sha256("X-Mollie-Signature").shaped(Shape::Optional("sha256="))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/createdAt")],
    ),
    ..Provider::BASE
};
