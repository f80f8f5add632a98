//! Changing settings and deleting, by forms.

use serde_json::json;

use crate::support::Server;

#[test]
fn each_section_changes_its_own_settings_only() {
    let server = Server::start();
    let bin = server.bin();
    let settings = bin.page("/settings");
    for fields in [
        "section=general&name=Orders",
        "section=address&alias=orders-staging",
        "section=limits&captures=50&mib=1.5&days=0&body_mib=0.25",
        "section=mask&mask_headers=cookie%0D%0Ax-own,+x-two&mask_query=&mask_json=card.number",
    ] {
        let answer = server.form(&settings, "", fields);
        let section = fields.split(['=', '&']).nth(1).unwrap();
        let want = format!("{settings}?saved={section}#{section}");
        assert_eq!(answer.header("location"), Some(want.as_str()), "{fields}");
    }
    let shown = server.show(&bin);
    assert_eq!(
        shown["settings"],
        json!({
            "name": "Orders", "alias": "orders-staging", "cors": true,
            "keep": {"captures": 50, "bytes": 1_572_864, "days": 0}, "body_limit": 262_144,
            "mask": {"headers": ["cookie", "x-own", "x-two"], "query": [], "json": ["card.number"]},
            "secrets": {}, "signature": null, "tolerance_s": null, "handshakes": true,
            "reply": {"status": 200, "headers": [], "body": "", "delay_ms": 0, "fault": null}, "rules": [], "targets": [], "status_by_query": false
        })
    );
    let html = server.get(&format!("{settings}?saved=limits")).text();
    assert!(html.contains("Saved") && html.contains("value=\"1.5\""));
}

#[test]
fn what_cannot_be_is_said_under_its_field() {
    let server = Server::start();
    let (bin, other) = (server.bin(), server.bin_with(&json!({"alias": "taken"})));
    assert_eq!(server.show(&other)["settings"]["alias"], "taken");
    for (fields, said) in [
        ("section=address&alias=taken", "Another bin has this alias."),
        ("section=address&alias=No+Spaces", "An alias has 3 to 63"),
        (
            "section=limits&captures=many&mib=1&days=1&body_mib=1",
            "Write a whole number",
        ),
        (
            "section=limits&captures=1&mib=1&days=1&body_mib=11",
            "10 MiB is the most",
        ),
        ("section=general&name=a%0Ab", "There is a control character"),
        (
            "section=mask&mask_headers=cookie:&mask_query=&mask_json=",
            "“cookie:” is not the name of a header field.",
        ),
        (
            "section=mask&mask_headers=&mask_query=&mask_json=$.a%20items[0].token",
            "“items[0].token” is no path: keys and positions have dots between, as in items.0.token.",
        ),
    ] {
        let answer = server.form(&bin.page("/settings"), "", fields);
        assert_eq!(answer.status, 422, "{fields}");
        let html = answer.text();
        assert!(html.contains(said), "{fields}: {html}");
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), 1, "{fields}");
    }
    assert_eq!(
        server.show(&bin)["settings"],
        server.show(&server.bin())["settings"]
    );
}

#[test]
fn nothing_is_deleted_before_it_was_asked_for() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..2 {
        server.post(&bin, "/x", b"{}");
    }
    let asked = server.get(&bin.page("/clear")).text();
    assert!(asked.contains("Clear 2 requests"));
    assert!(
        server
            .get(&bin.page("/delete"))
            .text()
            .contains("Its 2 requests")
    );
    assert_eq!(server.captures(&bin).len(), 2);

    let one = server.form(&bin.page("/requests/2/delete"), "", "");
    assert_eq!(
        one.header("location"),
        Some(bin.page("/requests/1").as_str())
    );
    let again = server.form(&bin.page("/requests/2/delete"), "", "");
    assert_eq!(again.status, 303);
    assert_eq!(server.captures(&bin).len(), 1);

    let cleared = server.form(&bin.page("/clear"), "", "");
    assert_eq!(cleared.header("location"), Some(bin.page("").as_str()));
    assert!(
        server
            .get(&bin.page(""))
            .text()
            .contains("Waiting for the next request.")
    );
}

