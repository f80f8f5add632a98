//! Microsoft Graph: no signature; every item of a notification repeats the subscription's client state.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "microsoft-graph",
    title: "Microsoft Graph",
    docs: "https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks",
    rules: &[
        Rule::shape(&[Mark::Key("value"), Mark::Text("\"subscriptionId\"")]),
        Rule::shape(&[Mark::Key("validationTokens"), Mark::Key("value")]),
    ],
    schemes: &[Scheme::custom(
        "the client state in every item",
        Place::Json("/value/0/clientState"),
        &CHECK,
    )
    .leaving("It says who sends; it does not cover the body.")],
    event: EventShape::new(
        &[From::Json("/value/0/id")],
        &[
            From::Json("/value/0/changeType"),
            From::Json("/value/0/lifecycleEvent"),
        ],
        &[],
    ),
    secret_hint: "The subscription's clientState.",
    handshakes: &[Handshake {
        name: "validation token",
        answer: |ask| {
            if ask.request.head.method != "POST" {
                return None;
            }
            let token = ask
                .parameter("validationToken")
                .or_else(|| ask.parameter("validationtoken"))?;
            Some(Ok(Answer::text(token)))
        },
    }],
    ..Provider::BASE
};

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(request.body) else {
            return bad(Flaw::MalformedHeader, "The body is not JSON.");
        };
        let items = body.get("value").and_then(|value| value.as_array());
        let Some(items) = items.filter(|items| !items.is_empty()) else {
            return bad(Flaw::MissingHeader, "The body has no items in value.");
        };
        let mut states = Vec::new();
        for item in items {
            let Some(state) = item.get("clientState").and_then(|state| state.as_str()) else {
                return bad(Flaw::MissingHeader, "An item has no clientState.");
            };
            states.push(state);
        }
        let keys = secrets.keys(KeyForm::Text)?;
        let fits = |key: &Key| states.iter().all(|state| same(&key.0, state.as_bytes()));
        if keys.iter().any(fits) {
            Ok(String::new())
        } else {
            bad(
                Flaw::SignatureMismatch,
                "The clientState of an item is not the secret.",
            )
        }
    },
    sign: None,
    certificate: None,
    like: None,
};
