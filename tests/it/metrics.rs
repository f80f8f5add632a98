//! What operators scrape: the text form, what is counted, and the dashboard that draws it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Connection, Response, Server, Target, eventually};

/// A server that serves metrics, and the address that it does so on.
fn start(flags: &[&str]) -> (Server, SocketAddr) {
    let server = Server::with(&[&["--metrics-listen", "127.0.0.1:0"], flags].concat());
    let address = eventually("the address of the metrics", || {
        let log = server.log();
        let line = log
            .lines()
            .find(|line| line.contains("metrics are served"))?;
        let (_, address) = line.split_once("address=")?;
        address.split_whitespace().next()?.parse().ok()
    });
    (server, address)
}

fn ask(address: SocketAddr, target: &str) -> Response {
    let mut connection = Connection::open(address);
    let head =
        format!("GET {target} HTTP/1.1\r\nHost: scraper.internal\r\nConnection: close\r\n\r\n");
    connection.send(head).unwrap();
    connection.receive().unwrap()
}

/// A metric and its samples: name, labels, value.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Reads the text form strictly
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details>): HELP and TYPE before the samples, each once, and
/// a metric in one piece.
fn read(text: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let (mut current, mut helped) = (String::new(), String::new());
    assert!(text.ends_with('\n'), "the last line has no end");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.ends_with('.') && help.is_ascii(), "{line}");
            name.clone_into(&mut helped);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped, "no help before {line}");
            name.clone_into(&mut current);
            let family = Family {
                kind: kind.to_owned(),
                samples: Vec::new(),
            };
            assert!(
                families.insert(name.to_owned(), family).is_none(),
                "twice: {line}"
            );
        } else {
            let sample = sample(line);
            let suffix = sample.0.strip_prefix(current.as_str());
            let family = families.get_mut(&current).unwrap();
            let fits = match family.kind.as_str() {
                "counter" | "gauge" => suffix == Some(""),
                "histogram" => matches!(suffix, Some("_bucket" | "_sum" | "_count")),
                kind => panic!("an odd kind: {kind}"),
            };
            assert!(fits, "{line} is not of {current}");
            family.samples.push(sample);
        }
    }
    families
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
    };
    let mut found = BTreeMap::new();
    for label in labels.split(',').filter(|label| !label.is_empty()) {
        let (label, value) = label.split_once('=').unwrap();
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("{line}"));
        assert!(is_name(label) && !value.contains(['"', '\\']), "{line}");
        assert!(
            found.insert(label.to_owned(), value.to_owned()).is_none(),
            "{line}"
        );
    }
    assert!(is_name(name), "{line}");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
    (name.to_owned(), found, value)
}

/// The sum of the samples of that name that have these labels.
fn value(families: &BTreeMap<String, Family>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let found: Vec<f64> = families
        .values()
        .flat_map(|family| &family.samples)
        .filter(|(found, ..)| found == name)
        .filter(|(_, found, _)| {
            let has =
                |(label, value): &(&str, &str)| found.get(*label).is_some_and(|is| is == value);
            labels.iter().all(has)
        })
        .map(|(.., value)| *value)
        .collect();
    assert!(!found.is_empty(), "there is no {name} {labels:?}");
    found.iter().sum()
}

fn scrape(address: SocketAddr) -> BTreeMap<String, Family> {
    let response = ask(address, "/metrics");
    assert_eq!(response.status, 200);
    let kind = response.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    read(&response.text())
}

#[test]
fn names_and_values_follow_the_rules_of_prometheus() {
    let (server, address) = start(&[]);
    let bin = server.bin();
    for _ in 0..5 {
        server.post(&bin, "", b"{}");
    }
    let families = scrape(address);
    assert!(families.len() >= 15, "{families:?}");
    for (name, family) in &families {
        assert!(
            name.starts_with("hookwell_") || name.starts_with("process_"),
            "{name} has no prefix"
        );
        assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
        for unit in ["_ms", "_us", "_milliseconds", "_microseconds", "_kb", "_mb"] {
            assert!(!name.contains(unit), "{name} is in no base unit");
        }
        if family.kind != "histogram" {
            continue;
        }
        let buckets: Vec<_> = family
            .samples
            .iter()
            .filter_map(|(_, labels, value)| Some((labels.get("le")?, *value)))
            .collect();
        let bound = |le: &str| {
            if le == "+Inf" {
                f64::INFINITY
            } else {
                le.parse().unwrap()
            }
        };
        assert!(
            buckets
                .windows(2)
                .all(|pair| bound(pair[0].0) < bound(pair[1].0) && pair[0].1 <= pair[1].1),
            "{name}: {buckets:?}"
        );
        let all = value(&families, &format!("{name}_bucket"), &[("le", "+Inf")]);
        assert!(
            (all - value(&families, &format!("{name}_count"), &[])).abs() < 0.5,
            "{name}"
        );
    }
    let secrets = [&bin.id, &bin.key];
    let text = ask(address, "/metrics").text();
    assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())));
}

