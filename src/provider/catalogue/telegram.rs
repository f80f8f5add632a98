//! Telegram bots: the secret itself in a header, when one was set. An answer with `method` is carried out.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "telegram",
    title: "Telegram",
    docs: "https://core.telegram.org/bots/api#setwebhook",
    rules: &[
        Rule::sure(&[Mark::Header("x-telegram-bot-api-secret-token")]),
        Rule::shape(&[Mark::Key("update_id")]),
    ],
    schemes: &[Scheme::token("X-Telegram-Bot-Api-Secret-Token")],
    event: EventShape::new(
        &[From::Json("/update_id")],
        &[],
        &[From::Json("/message/date")],
    ),
    secret_hint: "The secret_token that setWebhook was called with.",
    samples: &[Sample {
        event: "message",
        headers: &[],
        body: r#"{"update_id":{n},"message":{"message_id":7,"date":{now},"chat":{"id":1,"type":"private","first_name":"Zoë"},"from":{"id":1,"is_bot":false,"first_name":"Zoë"},"text":"/start"}}"#,
    }],
    ..Provider::BASE
};
