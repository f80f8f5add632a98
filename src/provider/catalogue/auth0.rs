//! Auth0 log streams: the `Authorization` header is what was typed in, without a word before it.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "auth0",
    title: "Auth0",
    docs: "https://auth0.com/docs/customize/log-streams/custom-log-streams",
    rules: &[Rule::shape(&[Mark::Key("log_id"), Mark::Key("data")])],
    schemes: &[Scheme::token("Authorization")],
    event: EventShape::new(
        &[From::Json("/0/log_id"), From::Json("/log_id")],
        &[From::Json("/0/data/type")],
        &[From::Json("/0/data/date")],
    ),
    secret_hint: "The authorization token exactly as typed in.",
    ..Provider::BASE
};
