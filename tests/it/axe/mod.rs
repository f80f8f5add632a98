//! Every page, in every state, by the rules of axe-core (<https://github.com/dequelabs/axe-core>): light and dark, wide and narrow.
//!
//! A new page, or a new state of one, is a line in [`STATES`]; a bin that it needs is one more name in [`Places`].

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::limits::{capture, head};
use crate::support::{Bin, Browser, Server, Wants, eventually};

/// Where it is, what is done there, and what is true when it can be looked at. `{bin}` and its kin are names in [`Places`]. They
/// come in this order: the first is seen by a browser that knows no bins.
type State = (&'static str, &'static str, &'static str);

const STATES: [State; 48] = [
    ("/", "", LOADED),
    ("{empty}", "", LOADED),
    ("{bin}", "", LIVE),
    ("{bin}?before=6", "", LOADED),
    ("{bin}/requests/1", "", LOADED),
    ("{bin}/requests/1?view=text", "", LOADED),
    ("{bin}/requests/1?view=hex", "", LOADED),
    ("{bin}/requests/2", "", LOADED),
    ("{bin}/requests/3", "", LOADED),
    ("{bin}/requests/4", "", LOADED),
    ("{bin}/requests/5", "", LOADED),
    ("{bin}/requests/6", "", LOADED),
    ("{bin}/requests/7", "", LOADED),
    ("{bin}/requests/8", "", LOADED),
    ("{bin}/requests/9", "", LOADED),
    ("{bin}/requests/10", "", LOADED),
    ("{bin}/requests/11", "", LOADED),
    ("{bin}/requests/12", "", LOADED),
    ("{bin}?q=method:POST", "", LOADED),
    ("{bin}?q=method:NONE", "", LOADED),
    ("{bin}?q=size:abc", "", LOADED),
    ("{bin}/settings", "", LOADED),
    ("{bin}/share", "", LOADED),
    ("{bin}/share?n=2", "", LOADED),
    ("{bin}/refused", "", LOADED),
    ("{empty}/refused", "", LOADED),
    ("{bin}/clear", "", LOADED),
    ("{bin}/delete", "", LOADED),
    ("{whole}", "", LIVE),
    ("{whole}/requests/1", "", LOADED),
    ("{one}", "", LOADED),
    ("{over}", "", LOADED),
    ("{gone}", "", LOADED),
    ("{bin}/requests/99", "", LOADED),
    ("{bin}/nothing", "", LOADED),
    ("{bin}/requests/x", "", LOADED),
    ("{elsewhere}", "", LOADED),
    ("/", "", LOADED),
    ("{bin}", OPEN_PARTS, LOADED),
    ("{bin}/requests/1", OPEN_PARTS, LOADED),
    ("{bin}/settings", OPEN_PARTS, LOADED),
    ("{bin}", FIRST_MENU, MENU),
    ("{bin}/requests/1", FIRST_MENU, MENU),
    ("{bin}/requests/1", LAST_MENU, MENU),
    (
        "{bin}",
        "document.getElementById('pause').click()",
        "document.getElementById('state').textContent === 'Paused'",
    ),
    (
        "{bin}",
        "document.getElementById('keys').showModal()",
        "document.getElementById('keys').open",
    ),
    (
        "{bin}",
        "document.querySelector('a[data-confirm][href$=\"/clear\"]').click()",
        "document.querySelector('dialog[open] form')",
    ),
    (
        "{bin}",
        "document.querySelector('a[data-confirm][href$=\"/delete\"]').click()",
        "document.querySelector('dialog[open] form')",
    ),
];

const LOADED: &str = "document.readyState === 'complete'";
const LIVE: &str = "document.getElementById('state').textContent === 'Live'";
const OPEN_PARTS: &str =
    "document.querySelectorAll('details:not(.menu)').forEach(details => { details.open = true })";
const FIRST_MENU: &str =
    "[...document.querySelectorAll('.menu > summary')].find(one => one.checkVisibility()).click()";
const LAST_MENU: &str = "[...document.querySelectorAll('.menu > summary')].findLast(one => one.checkVisibility()).click()";
const MENU: &str = "document.querySelector('.menu[open]')";

/// The rules of WCAG 2.2 up to AA, and those of good practice; what is broken, and where. An open menu lies over other parts, which
/// are then not what is looked at.
const ASK: &str = "
    const rules = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
    return axe.run(document.querySelector('.menu[open]') ?? document, { runOnly: rules, resultTypes: ['violations'] }).then(result => ({
        rules: result.passes.length,
        broken: result.violations.flatMap(rule => rule.nodes.map(node =>
            `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary} ${node.html.slice(0, 200)}`)),
    }))";

/// What the addresses in [`STATES`] begin with.
#[derive(Debug)]
struct Places {
    server: Server,
    names: [(&'static str, String); 7],
}

impl Places {
    fn new() -> Self {
        let server = Server::with(&["--max-body", "2k"]);
        let (bin, empty, gone) = (
            server.bin_with(&json!({ "name": "Checkout" })),
            server.bin(),
            server.bin(),
        );
        fill(&server, &bin);
        let address = |bin: &Bin| format!("{}{}", server.base(), bin.page(""));
        let share = |wanted: &Value| {
            let path = format!("/bins/{}/share", bin.id);
            let (status, made) = server.api("POST", &path, Some(&bin.key), Some(wanted));
            assert_eq!(status, 201, "{made}");
            let key = made["key"].as_str().unwrap();
            format!("{}/b/{key}", server.base())
        };
        let over = share(&json!({ "expires_in": 1 }));
        let names = [
            ("{bin}", address(&bin)),
            ("{empty}", address(&empty)),
            ("{gone}", address(&gone)),
            ("{whole}", share(&json!({}))),
            ("{one}", share(&json!({ "n": 1 }))),
            ("{over}", over.clone()),
            // Browsers take every name below localhost for this machine; the server does not.
            (
                "{elsewhere}",
                format!("http://else.localhost:{}/", server.address.port()),
            ),
        ];
        let path = format!("/bins/{}", gone.id);
        assert_eq!(server.api("DELETE", &path, Some(&gone.key), None).0, 204);
        let over = over.strip_prefix(&server.base()).unwrap();
        eventually("the link's time is over", || {
            (server.get(over).status == 410).then_some(())
        });
        Self { server, names }
    }

    fn address(&self, template: &str) -> String {
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

/// The rules, as they are injected into a page: its policy lets it load nothing of the kind itself.
fn rules() -> String {
    let path = "tests/npm/node_modules/axe-core/axe.min.js";
    let found = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    found.unwrap_or_else(|error| {
        panic!("{path}: {error}: `make test` installs axe-core by scripts/setup-tests.sh, which needs npm and a network")
    })
}

fn expect_nothing_broken(width: u32, height: u32) {
    let rules = rules();
    let places = Places::new();
    let browser = Browser::with(Wants {
        width,
        height,
        ..Wants::default()
    });
    let mut broken = Vec::new();
    for (template, act, until) in STATES {
        browser.goto(&places.address(template));
        browser.until(LOADED);
        browser.run(act);
        browser.until(until);
        browser.run(&rules);
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            let result = browser.run(ASK);
            // A page that did not load has nothing that could be broken, and little that could be right.
            let passed = result["rules"].as_u64().unwrap();
            assert!(passed >= 5, "{template}: only {passed} rules say anything");
            for one in result["broken"].as_array().unwrap() {
                broken.push(format!("{template} {act} ({scheme}): {one}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_rule_is_broken_on_a_wide_screen() {
    expect_nothing_broken(1280, 800);
}

#[test]
fn no_rule_is_broken_on_a_narrow_screen() {
    expect_nothing_broken(390, 844);
}
