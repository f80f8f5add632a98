//! The bins that the pages are about, with requests of every kind.

use serde_json::{Value, json};

use crate::limits::{capture, head};
use crate::provider::{send as deliver, signed};
use crate::support::{Bin, Server, eventually};

/// What the addresses of [`State`](super::states::State)s begin with.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) server: Server,
    names: Vec<(&'static str, String)>,
}

impl Places {
    pub(super) fn new() -> Self {
        let server = Server::with(&["--max-body", "2k", "--allow-outbound", "127.0.0.0/8"]);
        let (bin, empty, gone) = (
            server.bin_with(&json!({ "name": "Checkout" })),
            server.bin(),
            server.bin(),
        );
        fill(&server, &bin);
        let signed = signatures(&server);
        let others = [
            ("{empty}", empty),
            ("{gone}", gone.clone()),
            ("{kinds}", kinds(&server)),
            ("{asked}", handshakes(&server)),
            ("{forwarded}", forwarded(&server)),
            ("{imported}", imported(&server, &signed)),
            ("{signed}", signed),
        ];
        let address = |bin: &Bin| format!("{}{}", server.base(), bin.page(""));
        let share = |wanted: &Value| {
            let path = format!("/bins/{}/share", bin.id);
            let (status, made) = server.api("POST", &path, Some(&bin.key), Some(wanted));
            assert_eq!(status, 201, "{made}");
            let key = made["key"].as_str().unwrap();
            format!("{}/b/{key}", server.base())
        };
        let over = share(&json!({ "expires_in": 1 }));
        let mut names = vec![
            ("{bin}", address(&bin)),
            ("{whole}", share(&json!({}))),
            ("{one}", share(&json!({ "n": 1 }))),
            ("{over}", over.clone()),
            // Browsers take every name below localhost for this machine; the server does not.
            (
                "{elsewhere}",
                format!("http://else.localhost:{}/", server.address.port()),
            ),
        ];
        names.extend(others.iter().map(|(name, bin)| (*name, address(bin))));
        let path = format!("/bins/{}", gone.id);
        assert_eq!(server.api("DELETE", &path, Some(&gone.key), None).0, 204);
        let over = over.strip_prefix(&server.base()).unwrap();
        eventually("the link's time is over", || {
            (server.get(over).status == 410).then_some(())
        });
        Self { server, names }
    }

    pub(super) fn address(&self, template: &str) -> String {
        let found = self
            .names
            .iter()
            .find(|(name, _)| template.starts_with(name));
        match found {
            Some((name, address)) => template.replacen(name, address, 1),
            None => self.server.base() + template,
        }
    }
}

