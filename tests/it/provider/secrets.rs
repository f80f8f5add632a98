//! Secrets of a bin: taken by API and page, told by nobody.

use serde_json::{Value, json};

use crate::support::{Bin, Server};

const SECRETS: [&str; 4] = [
    "whsec_s3cretOfStripe0001",
    "s3cretOfGithub0002",
    "s3cretOfOneself0003",
    "whsec_s3cretOfStripe0004",
];

fn change(server: &Server, bin: &Bin, change: &Value) -> (u16, Value) {
    let path = format!("/bins/{}", bin.id);
    server.api("PATCH", &path, Some(&bin.key), Some(change))
}

fn secrets(server: &Server, bin: &Bin) -> Value {
    server.show(bin)["settings"]["secrets"].clone()
}

#[test]
fn secrets_are_kept_and_told_to_nobody() {
    let server = Server::with(&["--log", "trace"]);
    let bin = server.bin_with(&json!({
        "secrets": { "stripe": [SECRETS[0]], "github": [SECRETS[1]] },
        "signature": { "header": "X-Mine", "secret": SECRETS[2] },
        "tolerance_s": 600,
    }));
    let shown = server.show(&bin);
    let settings = &shown["settings"];
    assert_eq!(
        settings["secrets"],
        json!({ "stripe": ["…0001"], "github": ["…0002"] })
    );
    assert_eq!(settings["signature"]["secret"], "…0003");
    assert_eq!(settings["signature"]["signed"], "{body}");
    assert_eq!(settings["tolerance_s"], 600);

    // Sent back as they were answered they stay; what is not named stays too.
    let mut again = settings.clone();
    again["secrets"]["stripe"] = json!(["…0001", SECRETS[3]]);
    again["secrets"].as_object_mut().unwrap().remove("github");
    let (status, changed) = change(&server, &bin, &again);
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        changed["settings"]["secrets"],
        json!({ "stripe": ["…0001", "…0004"], "github": ["…0002"] })
    );
    for (sent, field) in [
        (
            json!({ "secrets": { "acme": [SECRETS[0]] } }),
            "secrets.acme",
        ),
        (
            json!({ "secrets": { "discord": [SECRETS[0]] } }),
            "secrets.discord",
        ),
        (
            json!({ "secrets": { "stripe": SECRETS[0] } }),
            "secrets.stripe",
        ),
        (
            json!({ "secrets": { "stripe": ["…9999"] } }),
            "secrets.stripe",
        ),
        (
            json!({ "signature": { "header": "X", "secret": SECRETS[0], "signed": "" } }),
            "signature.signed",
        ),
        (
            json!({ "signature": { "header": "X", "secret": { "x": SECRETS[0] } } }),
            "signature.secret",
        ),
    ] {
        let (status, problem) = change(&server, &bin, &sent);
        assert_eq!(status, 422, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(field),
            "{problem}"
        );
        assert!(!problem.to_string().contains("s3cret"), "{problem}");
    }

    let target = format!("/{}/hooks", bin.id);
    server.request("POST", &target, &["Stripe-Signature: t=1,v1=00"], b"{}");
    let share = format!("/bins/{}/share", bin.id);
    let (_, made) = server.api("POST", &share, Some(&bin.key), None);
    let reader = Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    };
    let mut said = vec![
        server.show(&bin).to_string(),
        server.show(&reader).to_string(),
        server.capture(&bin, 1).to_string(),
        server.capture(&reader, 1).to_string(),
    ];
    for key in [&bin, &reader] {
        for below in ["", "/requests/1", "/settings", "/share"] {
            said.push(server.get(&key.page(below)).text());
        }
    }
    said.push(server.log());
    for text in &said {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{text}");
        }
    }
    // Of a read key's answers not even the last characters.
    assert!(!said[1].contains("0001") && !said[3].contains("0001"));

    let none = json!({ "secrets": { "stripe": null, "github": [] }, "signature": null, "tolerance_s": null });
    assert_eq!(change(&server, &bin, &none).0, 200);
    let settings = server.show(&bin)["settings"].clone();
    assert_eq!(settings["secrets"], json!({}));
    assert!(settings["signature"].is_null() && settings["tolerance_s"].is_null());
}

