//! Grafana's alerts: bare hex over the body, or over `time:body` where a header for the time was named.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "grafana",
    title: "Grafana",
    docs: "https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/",
    rules: &[
        Rule::sure(&[Mark::Header("x-grafana-alerting-signature")]),
        Rule::above(&[Mark::Key("receiver"), Mark::Key("alerts"), Mark::Key("orgId")]),
        Rule::weak(&[Mark::Agent("Grafana")]),
    ],
    schemes: &[
        Scheme::sha256("X-Grafana-Alerting-Signature")
            .named("HMAC-SHA256 of time:body")
            .signing(&[Part::Time, Part::Text(":"), Part::Body])
            .timed(Time::new(
                TimeAt::Header("X-Grafana-Alerting-Timestamp"),
                Unit::Seconds,
            ))
            .when(When::Header("X-Grafana-Alerting-Timestamp")),
        Scheme::sha256("X-Grafana-Alerting-Signature"),
    ],
    event: EventShape::new(
        &[],
        &[From::Json("/status")],
        &[From::Json("/alerts/0/startsAt")],
    ),
    secret_hint: "The HMAC secret of the contact point.",
    ..Provider::BASE
};