#[test]
fn what_happened_is_counted() {
    let (server, address) = start(&["--allow-outbound", "127.0.0.0/8"]);
    let target = Target::start();
    let targets = json!([{"url": target.url("/")}, {"url": "http://127.0.0.1:1/"}]);
    let bin = server.bin_with(&json!({"targets": targets}));
    let plain = server.bin_with(&json!({"reply": {"status": 418}}));
    let before = scrape(address);
    for _ in 0..7 {
        server.post(&bin, "", b"12345");
    }
    let reply = server.request("POST", &format!("/{}", plain.id), &[], b"");
    assert_eq!(reply.status, 418);
    let two_hosts = format!(
        "POST /{} HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
        bin.id
    );
    assert_eq!(server.send(two_hosts).status, 400);
    let kept = format!("/api/v1/bins/{}/events", bin.id);
    let mut watcher = server.connect();
    let head = format!(
        "GET {kept} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        server.address, bin.key
    );
    watcher.send(head).unwrap();
    let after = eventually("all attempts and the watcher", || {
        let after = scrape(address);
        let attempts = "hookwell_forward_attempts_total";
        let taken = value(
            &after,
            attempts,
            &[("kind", "target"), ("outcome", "taken")],
        );
        let failed = value(
            &after,
            attempts,
            &[("kind", "target"), ("outcome", "connect")],
        );
        let watchers = value(&after, "hookwell_watchers", &[]);
        (taken > 6.5 && failed > 0.5 && watchers > 0.5).then_some(after)
    });
    let grown = |name: &str, labels: &[(&str, &str)], by: f64| {
        let (from, to) = (value(&before, name, labels), value(&after, name, labels));
        assert!(
            (to - from - by).abs() < 0.5,
            "{name} {labels:?}: {from} to {to}"
        );
    };
    grown("hookwell_captures_total", &[], 8.0);
    grown("hookwell_commit_captures_sum", &[], 8.0);
    grown("hookwell_replies_total", &[("class", "2xx")], 7.0);
    grown("hookwell_replies_total", &[("class", "4xx")], 2.0);
    grown("hookwell_refusals_total", &[("reason", "malformed")], 1.0);
    let bytes = value(&after, "hookwell_capture_bytes_total", &[]);
    assert!(bytes > 7.0 * 5.0, "{bytes}");
    assert!(value(&after, "hookwell_store_bytes", &[]) > 8192.0);
    assert!(value(&after, "hookwell_forward_lanes", &[]) > 0.5);
    assert!(value(&after, "process_start_time_seconds", &[]) > 1.7e9);
}

#[test]
fn metrics_are_served_only_where_they_are_asked_for() {
    let (server, address) = start(&[]);
    assert_eq!(server.get("/metrics").status, 404);
    for target in ["/", "/healthz", "/api/v1/openapi.json"] {
        assert_eq!(ask(address, target).status, 404, "{target}");
    }
    let response = ask(address, "/metrics");
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert!(response.header("x-request-id").is_some());
}

/// Every name in a query that could be one of a metric.
fn names(query: &str) -> BTreeSet<&str> {
    query
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("hookwell_") || word.starts_with("process_"))
        .collect()
}

fn queries<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str));
            fields.values().for_each(|value| queries(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_draws_every_metric_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    let (_server, address) = start(&[]);
    let families = scrape(address);
    let known: BTreeSet<&str> = families
        .values()
        .flat_map(|family| &family.samples)
        .map(|(name, ..)| name.as_str())
        .collect();
    let used: BTreeSet<&str> = found.iter().flat_map(|query| names(query)).collect();
    assert!(
        used.is_subset(&known),
        "not there: {:?}",
        used.difference(&known)
    );
    for name in families.keys() {
        assert!(
            used.iter().any(|used| used.starts_with(name.as_str())),
            "{name} is not drawn"
        );
    }
}
