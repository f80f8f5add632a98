//! WooCommerce: base64 over the body; its first request is a form without any of this.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "woocommerce",
    title: "WooCommerce",
    docs: "https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks",
    rules: &[
        Rule::sure(&[Mark::Header("x-wc-webhook-topic")]),
        Rule::sure(&[Mark::Header("x-wc-webhook-signature")]),
        Rule::weak(&[Mark::Agent("WooCommerce/")]),
    ],
    schemes: &[Scheme::sha256("X-WC-Webhook-Signature").encoded(Encoding::Base64)],
    event: EventShape::new(
        &[From::Header("X-WC-Webhook-Delivery-ID")],
        &[From::Header("X-WC-Webhook-Topic")],
        &[],
    ),
    handshakes: &[Handshake {
        name: "ping",
        answer: |ask| {
            let is_ping = ask.agent_begins("WooCommerce/")
                && ask.header("x-wc-webhook-topic").is_none()
                && ask.request.body.starts_with(b"webhook_id=");
            is_ping.then(|| Ok(Answer::empty(200)))
        },
    }],
    ..Provider::BASE
};
