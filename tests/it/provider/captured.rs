//! What a capture says of its sender, through the door of a provider and that of a reader.

use serde_json::json;

use crate::support::{Bin, Server};

fn send(server: &Server, bin: &Bin, headers: &[&str], body: &str) -> u64 {
    let response = server.request(
        "POST",
        &format!("/{}/hooks", bin.id),
        headers,
        body.as_bytes(),
    );
    response
        .header("x-hookwell-request")
        .unwrap()
        .parse()
        .unwrap()
}

fn capture(server: &Server, bin: &Bin, n: u64) -> serde_json::Value {
    let path = format!("/api/v1/bins/{}/captures/{n}", bin.id);
    let authorization = format!("Authorization: Bearer {}", bin.key);
    server.request("GET", &path, &[&authorization], b"").json()
}

const BODY: &str = r#"{"id":"evt_1","object":"event","created":1795599000,"type":"invoice.paid","data":{"object":{"id":"in_1"}}}"#;

#[test]
fn a_known_sender_its_event_and_its_deliveries_are_told() {
    let server = Server::start();
    let bin = server.bin();
    let signed = |time: u32| format!("Stripe-Signature: t={time},v1={time:064x}");
    let json = "Content-Type: application/json";
    let first = send(&server, &bin, &[json, &signed(1_795_599_001)], BODY);
    let again = send(&server, &bin, &[json, &signed(1_795_599_061)], BODY);
    let changed = BODY.replace("in_1", "in_2");
    let other = send(&server, &bin, &[json, &signed(1_795_599_121)], &changed);
    let copy = send(&server, &bin, &[json, &signed(1_795_599_001)], BODY);
    let nobody = send(&server, &bin, &[json], r#"{"a":1}"#);

    let one = capture(&server, &bin, first);
    assert_eq!(one["provider"], "stripe");
    assert_eq!(one["event"]["id"], "evt_1");
    assert_eq!(one["event"]["type"], "invoice.paid");
    assert_eq!(one["delivery"]["number"], 1);
    let delivery = |n| capture(&server, &bin, n)["delivery"].clone();
    assert_eq!(
        delivery(again),
        json!({ "number": 2, "first": 1, "previous": 1, "same_body": true, "same_type": true, "replayed": false, "out_of_order": false })
    );
    assert_eq!(delivery(other)["same_body"], false);
    assert_eq!(delivery(copy)["replayed"], true);
    let unknown = capture(&server, &bin, nobody);
    assert!(
        unknown["provider"].is_null()
            && unknown["event"].is_null()
            && unknown["delivery"].is_null()
    );

    // The list has the badge, the open request the sentence.
    let list = server.get(&bin.page("")).text();
    assert!(list.contains("<b>Stripe</b> invoice.paid"));
    assert!(list.contains("2nd<span class=\"long\">"));
    for (n, sentence) in [
        (again, "<b>Delivery 2</b> of <code>evt_1</code>, first seen"),
        (other, "The same event came before with another body."),
        (copy, "This very request came before."),
    ] {
        let page = server.get(&bin.page(&format!("/requests/{n}"))).text();
        assert!(page.contains(sentence), "{n}: {sentence}");
    }
}

#[test]
fn without_an_id_body_and_signature_tell_deliveries_apart() {
    let server = Server::start();
    let bin = server.bin();
    let calendly = |signature: &str, body: &str| {
        let field = format!("Calendly-Webhook-Signature: t=1795599012,v1={signature}");
        let n = send(&server, &bin, &[&field], body);
        capture(&server, &bin, n)["delivery"].clone()
    };
    let body = r#"{"event":"invitee.created","created_by":"a","payload":{}}"#;
    assert_eq!(calendly("00", body)["number"], 1);
    let again = calendly("00", body);
    assert_eq!((&again["number"], &again["first"]), (&json!(2), &json!(1)));
    assert_eq!(calendly("11", body)["number"], 1);
    assert_eq!(calendly("00", &body.replace("{}", "[]"))["number"], 1);
    let path = format!("/bins/{}/captures?q=delivery%3E1", bin.id);
    let (_, found) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(found["captures"].as_array().unwrap().len(), 1, "{found}");
}
