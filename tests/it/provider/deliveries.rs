//! The deliveries of one event, as their timeline on the page and as the API lists them.

use hookwell::model::{Clock, Secret};
use hookwell::provider::{Draft, find};
use serde_json::{Value, json};

use crate::page::seen;
use crate::support::{Bin, Server};

const SECRET: &str = "whsec_deliveries";

fn event(id: &str, created: u64, kind: &str) -> String {
    format!(r#"{{"id":"{id}","object":"event","created":{created},"type":"{kind}"}}"#)
}

/// A body signed as Stripe does, some seconds ago.
fn signed(secret: &str, body: &str, seconds_ago: i64) -> Draft {
    let mut draft = Draft {
        method: "POST".to_owned(),
        url: "http://unused/".to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
        at: Clock::default().now().minus_micros(seconds_ago * 1_000_000),
    };
    let stripe = find("stripe").unwrap();
    stripe.sign(&mut draft, &Secret::new(secret)).unwrap();
    draft
}

fn send(server: &Server, bin: &Bin, draft: &Draft) -> u64 {
    let headers = draft.headers.iter();
    let headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let answer = server.request("POST", &format!("/{}", bin.id), &headers, &draft.body);
    answer
        .header("x-hookwell-request")
        .unwrap()
        .parse()
        .unwrap()
}

/// The rows of the timeline on the page of a request, each as the texts of its cells.
fn timeline(server: &Server, bin: &Bin, n: u64) -> Vec<Vec<String>> {
    let page = server.get(&bin.page(&format!("/requests/{n}"))).text();
    let Some((_, rest)) = page.split_once("Deliveries of this event</caption>") else {
        return Vec::new();
    };
    let body = rest.split("<tbody>").nth(1).unwrap();
    let body = &body[..body.find("</tbody>").unwrap()];
    let rows = body.split("<tr").skip(1);
    let cells = |row: &str| {
        let cells = row.split("<td>").skip(1);
        cells.map(|cell| seen(cell).trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

fn listed(server: &Server, bin: &Bin, n: u64, query: &str) -> (u16, Value) {
    let path = format!("/bins/{}/captures/{n}/deliveries{query}", bin.id);
    server.api("GET", &path, Some(&bin.key), None)
}

fn numbers(listed: &Value) -> Vec<u64> {
    let captures = listed["captures"].as_array().unwrap().iter();
    captures.map(|one| one["n"].as_u64().unwrap()).collect()
}

#[test]
fn all_deliveries_of_an_event_are_a_timeline() {
    let server = Server::start();
    let bin = server.bin_with(&json!({
        "secrets": { "stripe": [SECRET] },
        "rules": [{ "name": "fail once", "when": "", "per": "delivery",
            "replies": [{ "status": 503, "times": 1 }, { "status": 200 }] }],
    }));
    let paid = event("evt_1", 1_795_599_000, "invoice.paid");
    let first = send(&server, &bin, &signed(SECRET, &paid, 0));
    let other = event("evt_2", 1_795_599_100, "invoice.paid");
    send(&server, &bin, &signed(SECRET, &other, 0));
    let again = send(&server, &bin, &signed("whsec_wrong", &paid, 1));
    let voided = event("evt_1", 1_795_599_000, "invoice.voided");
    let stale = signed(SECRET, &voided, 3600);
    let changed = send(&server, &bin, &stale);
    let copy = send(&server, &bin, &stale);
    let late = event("evt_3", 1_795_599_050, "invoice.paid");
    let late = send(&server, &bin, &signed(SECRET, &late, 0));

    let rows = timeline(&server, &bin, changed);
    let column = |at: usize| rows.iter().map(|row| &*row[at]).collect::<Vec<_>>();
    assert_eq!(column(0), ["1", "2", "3", "4"]);
    let linked = [first, again, changed, copy].map(|n| format!("#{n}"));
    assert_eq!(column(1), linked);
    assert_eq!(column(4)[0], "503 fail once");
    assert_eq!(column(4)[1], "200 fail once");
    assert_eq!(column(5), ["valid", "invalid", "invalid", "invalid"]);
    assert_eq!(column(6)[1], "same bytes");
    assert!(column(6)[2].starts_with("changed, "), "{rows:?}");
    assert_eq!(column(7)[..2], ["", ""]);
    for sentence in [
        "The event’s id was used before, for another type.",
        "The same event came before with another body.",
        "Its signed time is outside the tolerance: it may be sent by somebody who recorded it.",
    ] {
        assert!(column(7)[2].contains(sentence), "{rows:?}");
    }
    assert!(column(7)[3].contains("This very request came before."));
    // A late event has no other delivery, and is marked all the same.
    assert_eq!(timeline(&server, &bin, late).len(), 0);
    let page = server.get(&bin.page(&format!("/requests/{late}"))).text();
    assert!(page.contains("<b>First delivery</b> of <code>evt_3</code>"));
    assert!(page.contains("A later event came before this one."));

    let (status, all) = listed(&server, &bin, again, "");
    assert_eq!(
        (status, numbers(&all)),
        (200, vec![copy, changed, again, first])
    );
    assert_eq!(all["next"], Value::Null);
    let (_, window) = listed(&server, &bin, copy, "?limit=2&after=0");
    assert_eq!(numbers(&window), [first, again]);
    assert_eq!(window["next"], again);
    assert_eq!(listed(&server, &bin, 99, "").0, 404);
    assert_eq!(listed(&server, &bin, 1, "?limit=0").0, 422);
}

#[test]
fn who_sees_one_request_sees_no_other_delivery() {
    let server = Server::start();
    let bin = server.bin();
    let paid = event("evt_hidden", 1_795_599_000, "invoice.paid");
    for _ in 0..3 {
        send(&server, &bin, &signed(SECRET, &paid, 0));
    }
    let shared = |body: &Value| {
        let path = format!("/bins/{}/share", bin.id);
        let (_, made) = server.api("POST", &path, Some(&bin.key), Some(body));
        Bin {
            id: bin.id.clone(),
            key: made["key"].as_str().unwrap().to_owned(),
        }
    };
    let (whole, one) = (shared(&json!({})), shared(&json!({ "n": 2 })));
    // The id of an event may be anything in the request, and is not shown.
    let rows = timeline(&server, &whole, 2);
    assert_eq!(rows.len(), 3, "{rows:?}");
    let page = server.get(&whole.page("/requests/2")).text();
    let facts = page.split("What to know").nth(1).unwrap();
    assert!(!facts[..facts.find("</details>").unwrap()].contains("evt_hidden"));
    assert_eq!(timeline(&server, &one, 2).len(), 0);
    let page = server.get(&one.page("/requests/2")).text();
    assert!(page.contains("<b>Delivery 2</b>") && !page.contains("/requests/1"));
    let (_, all) = listed(&server, &whole, 2, "");
    assert_eq!(numbers(&all), [3, 2, 1]);
    assert_eq!(all["captures"][0]["event"]["id"], Value::Null);
    assert_eq!(listed(&server, &one, 2, "").0, 403);
}

#[test]
fn a_long_timeline_is_cut_around_the_open_request() {
    let server = Server::start();
    let bin = server.bin();
    let paid = event("evt_long", 1_795_599_000, "invoice.paid");
    for _ in 0..60 {
        send(&server, &bin, &signed(SECRET, &paid, 0));
    }
    let rows = timeline(&server, &bin, 30);
    let numbers: Vec<&str> = rows.iter().map(|row| &*row[0]).collect();
    assert_eq!(numbers.first(), Some(&"5"));
    assert_eq!(numbers.last(), Some(&"55"));
    assert_eq!(numbers.len(), 51);
    let page = server.get(&bin.page("/requests/30")).text();
    assert!(page.contains("There are earlier ones. There are later ones."));
}
