//! Sentry: bare hex over the body; its time header is not signed.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "sentry",
    title: "Sentry",
    docs: "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
    rules: &[
        Rule::sure(&[Mark::Header("sentry-hook-resource")]),
        Rule::sure(&[Mark::Header("sentry-hook-signature")]),
    ],
    schemes: &[Scheme::sha256("Sentry-Hook-Signature")],
    event: EventShape::new(
        &[From::Header("Request-ID")],
        &[
            From::Header("Sentry-Hook-Resource"),
            From::Json("/action"),
        ],
        &[From::Header("Sentry-Hook-Timestamp")],
    ),
    secret_hint: "The integration's client secret.",
    ..Provider::BASE
};
