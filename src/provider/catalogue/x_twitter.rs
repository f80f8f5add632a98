//! X: `sha256=` and then base64 over the body; the same of a token, at registration and every hour.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "x-twitter",
    title: "X",
    docs: "https://docs.x.com/x-api/webhooks/quickstart",
    aliases: &["x", "twitter"],
    rules: &[
        Rule::sure(&[Mark::Header("x-twitter-webhooks-signature")]),
        Rule::weak(&[Mark::Key("for_user_id")]),
    ],
    schemes: &[Scheme::sha256("x-twitter-webhooks-signature")
        .shaped(Shape::Prefix("sha256="))
        .encoded(Encoding::Base64)],
    event: EventShape::new(&[], &[From::Json("/data/event_type")], &[]),
    secret_hint: "The app's consumer secret.",
    handshakes: &[Handshake {
        name: "CRC",
        answer: |ask| {
            let token = ask.parameter("crc_token").filter(|_| ask.is_get())?;
            let Some(secret) = ask.secrets.first() else {
                return Some(Err(Missing("the app's consumer secret")));
            };
            let mac = hmac(Hash::Sha256, secret.expose().as_bytes(), &[&token]);
            let text = format!("sha256={}", Encoding::Base64.write(&mac));
            Some(Ok(Answer::json(&[("response_token", &text)])))
        },
    }],
    ..Provider::BASE
};
