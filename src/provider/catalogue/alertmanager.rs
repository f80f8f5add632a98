//! Prometheus' Alertmanager: no signature; the same body again is its way, not a replay.

use super::prelude::*;

pub(super) static PROVIDER: Provider = Provider {
    slug: "alertmanager",
    title: "Alertmanager",
    docs: "https://prometheus.io/docs/alerting/latest/configuration/#webhook_config",
    rules: &[
        Rule::shape(&[Mark::Key("groupKey"), Mark::Key("receiver")]),
        Rule::shape(&[Mark::Key("receiver"), Mark::Key("alerts"), Mark::Key("status")]),
        Rule::weak(&[Mark::Agent("Alertmanager/")]),
    ],
    event: EventShape::new(
        &[],
        &[From::Json("/status")],
        &[From::Json("/alerts/0/startsAt")],
    ),
    ..Provider::BASE
};
