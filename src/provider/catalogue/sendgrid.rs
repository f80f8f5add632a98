//! SendGrid's event webhook: ECDSA over time and body, line end included.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "sendgrid",
    title: "SendGrid",
    docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
    rules: &[
        Rule::sure(&[Mark::Header("x-twilio-email-event-webhook-signature")]),
        Rule::weak(&[Mark::Agent("SendGrid Event API")]),
        Rule::shape(&[Mark::Key("sg_event_id")]),
    ],
    schemes: &[Scheme::sha256("X-Twilio-Email-Event-Webhook-Signature")
        .named("ECDSA of time and body")
        .checked(Check::EcdsaP256)
        .encoded(Encoding::Base64)
        .signing(&[Part::Time, Part::Body])
        .keyed(KeyForm::P256)
        .timed(Time::new(
            TimeAt::Header("X-Twilio-Email-Event-Webhook-Timestamp"),
            Unit::Seconds,
        ))],
    event: EventShape::new(
        &[From::Json("/0/sg_event_id")],
        &[From::Json("/0/event")],
        &[From::Json("/0/timestamp")],
    ),
    secret_hint: "The verification key, shown when signing is switched on.",
    samples: &[Sample {
        event: "delivered",
        headers: &[("User-Agent", "SendGrid Event API")],
        body: "[{\"email\":\"zoe@example.com\",\"timestamp\":{now},\"event\":\"delivered\",\"sg_event_id\":\"{id}\",\"sg_message_id\":\"sample.{n}\",\"response\":\"250 OK\"}]\r\n",
    }],
    ..Provider::BASE
};
