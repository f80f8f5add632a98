//! Traces, as a collector receives them over OTLP/HTTP.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Held;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Ends, Server, Target, eventually};

/// A span: its name and what is said of it.
type Span = (String, BTreeMap<String, String>);

fn told(values: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|value| value.value.clone())
    {
        Some(Held::StringValue(text)) => text,
        Some(Held::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = values
        .iter()
        .map(|pair| (pair.key.clone(), text(&pair.value)));
    pairs.collect()
}

/// All spans that a collector was sent; those of our own resource.
fn spans(collector: &Target) -> Vec<Span> {
    let mut found = Vec::new();
    for heard in collector.heard() {
        assert!(
            heard.head.starts_with("POST /v1/traces HTTP/1.1\r\n"),
            "{}",
            heard.head
        );
        assert_eq!(heard.fields("content-type"), ["application/x-protobuf"]);
        assert_eq!(heard.fields("host"), [collector.address.to_string()]);
        let request = ExportTraceServiceRequest::decode(&heard.body[..]).unwrap();
        for of_resource in request.resource_spans {
            let resource = told(&of_resource.resource.unwrap().attributes);
            assert_eq!(resource["service.name"], "hookwell");
            let spans = of_resource
                .scope_spans
                .into_iter()
                .flat_map(|scope| scope.spans);
            for span in spans {
                assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
                found.push((span.name.clone(), told(&span.attributes)));
            }
        }
    }
    found
}

fn has(spans: &[Span], name: &str, says: &[(&str, &str)]) -> bool {
    spans.iter().any(|(is, said)| {
        is == name
            && says
                .iter()
                .all(|(key, value)| said.get(*key).is_some_and(|said| said == value))
    })
}

/// What a few calls leave at the collector, and the id of the last of them.
fn traced(variable: &str) -> (Vec<Span>, String) {
    let (collector, folder) = (Target::start(), TempDir::new().unwrap());
    let flags = ["--allow-outbound", "127.0.0.0/8"];
    let mut server = Server::over(folder.path(), &flags, &[(variable, &collector.url(""))]);
    let target = Target::start();
    let bin = server.bin_with(&json!({"targets": [{"url": target.url("/canary-target")}]}));
    let path = format!("/{}/canary-path?canary-query", bin.id);
    server.request("POST", &path, &["X-Secret: canary-header"], b"canary-body");
    eventually("the target's call", || {
        (!target.heard().is_empty()).then_some(())
    });
    let page = server.get(&format!("/b/{}", bin.key));
    let id = page.header("x-request-id").unwrap().to_owned();
    server.stop();
    let bytes: Vec<u8> = collector
        .heard()
        .into_iter()
        .flat_map(|heard| heard.body)
        .collect();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for secret in ["canary", &bin.id, &bin.key] {
        assert!(!text.contains(secret), "{secret} was sent");
    }
    assert!(
        !server.log().contains("hookwell::spans"),
        "{}",
        server.log()
    );
    (spans(&collector), id)
}

#[test]
fn a_collector_is_told_what_was_done_and_nothing_of_what_was_sent() {
    let (spans, id) = traced("HOOKWELL_OTLP_ENDPOINT");
    for (name, says) in [
        ("capture", &[("http.response.status_code", "200")][..]),
        ("commit", &[("captures", "1")]),
        (
            "send",
            &[
                ("hookwell.attempt", "target"),
                ("http.response.status_code", "200"),
            ],
        ),
        (
            "POST /api/v1/bins",
            &[
                ("http.response.status_code", "201"),
                ("http.route", "/api/v1/bins"),
            ],
        ),
        (
            "GET /b/{key}",
            &[
                ("http.response.status_code", "200"),
                ("hookwell.request_id", &id),
            ],
        ),
    ] {
        assert!(has(&spans, name, says), "{name} {says:?} in {spans:?}");
    }
}

#[test]
fn the_standard_variable_names_the_collector_too() {
    let (spans, _) = traced("OTEL_EXPORTER_OTLP_ENDPOINT");
    assert!(has(&spans, "capture", &[]), "{spans:?}");
}

#[test]
fn a_collector_that_is_away_costs_no_capture() {
    let folder = TempDir::new().unwrap();
    let flags = ["--otlp-endpoint", "http://127.0.0.1:1"];
    let mut server = Server::over(folder.path(), &flags, &[("OTEL_BSP_SCHEDULE_DELAY", "50")]);
    let bin = server.bin();
    for n in 1..=20 {
        assert_eq!(server.post(&bin, "", b"kept"), n);
    }
    eventually("a word about it", || {
        server.log().contains("traces are lost").then_some(())
    });
    assert!(server.stop().success());
    assert_eq!(
        server.log().matches("traces are lost").count(),
        1,
        "{}",
        server.log()
    );
}

#[test]
fn an_address_that_is_none_is_refused() {
    let folder = TempDir::new().unwrap();
    let mut command = Server::command(folder.path());
    let output = command.args(["--otlp-endpoint", "localhost:4318"]).to_end();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("collector of traces") && message.contains("http://host:port"),
        "{message}"
    );
}
