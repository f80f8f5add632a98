//! Razorpay: bare hex over the body, keyed with the webhook's secret, not the API's.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "razorpay",
    title: "Razorpay",
    docs: "https://razorpay.com/docs/webhooks/validate-test/",
    rules: &[
        Rule::sure(&[Mark::Header("x-razorpay-signature")]),
        Rule::weak(&[Mark::Agent("Razorpay-Webhook/")]),
    ],
    schemes: &[Scheme::sha256("X-Razorpay-Signature")],
    event: EventShape::new(
        &[From::Header("x-razorpay-event-id")],
        &[From::Json("/event")],
        &[From::Json("/created_at")],
    ),
    samples: &[Sample {
        event: "payment.captured",
        headers: &[("User-Agent", "Razorpay-Webhook/v1"), ("x-razorpay-event-id", "{id}")],
        body: r#"{"entity":"event","account_id":"acc_sample","event":"payment.captured","contains":["payment"],"payload":{"payment":{"entity":{"id":"pay_{id}","amount":4200,"currency":"INR","status":"captured"}}},"created_at":{now}}"#,
    }],
    ..Provider::BASE
};