#[test]
fn secrets_survive_a_restart() {
    let mut server = Server::start();
    let bin = server.bin_with(&json!({ "secrets": { "stripe": [SECRETS[0]] } }));
    server.stop();
    server.start_again();
    assert_eq!(secrets(&server, &bin), json!({ "stripe": ["…0001"] }));
}

#[test]
fn the_page_takes_secrets_and_draws_none() {
    let server = Server::start();
    let bin = server.bin();
    let send = |fields: &str| server.form(&bin.page("/signing"), "", fields);
    for secret in [SECRETS[0], SECRETS[3]] {
        let answer = send(&format!("act=add&provider=stripe&secret={secret}%0D%0A"));
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    send(&format!("act=add&provider=github&secret={}", SECRETS[1]));
    let scheme = "act=scheme&header=X-Mine&prefix=&algorithm=hmac-sha512&encoding=base64";
    let template = "signed=%7Btimestamp%7D.%7Bbody%7D&timestamp_header=X-Time";
    send(&format!("{scheme}&{template}&secret={}", SECRETS[2]));
    send("act=checks&tolerance=90");
    let settings = server.show(&bin)["settings"].clone();
    assert_eq!(
        settings["secrets"],
        json!({ "stripe": ["…0001", "…0004"], "github": ["…0002"] })
    );
    assert_eq!(
        settings["signature"],
        json!({
            "header": "X-Mine", "prefix": "", "algorithm": "hmac-sha512", "encoding": "base64",
            "signed": "{timestamp}.{body}", "timestamp_header": "X-Time", "secret": "…0003",
        })
    );
    assert_eq!(settings["tolerance_s"], 90);
    assert_eq!(settings["handshakes"], false);

    // A scheme is changed without its secret being typed again.
    send(&format!("{scheme}&{template}&secret="));
    assert_eq!(server.show(&bin)["settings"], settings);
    let page = server.get(&bin.page("/settings?provider=twilio")).text();
    assert!(page.contains("…0001") && page.contains("…0004") && page.contains("…0003"));
    assert!(page.contains("value=\"twilio\" selected"));

    for (fields, said) in [
        (
            "act=add&provider=&secret=x-s3cret",
            "Choose who the secret is for.",
        ),
        ("act=add&provider=discord&secret=x-s3cret", "64 hex digits"),
        ("act=add&provider=stripe&secret=+", "must not be empty"),
        (
            "act=add&provider=stripe&secret=%E2%80%A60001",
            "paste it whole",
        ),
        (
            "act=scheme&header=a+b&secret=x-s3cret&algorithm=hmac-sha256&encoding=hex&signed=%7Bbody%7D",
            "name of a header",
        ),
        (
            "act=checks&tolerance=soon",
            "Write a whole number of seconds",
        ),
    ] {
        let answer = send(fields);
        assert_eq!(answer.status, 422, "{fields}");
        let html = answer.text();
        assert!(html.contains(said), "{fields}: {html}");
        assert!(!html.contains("x-s3cret"), "{fields}");
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1, "{fields}");
    }
    // What the page did not show is not removed.
    send("act=remove&provider=stripe&at=0&masked=%E2%80%A60004");
    send("act=remove&provider=stripe&at=0&masked=%E2%80%A60001");
    send("act=remove&provider=github&at=0&masked=%E2%80%A60002");
    send("act=forget");
    let settings = server.show(&bin)["settings"].clone();
    assert_eq!(settings["secrets"], json!({ "stripe": ["…0004"] }));
    assert!(settings["signature"].is_null());
}
