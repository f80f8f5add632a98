//! DocuSign Connect: base64 over the body, one numbered header for each key.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "docusign",
    title: "DocuSign",
    docs: "https://developers.docusign.com/platform/webhooks/connect/validate",
    rules: &[
        Rule::sure(&[Mark::Header("x-docusign-signature-1")]),
        Rule::sure(&[Mark::Header("x-authorization-digest")]),
    ],
    schemes: &[Scheme::sha256("")
        .at(Place::Numbered("X-DocuSign-Signature-"))
        .encoded(Encoding::Base64)],
    event: EventShape::new(
        &[],
        &[From::Json("/event")],
        &[From::Json("/generatedDateTime")],
    ),
    ..Provider::BASE
};
