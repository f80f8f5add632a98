//! Typeform: `sha256=`, and then base64 where others have hex.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "typeform",
    title: "Typeform",
    docs: "https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("typeform-signature")]),
        Rule::shape(&[Mark::Key("form_response"), Mark::Key("event_type")]),
        Rule::weak(&[Mark::Agent("Typeform Webhooks")]),
    ],
    schemes: &[Scheme::sha256("Typeform-Signature")
        .shaped(Shape::Prefix("sha256="))
        .encoded(Encoding::Base64)],
    event: EventShape::new(
        &[From::Json("/event_id")],
        &[From::Json("/event_type")],
        &[From::Json("/form_response/submitted_at")],
    ),
    samples: &[Sample {
        event: "form_response",
        headers: &[("User-Agent", "Typeform Webhooks")],
        body: r#"{"event_id":"{id}","event_type":"form_response","form_response":{"form_id":"sample","token":"{id}","submitted_at":"{iso}","answers":[{"type":"text","text":"Olá","field":{"id":"1","type":"short_text"}}]}}"#,
    }],
    ..Provider::BASE
};
