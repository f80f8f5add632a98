//! What a sender hears.

use serde_json::json;

use crate::capture::only;
use crate::support::{Bin, Response, Server};

#[test]
fn the_reply_names_the_number_and_is_kept_apart_from_our_pages() {
    let server = Server::start();
    let bin = server.bin();
    let response = server.request("POST", &format!("/{}", bin.id), &[], b"");
    let has = |name: &str| response.header(name);
    assert_eq!(has("x-hookwell-request"), Some("1"));
    assert!(
        has("content-security-policy")
            .unwrap()
            .starts_with("sandbox")
    );
    assert_eq!(has("x-content-type-options"), Some("nosniff"));
    assert_eq!(has("access-control-allow-origin"), Some("*"));
    assert_eq!(has("access-control-expose-headers"), Some("*"));
    assert_eq!(has("access-control-allow-credentials"), None);
    assert_eq!(has("set-cookie"), None);
}

fn preflight(server: &Server, bin: &Bin) -> Response {
    server.request(
        "OPTIONS",
        &format!("/{}/x", bin.id),
        &[
            "Origin: https://shop.example",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: x-shop, content-type",
        ],
        b"",
    )
}

#[test]
fn a_preflight_is_allowed_and_captured_unless_the_bin_says_no() {
    let server = Server::start();
    let bin = server.bin();
    let response = preflight(&server, &bin);
    assert_eq!(response.status, 200);
    let has = |name: &str| response.header(name);
    assert_eq!(has("access-control-allow-origin"), Some("*"));
    assert_eq!(has("access-control-allow-methods"), Some("PUT"));
    assert_eq!(
        has("access-control-allow-headers"),
        Some("x-shop, content-type")
    );
    assert_eq!(only(&server, &bin)["method"], "OPTIONS");

    let closed = server.bin_with(&json!({"cors": false}));
    let response = preflight(&server, &closed);
    assert_eq!(response.status, 200);
    let cors = |(name, _): &&(String, String)| name.starts_with("access-control");
    assert_eq!(response.headers.iter().find(cors), None);
    assert_eq!(only(&server, &closed)["method"], "OPTIONS");
}

#[test]
fn a_service_worker_is_not_served_from_a_bin() {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("/{}/sw.js", bin.id);
    let response = server.request("GET", &target, &["Service-Worker: script"], b"");
    assert_eq!(response.status, 403);
    assert_eq!(only(&server, &bin)["reply"]["status"], 403);
}

#[test]
fn tells_a_deleted_bin_from_one_that_never_was() {
    let server = Server::start();
    let bin = server.bin_with(&json!({"alias": "short-lived"}));
    server.post(&bin, "", b"");
    let path = format!("/bins/{}", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    for target in [format!("/{}", bin.id), "/short-lived/x".to_owned()] {
        let response = server.request("POST", &target, &[], b"again");
        assert_eq!(response.status, 410, "{target}");
        assert_eq!(response.header("x-hookwell-request"), None);
    }
    let unknown = "/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b";
    for target in [unknown, "/nobodys-alias", &unknown[..30]] {
        assert_eq!(server.request("POST", target, &[], b"").status, 404);
    }
    // The alias is free again.
    let next = server.bin_with(&json!({"alias": "short-lived"}));
    assert_eq!(server.request("POST", "/short-lived", &[], b"").status, 200);
    assert_eq!(server.captures(&next).len(), 1);
}
