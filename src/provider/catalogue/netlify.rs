//! Netlify: a JSON Web Token with the body's hash, signed with the secret.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "netlify",
    title: "Netlify",
    docs: "https://docs.netlify.com/site-deploys/notifications/",
    rules: &[
        Rule::sure(&[Mark::Header("x-netlify-event")]),
        Rule::weak(&[Mark::Begins("x-webhook-signature", "eyJ")]),
    ],
    schemes: &[Scheme::custom(
        "HS256 token with the body's SHA-256",
        Place::Header("X-Webhook-Signature"),
        &CHECK,
    )],
    event: EventShape::new(
        &[],
        &[From::Header("X-Netlify-Event")],
        &[From::Json("/updated_at")],
    ),
    ..Provider::BASE
};

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let text = required(request, "X-Webhook-Signature")?;
        let Some(token) = Token::parse(text) else {
            return bad(
                Flaw::MalformedHeader,
                "The header X-Webhook-Signature is no JSON Web Token.",
            );
        };
        if token.algorithm != "HS256" {
            return bad(
                Flaw::Unsupported,
                "The token in X-Webhook-Signature names another algorithm than HS256.",
            );
        }
        let keys = secrets.keys(KeyForm::Text)?;
        if !keys.iter().any(|key| token.is_hs256(&key.0)) {
            return bad(
                Flaw::SignatureMismatch,
                "The token was not signed with this secret.",
            );
        }
        if token.text("iss") != Some("netlify") {
            return bad(Flaw::SignatureMismatch, "The token's issuer is not netlify.");
        }
        let hash = hex(&digest(Hash::Sha256, &[request.body]));
        if same(
            hash.as_bytes(),
            token.text("sha256").unwrap_or_default().as_bytes(),
        ) {
            Ok(String::new())
        } else {
            bad(
                Flaw::SignatureMismatch,
                "The token is signed, but its sha256 is not the hash of this body.",
            )
        }
    },
    sign: Some(|draft, secret| {
        let hash = hex(&digest(Hash::Sha256, &[&draft.body]));
        let claims = serde_json::json!({ "iss": "netlify", "sha256": hash });
        let token = make_hs256(&claims, secret.expose().as_bytes());
        draft.set("X-Webhook-Signature", token);
        Ok(())
    }),
    certificate: None,
    like: None,
};
