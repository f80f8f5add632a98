//! Adobe I/O Events: recognised and answered; its signature needs keys from Adobe's own host and is not checked.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "adobe",
    title: "Adobe I/O Events",
    docs: "https://developer.adobe.com/events/docs/guides/",
    rules: &[
        Rule::sure(&[Mark::Header("x-adobe-event-id")]),
        Rule::sure(&[Mark::Header("x-adobe-digital-signature-1")]),
    ],
    event: EventShape::new(
        &[From::Header("x-adobe-event-id")],
        &[From::Header("x-adobe-event-code")],
        &[],
    ),
    ..Provider::BASE
};