#[test]
fn a_deleted_bin_is_a_page_that_says_when() {
    let server = Server::start();
    let bin = server.bin();
    server.form(&bin.page("/delete"), "", "");
    let answer = server.get(&bin.page("/settings"));
    assert_eq!(answer.status, 410);
    assert!(answer.text().contains("This bin is gone"));
    let unknown = server.get("/b/00000000000000000000000000000000");
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("No such bin"));
    assert_eq!(server.get("/b/x/y/z").status, 404);
    assert_eq!(server.get(&bin.page("/test")).status, 405);
}

#[test]
fn replies_and_rules_are_written_by_forms() {
    let server = Server::start();
    let bin = server.bin();
    let send = |path: &str, fields: &str| server.form(&bin.page(path), "", fields);
    let settings = |name: &str| server.show(&bin)["settings"][name].clone();

    let reply = "status=202&delay=5&fault=&headers=Content-Type:+text/plain%0D%0AX-A:+b%0D%0A&body=a%0D%0Ab&cors=on&status_by_query=on";
    let saved = send("/reply", reply);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let want = json!({
        "status": 202, "delay_ms": 5, "fault": null, "body": "a\nb",
        "headers": [{"name": "Content-Type", "value": "text/plain"}, {"name": "X-A", "value": "b"}],
    });
    assert_eq!(settings("reply"), want);
    assert_eq!(
        (settings("cors"), settings("status_by_query")),
        (json!(true), json!(true))
    );

    // A preset is a form that is filled in; what is sent from it is a rule.
    let html = server.get(&bin.page("/settings?preset=fail-twice")).text();
    assert!(
        html.contains("value=\"Fail twice, then succeed\""),
        "{html}"
    );
    let rule = "act=save&at=0&was=&name=first&when=path:/a&per=delivery&percent=100&status-0=503&times-0=2&status-1=200&status-2=";
    assert_eq!(send("/rule", rule).status, 303);
    let other = "act=save&at=1&was=&name=second&when=&per=bin&percent=50&status-0=&fault-0=hang";
    assert_eq!(send("/rule", other).status, 303);
    let rules = settings("rules");
    assert_eq!(rules[0]["replies"][0]["times"], 2);
    assert_eq!(
        (&rules[0]["per"], &rules[0]["replies"][1]["status"]),
        (&json!("delivery"), &json!(200))
    );
    assert_eq!(
        (&rules[1]["percent"], &rules[1]["replies"][0]["fault"]),
        (&json!(50), &json!("hang"))
    );
    let html = server.get(&bin.page("/settings")).text();
    assert!(
        html.contains("503 twice, then 200") && html.contains("never answer"),
        "{html}"
    );

    // What is wrong is said where it was typed, and nothing is changed.
    for (path, fields, said) in [
        ("/reply", "status=99", "Expected 200 to 599"),
        ("/reply", "status=200&delay=x", "Write a whole number."),
        (
            "/reply",
            "status=200&headers=Set-Cookie:+a%3Db",
            "cannot set Set-Cookie",
        ),
        ("/reply", "status=200&body={{", "Line 1"),
        (
            "/rule",
            "act=save&at=9&name=first&status-0=200",
            "Another rule has this name",
        ),
        (
            "/rule",
            "act=save&at=9&name=x&when=metod:GET&status-0=200",
            "At character 1",
        ),
        (
            "/rule",
            "act=save&at=9&name=x&status-0=503&status-1=200",
            "Expected a number",
        ),
        ("/rule", "act=save&at=9&name=x", "Expected 1 to 20"),
    ] {
        let answer = send(path, fields);
        let html = answer.text();
        assert_eq!(answer.status, 422, "{fields}: {html}");
        assert!(html.contains(said), "{fields}: {html}");
    }
    assert_eq!((settings("rules"), settings("reply")), (rules, want));

    // Rules are moved and removed by their names: a page that is older than the settings does no harm.
    assert_eq!(send("/rule", "act=up&at=1&was=second").status, 303);
    assert_eq!(settings("rules")[0]["name"], "second");
    assert_eq!(send("/rule", "act=remove&at=1&was=second").status, 303);
    assert_eq!(settings("rules").as_array().unwrap().len(), 2);
    assert_eq!(send("/rule", "act=remove&at=0&was=second").status, 303);
    let left = settings("rules");
    assert_eq!(
        (left.as_array().unwrap().len(), &left[0]["name"]),
        (1, &json!("first"))
    );
}
