//! Stripe: `t=…,v1=…` over `time.body`; the key is the whole `whsec_…` text, undecoded. Its SDKs accept any time to come.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "stripe",
    title: "Stripe",
    docs: "https://docs.stripe.com/webhooks/signature",
    rules: &[
        Rule::sure(&[Mark::Header("stripe-signature")]),
        Rule::weak(&[Mark::Agent("Stripe/1.0")]),
    ],
    schemes: &[Scheme::sha256("Stripe-Signature")
        .named("HMAC-SHA256 of time.body")
        .shaped(Shape::Pairs {
            separator: ',',
            name: "v1",
        })
        .signing(&[Part::Time, Part::Text("."), Part::Body])
        .timed(Time::new(TimeAt::Pair("t"), Unit::Seconds).past(300))],
    event: EventShape::new(
        &[From::Json("/id")],
        &[From::Json("/type")],
        &[From::Json("/created")],
    ),
    secret_hint: "The endpoint's signing secret, whsec_…; the one that “stripe listen” prints is another.",
    samples: &[
        Sample {
            event: "payment_intent.succeeded",
            headers: &[AGENT],
            body: r#"{"id":"evt_{id}","object":"event","api_version":"2026-06-30.basil","created":{now},"type":"payment_intent.succeeded","livemode":false,"pending_webhooks":1,"request":{"id":"req_{n}","idempotency_key":null},"data":{"object":{"id":"pi_{n}","object":"payment_intent","amount":4200,"amount_received":4200,"currency":"eur","status":"succeeded","description":"Two tickets","metadata":{"order":"{n}"}}}}"#,
        },
        Sample {
            event: "invoice.paid",
            headers: &[AGENT],
            body: r#"{"id":"evt_{id}","object":"event","api_version":"2026-06-30.basil","created":{now},"type":"invoice.paid","livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},"data":{"object":{"id":"in_{n}","object":"invoice","customer":"cus_sample","amount_paid":1900,"currency":"usd","status":"paid","number":"SAMPLE-{n}"}}}"#,
        },
        Sample {
            event: "customer.subscription.deleted",
            headers: &[AGENT],
            body: r#"{"id":"evt_{id}","object":"event","api_version":"2026-06-30.basil","created":{now},"type":"customer.subscription.deleted","livemode":false,"pending_webhooks":1,"request":{"id":"req_{n}","idempotency_key":null},"data":{"object":{"id":"sub_{n}","object":"subscription","customer":"cus_sample","status":"canceled","canceled_at":{now}}}}"#,
        },
    ],
    ..Provider::BASE
};

const AGENT: (&str, &str) = (
    "User-Agent",
    "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
);
