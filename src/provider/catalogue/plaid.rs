//! Plaid: a JSON Web Token with the body's hash, signed with a key that only an account can fetch.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "plaid",
    title: "Plaid",
    docs: "https://plaid.com/docs/api/webhooks/webhook-verification/",
    rules: &[
        Rule::sure(&[Mark::Header("plaid-verification")]),
        Rule::shape(&[Mark::Key("webhook_type"), Mark::Key("webhook_code")]),
    ],
    schemes: &[Scheme::custom(
        "ES256 token with the body's SHA-256",
        Place::Header("Plaid-Verification"),
        &CHECK,
    )
    .keyed(KeyForm::P256Jwk)],
    event: EventShape::new(
        &[],
        &[From::Json("/webhook_type"), From::Json("/webhook_code")],
        &[],
    ),
    secret_hint: "The verification key that /webhook_verification_key/get answers, as JSON.",
    ..Provider::BASE
};

static CHECK: Custom = Custom {
    verify: |request, secrets| {
        let text = required(request, "Plaid-Verification")?;
        let Some(token) = Token::parse(text) else {
            return bad(
                Flaw::MalformedHeader,
                "The header Plaid-Verification is no JSON Web Token.",
            );
        };
        if token.algorithm != "ES256" {
            return bad(
                Flaw::Unsupported,
                "The token in Plaid-Verification names another algorithm than ES256.",
            );
        }
        if token.signature_size() != 64 {
            return bad(
                Flaw::MalformedHeader,
                "The token's signature is not two numbers of 32 bytes (RFC 7518 section 3.4).",
            );
        }
        if !secrets
            .keys(KeyForm::P256Jwk)?
            .iter()
            .any(|key| token.is_es256(key))
        {
            return bad(
                Flaw::SignatureMismatch,
                "The token was not signed with this key.",
            );
        }
        let hash = hex(&digest(Hash::Sha256, &[request.body]));
        let claimed = token.text("request_body_sha256").unwrap_or_default();
        if !same(hash.as_bytes(), claimed.as_bytes()) {
            return bad(
                Flaw::SignatureMismatch,
                "The token is signed, but its request_body_sha256 is not the hash of this body.",
            );
        }
        let Some(at) = token.seconds("iat") else {
            return bad(Flaw::MalformedHeader, "The token has no iat.");
        };
        secrets.in_time(request, at, Some(300), None)
    },
    sign: None,
    certificate: None,
    like: None,
};
