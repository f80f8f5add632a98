//! Microsoft Teams' outgoing webhooks: `HMAC ` and base64 over the body, with a key in base64.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "microsoft-teams",
    title: "Microsoft Teams",
    docs: "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook",
    rules: &[Rule::sure(&[Mark::Begins("authorization", "HMAC ")])],
    schemes: &[Scheme::sha256("Authorization")
        .shaped(Shape::Prefix("HMAC "))
        .encoded(Encoding::Base64)
        .keyed(KeyForm::Base64)],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/timestamp")],
    ),
    secret_hint: "The security token, base64.",
    ..Provider::BASE
};
