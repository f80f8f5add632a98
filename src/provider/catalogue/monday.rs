//! monday.com: a JSON Web Token in `Authorization` says who sends; the body is not covered.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "monday",
    title: "monday.com",
    docs: "https://developer.monday.com/apps/docs/authorization-header",
    rules: &[
        Rule::shape(&[Mark::Key("event"), Mark::Text("\"pulseId\"")]),
        Rule::shape(&[Mark::Key("event"), Mark::Text("\"boardId\"")]),
    ],
    schemes: &[Scheme::custom(
        "HS256 token in Authorization",
        Place::Header("Authorization"),
        &CHECK,
    )
    .leaving("It says who sends; it does not cover the body.")],
    event: EventShape::new(
        &[From::Json("/event/triggerUuid")],
        &[From::Json("/event/type")],
        &[From::Json("/event/triggerTime")],
    ),
    secret_hint: "The app's signing secret; for lifecycle events its client secret.",
    handshakes: &[Handshake {
        name: "challenge",
        answer: |ask| {
            let keys = json::keys(ask.request.body, 2);
            let challenge = ask.json("/challenge").filter(|_| keys == [b"challenge"])?;
            Some(Ok(Answer::json(&[("challenge", &challenge)])))
        },
    }],
    ..Provider::BASE
};

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let text = required(request, "Authorization")?;
        let Some(token) = Token::parse(text.strip_prefix("Bearer ").unwrap_or(text)) else {
            return bad(
                Flaw::MalformedHeader,
                "The header Authorization is no JSON Web Token.",
            );
        };
        if token.algorithm != "HS256" {
            return bad(
                Flaw::Unsupported,
                "The token in Authorization names another algorithm than HS256.",
            );
        }
        let keys = secrets.keys(KeyForm::Text)?;
        if !keys.iter().any(|key| token.is_hs256(&key.0)) {
            return bad(
                Flaw::SignatureMismatch,
                "The token was not signed with this secret.",
            );
        }
        if let Some(expires) = token.seconds("exp") {
            // The moment of expiry is itself too late (RFC 7519 section 4.1.4).
            let at = Timestamp::from_micros(expires.saturating_mul(1_000_000));
            if request.arrived >= at {
                return bad(
                    Flaw::TimestampTooOld,
                    "The token had expired when the request arrived.",
                );
            }
        }
        Ok(String::new())
    },
    sign: Some(|draft, secret| {
        let now = draft.at.as_micros() / 1_000_000;
        let claims = serde_json::json!({ "aud": draft.url, "iat": now, "exp": now + 300 });
        draft.set("Authorization", make_hs256(&claims, secret.expose().as_bytes()));
        Ok(())
    }),
    certificate: None,
    like: None,
};
