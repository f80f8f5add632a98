//! The requests that are sent: a webhook as a payment provider would send it, and plain ones for pages and API.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

/// The bytes of a request, ready to be written as often as wanted.
pub(crate) type Request = Arc<[u8]>;

/// The size of a webhook's body.
pub(crate) const BODY: usize = 1024;

/// A POST to `path` with 12 header fields and [`BODY`] bytes of JSON.
pub(crate) fn webhook(address: SocketAddr, path: &str) -> Request {
    let body = json(BODY);
    let mut text = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in [
        (
            "User-Agent",
            "Provider/1.0 (+https://provider.example/webhooks)",
        ),
        ("Accept", "*/*; q=0.5, application/json"),
        (
            "Accept-Encoding",
            "gzip;q=1.0, deflate;q=0.6, identity;q=0.3",
        ),
        ("Cache-Control", "no-cache"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("X-Provider-Event", "invoice.payment_succeeded"),
        (
            "X-Provider-Delivery",
            "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        ),
        (
            "X-Provider-Signature",
            "t=1795599012,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
        ),
        ("X-Request-Id", "req_8fKq2LmZ0aQx1R"),
        ("Connection", "keep-alive"),
    ] {
        write!(text, "{name}: {value}\r\n").expect("writing to a string does not fail");
    }
    write!(text, "Content-Length: {}\r\n\r\n", body.len())
        .expect("writing to a string does not fail");
    text.push_str(&body);
    text.into_bytes().into()
}

/// A request without a body.
pub(crate) fn get(address: SocketAddr, path: &str, key: Option<&str>) -> Request {
    let authorization = key.map_or_else(String::new, |key| {
        format!("Authorization: Bearer {key}\r\n")
    });
    let text = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n");
    text.into_bytes().into()
}

/// A POST of JSON to the API.
pub(crate) fn post_json(address: SocketAddr, path: &str, body: &str) -> Request {
    let text = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    text.into_bytes().into()
}

/// The head of a POST whose body is sent apart: of that length, or in chunks.
pub(crate) fn upload_head(address: SocketAddr, path: &str, length: Option<u64>) -> Request {
    let framing = length.map_or_else(
        || "Transfer-Encoding: chunked".to_owned(),
        |length| format!("Content-Length: {length}"),
    );
    let text = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/octet-stream\r\n{framing}\r\n\r\n"
    );
    text.into_bytes().into()
}

/// A JSON object of exactly `size` bytes, with the members that a payment event has.
fn json(size: usize) -> String {
    let mut text = String::from(
        r#"{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","object":"event","type":"invoice.payment_succeeded","livemode":true,"data":{"amount":1099,"currency":"eur","lines":["#,
    );
    let mut line = 0;
    while text.len() + 120 < size {
        write!(
            text,
            r#"{{"id":"il_{line:08}","amount":{},"paid":true}},"#,
            line * 7 + 100
        )
        .expect("writing to a string does not fail");
        line += 1;
    }
    text.push_str(r#"null]},"note":""#);
    while text.len() + 2 < size {
        text.push('x');
    }
    text.push_str("\"}");
    text
}
