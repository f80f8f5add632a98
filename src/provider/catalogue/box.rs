//! Box: base64 over body and time, twice: once for each of two keys.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "box",
    title: "Box",
    docs: "https://developer.box.com/guides/webhooks/v2/signatures-v2",
    rules: &[
        Rule::sure(&[Mark::Header("box-delivery-id")]),
        Rule::sure(&[Mark::Header("box-signature-primary")]),
        Rule::weak(&[Mark::Agent("Box-WH-Client/")]),
    ],
    schemes: &[Scheme::sha256("")
        .named("HMAC-SHA256 of body and time")
        .at(Place::Either("BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"))
        .encoded(Encoding::Base64)
        .signing(&[Part::Body, Part::Time])
        .expecting(&[
            ("BOX-SIGNATURE-VERSION", "1"),
            ("BOX-SIGNATURE-ALGORITHM", "HmacSHA256"),
        ])
        .timed(Time::new(TimeAt::Header("BOX-DELIVERY-TIMESTAMP"), Unit::Rfc3339).around(600))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/trigger")],
        &[From::Json("/created_at")],
    ),
    secret_hint: "The primary or the secondary signature key; both may be set.",
    ..Provider::BASE
};