/// Requests of every kind: the numbers in [`STATES`] are those of their order here.
fn fill(server: &Server, bin: &Bin) {
    let order = br#"{"id": 12345678901234567890, "lines": [{"sku": "A-1", "price": 12.50, "gift": true}, null], "at": 1764000000, "to": {"name": "Zo\u00eb"}}"#;
    let event = [
        "Content-Type: application/json",
        "X-GitHub-Event: issues",
        "X-GitHub-Delivery: 0b1c2d3e-0000-4000-8000-000000000000",
        "X-Hub-Signature-256: sha256=00",
    ];
    let binary: Vec<u8> = (0..=255).collect();
    let long = b"a line of text\n".repeat(200);
    let parts = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\ntext\r\n--b--\r\n";
    let many = [
        "X-One: 1",
        "X-One: 2",
        "X-Odd: caf\u{e9}\t\u{202e}",
        "Cookie: a=1; b=2",
        "Authorization: Bearer secret",
        "User-Agent: sender/1.0",
    ];
    let json = ["Content-Type: application/json"];
    let send = |method: &str, below: &str, headers: &[&str], body: &[u8]| {
        server.request(method, &format!("/{}{below}", bin.id), headers, body);
    };
    send("POST", "/orders?page=1&page=2&empty=", &json, order);
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    send("PUT", "/form", &form, b"a=1&b=two+words&b=%00");
    let text = ["Content-Type: text/plain; charset=utf-8"];
    send("PATCH", "/text", &text, b"one\ntwo\n");
    let image = ["Content-Type: application/octet-stream"];
    send("POST", "/binary", &image, &binary);
    let multipart = ["Content-Type: multipart/form-data; boundary=b"];
    send("POST", "/parts", &multipart, parts);
    send("GET", "/", &[], b"");
    send("POST", "/github", &event, br#"{"action": "opened"}"#);
    send("POST", "/broken", &json, br#"{"a": [1, 2"#);
    send("POST", "/long", &text, &long);
    let mut connection = server.connect();
    let begun = head(bin, "Content-Length: 100\r\n") + "half";
    connection.send(begun).unwrap();
    drop(connection);
    assert_eq!(capture(server, bin, 10)["body"]["state"], "aborted");
    send("DELETE", "/github", &event, br#"{"action": "opened"}"#);
    let path = format!("/bins/{}/captures/11", bin.id);
    let marks = json!({ "pinned": true, "note": "Ask about this one." });
    let (status, marked) = server.api("PATCH", &path, Some(&bin.key), Some(&marks));
    assert_eq!(status, 200, "{marked}");
    send("POST", "/many", &many, order);
    server.send(format!("GET /{}/a b HTTP/1.1\r\nHost: h\r\n\r\n", bin.id));
    eventually("a refusal", || {
        (server.show(bin)["refused"] == 1).then_some(())
    });
    assert_eq!(server.show(bin)["captures"], 12);
}

/// Bodies that have views of their own.
fn kinds(server: &Server) -> Bin {
    let bin = server.bin();
    let send = |fields: &[&str], body: &[u8]| {
        let path = format!("/{}/kinds", bin.id);
        let answer = server.request("POST", &path, fields, body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let parts = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
        --b\r\nContent-Disposition: form-data; name=\"data\"\r\nContent-Type: application/json\r\n\r\n{\"a\": [1, {\"b\": null}]}\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n\0\x01\x02\xff\r\n\
        --b\r\nContent-Disposition: form-data; name=\"mail\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n";
    send(&["Content-Type: multipart/form-data; boundary=b"], parts);
    send(&["Content-Type: text/csv"], b"a;b\r\n\"x;y\";2\r\n3\r\n");
    let envelope = b"<s:Envelope xmlns:s='x'><s:Body a='1'>text<!-- c --></s:Body></s:Envelope>";
    send(&["Content-Type: text/xml"], envelope);
    send(
        &["Content-Type: application/x-ndjson"],
        b"{\"a\":1}\n{\"b\":[2]}\n",
    );
    send(&["Content-Type: image/png"], PNG);
    send(&["Content-Type: text/html"], b"<h1>Hello</h1><p>there</p>");
    send(&["Content-Type: application/octet-stream"], &[0xe2; 2000]);
    let token = "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJpYXQiOjE3OTU2MDQ5NDF9.";
    send(&[token, "Content-Type: application/json"], b"[]");
    let coded = ["Content-Type: text/plain", "Content-Encoding: br"];
    send(&coded, BROTLI);
    let json = "Content-Type: application/json";
    send(
        &[json],
        br#"{"a": 1, "a": 2, "long": "text", "deep": {"er": {}}}"#,
    );
    let event = [
        json,
        "ce-specversion: 1.0",
        "ce-id: 1",
        "ce-source: /here",
        "ce-type: com.example.made",
    ];
    send(&event, b"{}");
    bin
}

const PNG: &[u8] = include_bytes!("../../files/two.png");
const BROTLI: &[u8] = include_bytes!("../../files/hello.br");

/// A signature of each kind: valid, too old, not fitting, not checked, none; and a delivery again.
fn signatures(server: &Server) -> Bin {
    let bin = server.bin_with(&json!({ "secrets": { "stripe": ["whsec_right"] } }));
    let stripe = |secret, seconds_ago| signed("stripe", secret, "http://unused/", seconds_ago);
    let first = stripe("whsec_right", 1);
    deliver(server, &bin, &first);
    deliver(server, &bin, &stripe("whsec_right", 3600));
    deliver(server, &bin, &stripe("whsec_other", 0));
    let mut github = signed("github", "secret", "http://unused/", 0);
    deliver(server, &bin, &github);
    github
        .headers
        .retain(|(name, _)| !name.to_ascii_lowercase().contains("signature"));
    deliver(server, &bin, &github);
    deliver(server, &bin, &stripe("whsec_right", 0));
    bin
}

/// A bin with two targets: one that takes what it gets, and one that gives nothing more a try.
fn forwarded(server: &Server) -> Bin {
    let to = server.bin();
    let taken = format!("{}/{}", server.base(), to.id);
    let refused = "http://127.0.0.1:9/";
    let targets = json!({ "targets": [{ "url": taken }, { "url": refused, "when": "method:POST", "retry": false }] });
    let bin = server.bin_with(&targets);
    server.post(&bin, "/on", b"{}");
    let states = format!("/b/{}/settings", bin.key);
    eventually("what came of both", || {
        let attempts = format!("/bins/{}/captures/1/attempts", bin.id);
        let (_, list) = server.api("GET", &attempts, Some(&bin.key), None);
        let tried = list["attempts"].as_array().unwrap().len() >= 2;
        (tried && server.get(&states).text().contains("Retry all")).then_some(())
    });
    bin
}

/// A question that is answered, and one that a secret is missing for.
fn handshakes(server: &Server) -> Bin {
    let bin = server.bin();
    let ask = |method: &str, query: &str, fields: &[&str], body: &[u8]| {
        let path = format!("/{}/hook{query}", bin.id);
        assert_eq!(server.request(method, &path, fields, body).status, 200);
    };
    let dropbox = ["User-Agent: DropboxWebhooks/1.0"];
    ask("GET", "?challenge=3q2-7wAAAAAfrGhZ", &dropbox, b"");
    let zoom = [
        "Content-Type: application/json",
        "x-zm-request-timestamp: 1654503849",
        "x-zm-signature: v0=00",
        "User-Agent: Zoom Marketplace/1.0a",
    ];
    let question = br#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#;
    ask("POST", "", &zoom, question);
    bin
}

/// A bin with the captures of another.
fn imported(server: &Server, from: &Bin) -> Bin {
    let bin = server.bin();
    let file = server.get(&from.page("/export?format=ndjson"));
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/import", bin.id);
    let answer = server.request("POST", &path, &[&key], &file.body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    bin
}
