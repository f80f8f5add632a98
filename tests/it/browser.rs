//! A real browser before a real server: what a person sees and does.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Bin, Browser, Server, Wants, eventually};

/// The numbers of the rows that are shown, from top to bottom.
fn rows(browser: &Browser) -> Vec<u64> {
    let script =
        "return [...document.querySelectorAll('a.row')].map(row => Number(row.id.slice(1)))";
    serde_json::from_value(browser.run(script)).unwrap()
}

/// Waits until exactly these rows are shown, newest first.
fn expect_rows(browser: &Browser, numbers: impl DoubleEndedIterator<Item = u64>) {
    let want: Vec<u64> = numbers.rev().collect();
    let mut seen = Vec::new();
    eventually(&format!("rows {want:?}"), || {
        seen = rows(browser);
        let once: BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "a row is there twice: {seen:?}");
        (seen == want).then_some(())
    });
}

/// Asserts that a page does not scroll sideways, on a phone and on a small one.
fn expect_no_sideways_scrolling(browser: &Browser, what: &str) {
    for width in [320, 390] {
        browser.resize(width, 844);
        let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]");
        assert_eq!(widths, json!([width, width]), "{what}");
    }
}

fn page(server: &Server, bin: &Bin) -> String {
    format!("{}{}", server.base(), bin.page(""))
}

#[test]
fn a_bin_is_made_and_its_requests_are_seen_as_they_arrive() {
    let mut server = Server::start();
    let browser = Browser::open();
    browser.goto(&server.base());
    browser.click("form.create button");
    browser.until("document.getElementById('waiting')");
    let key = browser.url().rsplit_once("/b/").unwrap().1.to_owned();
    let address = browser.text(".url.big code");
    let id = address.rsplit_once('/').unwrap().1.to_owned();
    assert_ne!(id, key);
    let bin = Bin { id, key };

    // The waiting page turns into the first request without a reload.
    browser.run("window.notReloaded = true");
    server.post(&bin, "/orders?x=1", br#"{"order": 42}"#);
    browser.until("document.querySelector('#waiting a.row')");
    browser.until("window.notReloaded");
    browser.click("#waiting a.row");
    browser.until("document.querySelector('#request[data-n=\"1\"]')");

    // The list, too.
    browser.run("window.notReloaded = true");
    for n in 2..=4 {
        server.post(&bin, &format!("/orders/{n}"), br#"{"order": 43}"#);
    }
    expect_rows(&browser, 1..=4);
    assert!(browser.text("#r3").contains("/orders/3"));

    // One of them is opened beside it.
    server.request(
        "PUT",
        &format!("/{}/deep/path?a=b", bin.id),
        &[
            "X-Custom-Header: its value",
            "Content-Type: application/json",
        ],
        br#"{"big": 12345678901234567890, "list": [true, null]}"#,
    );
    expect_rows(&browser, 1..=5);
    browser.click("#r5");
    browser.until("document.querySelector('#request[data-n=\"5\"]')");
    let shown = browser.text("#request");
    for part in [
        "PUT",
        "/deep/path",
        "a=b",
        "X-Custom-Header",
        "its value",
        "12345678901234567890",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    browser.until("window.notReloaded");

    // While the pointer or the focus is in the list, it does not move under the reader; so both go elsewhere.
    server.post(&bin, "/held", b"");
    browser.until("!document.getElementById('pill').hidden");
    assert_eq!(rows(&browser), [5, 4, 3, 2, 1]);
    browser.click("#request .num");
    expect_rows(&browser, 1..=6);

    // The server goes away and comes back; what was posted before and after is there once, in order.
    for round in 0..2 {
        server.post(&bin, "/before", b"");
        if round == 0 {
            assert!(server.stop().success());
            // What is asked for meanwhile does not come, and what is there stays.
            let open = "Number(document.querySelector('#pages [aria-current]').id.slice(1))";
            let before = browser.run(&format!("return {open}"));
            browser.run("document.getElementById('r2').click()");
            browser.until("[...document.querySelectorAll('[role=status]')].some(e => e.textContent === 'No answer from the server')");
            assert_eq!(browser.run(&format!("return {open}")), before);
        } else {
            server.kill();
        }
        server.start_again();
        for _ in 0..3 {
            server.post(&bin, "/after", b"");
        }
        expect_rows(&browser, 1..=6 + 4 * (round + 1));
    }
    browser.until("document.getElementById('state').textContent === 'Live'");
    browser.until("window.notReloaded");
    assert_eq!(browser.complaints(), [""; 0]);

    // A reload shows the same.
    browser.reload();
    expect_rows(&browser, 1..=14);
}

/// What would change the page if anything of it were run or taken for markup.
const HOSTILE: &str = r#"<img class=pwned src=x onerror="document.title='pwned';window.pwned=1;alert(1)"><script class=pwned>document.title='pwned';window.pwned=1</script><svg class=pwned onload=window.pwned=1><style class=pwned>*{display:none}</style></title></textarea><iframe class=pwned srcdoc="<script>parent.pwned=1</script>"></iframe>"#;

fn expect_unharmed(browser: &Browser, what: &str) {
    assert!(!browser.has_alert(), "{what}");
    let harmed = browser.run("return [!!window.pwned, document.querySelectorAll('.pwned, iframe:not([sandbox=\"\"])').length, document.title === 'pwned']");
    assert_eq!(harmed, json!([false, 0, false]), "{what}");
    let complaints = browser.complaints();
    if browser.count("iframe") == 1 {
        // What the frame of a preview wanted, and was not let.
        let is_refusal =
            |line: &String| line.contains("/preview") || line.contains("Content Security Policy");
        assert!(complaints.iter().all(is_refusal), "{what}: {complaints:?}");
    } else {
        assert_eq!(complaints, [""; 0], "{what}");
    }
}

#[test]
fn nothing_that_was_captured_is_run() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin_with(&json!({ "name": HOSTILE.split_at(95).0 }));
    let encoded = HOSTILE
        .bytes()
        .fold(String::new(), |so_far, byte| format!("{so_far}%{byte:02X}"));
    // Such characters are let through in a target by many a sender.
    let raw = HOSTILE.replace(' ', "/");
    let header = format!("X-Html: {HOSTILE}");
    let agent = format!("User-Agent: {HOSTILE}");
    let json = json!({ HOSTILE: HOSTILE, "url": "javascript:alert(1)" }).to_string();
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{}\"\r\nContent-Type: text/html\r\n\r\n{HOSTILE}\r\n--b--\r\n",
        HOSTILE.replace('"', "'")
    );
    let requests: [(&str, &str, &str, &str); 8] = [
        ("/json", &header, "Content-Type: application/json", &json),
        ("/html", &agent, "Content-Type: text/html", HOSTILE),
        (
            "/svg",
            &header,
            "Content-Type: image/svg+xml",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"window.pwned=1\"/>",
        ),
        (
            "/form",
            &header,
            "Content-Type: application/x-www-form-urlencoded",
            &format!("a={encoded}&{encoded}=b"),
        ),
        (
            "/file",
            &header,
            "Content-Type: multipart/form-data; boundary=b",
            &multipart,
        ),
        (
            "/type",
            &header,
            &format!("Content-Type: {HOSTILE}"),
            HOSTILE,
        ),
        (
            &format!("/{encoded}?{encoded}={encoded}"),
            &header,
            "Cookie: a=<script class=pwned>window.pwned=1</script>",
            "",
        ),
        (
            &format!("/{raw}?q={raw}"),
            &header,
            "Content-Type: text/plain",
            HOSTILE,
        ),
    ];
    browser.goto(&page(&server, &bin));
    // The first comes to the waiting page.
    let mut sent = 0;
    for (path, first, second, body) in requests {
        let answer = server.request(
            "POST",
            &format!("/{}{path}", bin.id),
            &[first, second],
            body.as_bytes(),
        );
        if answer.status != 200 {
            continue; // It was refused, which is as good.
        }
        sent += 1;
        if sent == 1 {
            browser.until("document.querySelector('#waiting a.row')");
            expect_unharmed(&browser, "waiting");
            browser.goto(&page(&server, &bin));
        }
    }
    assert!(sent >= 7, "{sent}");
    expect_rows(&browser, 1..=sent);
    expect_unharmed(&browser, "list");
    for n in 1..=sent {
        browser.click(&format!("#r{n}"));
        browser.until(&format!(
            "document.querySelector('#request[data-n=\"{n}\"]')"
        ));
        expect_unharmed(&browser, &format!("request {n}"));
        // Every way that its body can be looked at.
        let script =
            "return [...document.querySelectorAll('#request .tabs a')].map(tab => tab.href)";
        let tabs: Vec<String> = serde_json::from_value(browser.run(script)).unwrap();
        for tab in tabs {
            browser.goto(&tab);
            expect_unharmed(&browser, &tab);
        }
    }
    for below in ["/settings", "/refused", "/clear", "/delete"] {
        browser.goto(&format!("{}{below}", page(&server, &bin)));
        expect_unharmed(&browser, below);
    }
    browser.goto(&server.base());
    expect_unharmed(&browser, "home");
}

#[test]
fn keys_move_and_requests_are_deleted_after_a_question() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    for n in 1..=5 {
        server.post(&bin, &format!("/{n}"), b"{}");
    }
    browser.goto(&page(&server, &bin));
    expect_rows(&browser, 1..=5);
    let opened = |n: u64| {
        browser.until(&format!("document.querySelector('#request[data-n=\"{n}\"]') && document.querySelector('a.row[aria-current]').id === 'r{n}'"));
    };
    opened(5);
    browser.press("jj");
    opened(3);
    browser.press("k");
    opened(4);
    browser.press("?");
    browser.until("document.getElementById('keys').open");
    browser.press("j"); // Nothing moves under a dialog.
    browser.press("\u{e00c}"); // Escape.
    browser.until("!document.getElementById('keys').open");
    opened(4);

    // One goes at once, and the next is opened.
    browser.click("#request form[action$='/delete'] button");
    expect_rows(&browser, [1, 2, 3, 5].into_iter());
    opened(3);
    assert_eq!(server.show(&bin)["captures"], 4);

    // All go after a question, which can be answered with no.
    browser.click("nav.wide a[href$='/clear']");
    browser.until("document.querySelector('dialog[open] form')");
    browser.click("dialog[open] [data-close]");
    browser.until("!document.querySelector('dialog[open]')");
    assert_eq!(server.show(&bin)["captures"], 4);
    browser.click("nav.wide a[href$='/clear']");
    browser.click("dialog[open] form button");
    eventually("all are deleted", || {
        (server.show(&bin)["captures"] == 0).then_some(())
    });
    browser.until("document.getElementById('waiting')");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_list_that_is_open_elsewhere_follows() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    for _ in 0..3 {
        server.post(&bin, "/x", b"{}");
    }
    browser.goto(&page(&server, &bin));
    expect_rows(&browser, 1..=3);
    browser.until("document.getElementById('state').textContent === 'Live'");
    let renamed = json!({ "name": "New name" });
    let api = |method, below: &str, body| {
        let path = format!("/bins/{}{below}", bin.id);
        let (status, answer) = server.api(method, &path, Some(&bin.key), body);
        assert!(status < 300, "{answer}");
    };
    api("DELETE", "/captures/2", None);
    expect_rows(&browser, [1, 3].into_iter());
    api("PATCH", "", Some(&renamed));
    browser.until("document.querySelector('.bar h1').textContent.includes('New name')");
    api("DELETE", "/captures", None);
    expect_rows(&browser, [].into_iter());
    server.post(&bin, "/x", b"{}");
    expect_rows(&browser, [4].into_iter());
    api("DELETE", "", None);
    browser.until("document.getElementById('state').textContent === 'Ended'");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_theme_is_chosen_and_stays() {
    let server = Server::start();
    let browser = Browser::open();
    browser.goto(&server.base());
    let background = || {
        let script = "return getComputedStyle(document.body).backgroundColor + getComputedStyle(document.documentElement).colorScheme";
        browser.run(script)
    };
    browser.click(".foot button[value=dark]");
    browser.until("getComputedStyle(document.documentElement).colorScheme === 'dark'");
    let dark = background();
    browser.reload();
    assert_eq!(background(), dark);
    browser.click(".foot button[value=light]");
    browser.until("getComputedStyle(document.documentElement).colorScheme === 'light'");
    assert_ne!(background(), dark);
}

#[test]
fn without_script_everything_works_by_links_and_forms() {
    let server = Server::start();
    let browser = Browser::with(Wants {
        script: false,
        ..Wants::default()
    });
    browser.goto(&server.base());
    browser.click("form.create button");
    eventually("the bin's page", || {
        browser.url().contains("/b/").then_some(())
    });
    let key = browser.url().rsplit_once("/b/").unwrap().1.to_owned();
    let address = browser.text(".url.big code");
    let bin = Bin {
        id: address.rsplit_once('/').unwrap().1.to_owned(),
        key,
    };
    server.post(&bin, "/first", br#"{"n": 1}"#);
    server.post(&bin, "/second", br#"{"n": 2}"#);
    browser.goto(&page(&server, &bin));
    assert_eq!(browser.count("a.row"), 2);
    browser.click("#r1");
    eventually("the request's page", || {
        browser.url().contains("/requests/1").then_some(())
    });
    assert_eq!(browser.count("#request[data-n='1']"), 1);
    assert!(browser.text("#request").contains("/first"));
    browser.click("#request form[action$='/1/delete'] button");
    eventually("one is deleted", || {
        (server.show(&bin)["captures"] == 1).then_some(())
    });
    browser.goto(&page(&server, &bin));
    assert_eq!(browser.count("a.row"), 1);
    browser.click("nav.wide a[href$='/settings']");
    eventually("settings", || {
        browser.url().ends_with("/settings").then_some(())
    });
    browser.goto(&page(&server, &bin));
    browser.click("nav.wide a[href$='/clear']");
    browser.click("main form button");
    eventually("all are deleted", || {
        (server.show(&bin)["captures"] == 0).then_some(())
    });
    browser.goto(&format!("{}/delete", page(&server, &bin)));
    browser.click("main form button");
    eventually("the bin is deleted", || {
        let (status, _) = server.api("GET", &format!("/bins/{}", bin.id), Some(&bin.key), None);
        (status == 410).then_some(())
    });
}

#[test]
fn a_narrow_screen_never_scrolls_sideways() {
    let server = Server::start();
    let browser = Browser::with(Wants {
        width: 390,
        height: 844,
        ..Wants::default()
    });
    browser.goto(&server.base());
    expect_no_sideways_scrolling(&browser, "home");
    let bin = server.bin_with(&json!({ "name": "A name without an end ".repeat(4) }));
    browser.goto(&page(&server, &bin));
    expect_no_sideways_scrolling(&browser, "waiting");
    let long = "unbroken".repeat(60);
    let field = format!("X-Long: {long}");
    server.request(
        "POST",
        &format!("/{}/{long}?q={long}", bin.id),
        &[&field, "Content-Type: application/json"],
        format!(r#"{{"{long}": "{long}"}}"#).as_bytes(),
    );
    server.request(
        "POST",
        &format!("/{}/text", bin.id),
        &["Content-Type: text/plain"],
        long.as_bytes(),
    );
    server.request(
        "POST",
        &format!("/{}/bytes", bin.id),
        &[],
        &[0, 159, 146, 150].repeat(100),
    );
    server.request(
        "POST",
        &format!("/{}/form", bin.id),
        &["Content-Type: application/x-www-form-urlencoded"],
        format!("{long}={long}").as_bytes(),
    );
    for below in [
        "",
        "/requests/1",
        "/requests/2",
        "/requests/3",
        "/requests/4",
        "/settings",
        "/refused",
        "/clear",
        "/delete",
    ] {
        browser.goto(&format!("{}{below}", page(&server, &bin)));
        expect_no_sideways_scrolling(&browser, below);
    }
    browser.goto(&format!("{}/b/nowhere", server.base()));
    expect_no_sideways_scrolling(&browser, "error");
    browser.goto(&server.base());
    expect_no_sideways_scrolling(&browser, "home with bins");
}

#[test]
fn sse_06_eight_tabs_of_one_server_all_show_their_page() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    server.post(&bin, "/x", b"{}");
    for tab in 0..8 {
        if tab > 0 {
            browser.new_tab();
        }
        browser.goto(&page(&server, &bin));
        expect_rows(&browser, 1..=1);
    }
}

#[test]
fn a_full_bin_is_shown_at_once_and_takes_a_burst() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    let burst = |count: usize| {
        let request = format!(
            "POST /{}/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{{}}",
            bin.id
        );
        let mut connection = server.connect();
        for _ in 0..count {
            connection.send(&request).unwrap();
            assert_eq!(connection.receive().unwrap().status, 200);
        }
    };
    burst(1000);
    browser.goto(&page(&server, &bin));
    expect_rows(&browser, 951..=1000);
    browser.until("document.getElementById('state').textContent === 'Live'");
    burst(400);
    browser.until("document.querySelector('a.row').id === 'r1400'");
    let shown = rows(&browser);
    assert!(shown.len() <= 200, "{}", shown.len());
    assert!(
        shown.windows(2).all(|pair| pair[0] == pair[1] + 1),
        "{shown:?}"
    );
    browser.press("j");
    browser.until("document.querySelector('#request[data-n]')");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_request_is_pinned_noted_and_shared() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    for _ in 0..3 {
        server.request(
            "POST",
            &format!("/{}/orders?token=t0p-s3cr3t", bin.id),
            &["Authorization: Bearer t0p-s3cr3t"],
            b"{}",
        );
    }
    browser.goto(&page(&server, &bin));
    browser.until("document.getElementById('state').textContent === 'Live'");
    browser.press("j");
    browser.until("document.querySelector('#request[data-n=\"2\"]')");
    browser.press("p");
    browser.until("document.querySelector('.detail [aria-keyshortcuts=p][aria-pressed=true]')");
    assert_eq!(server.capture(&bin, 2)["pinned"], true);
    browser.until("document.querySelector('#r2 [aria-label=pinned]')");

    // Whoever looks at the same time sees the row change, and keeps what is open.
    let path = format!("/bins/{}/captures/3", bin.id);
    let note = json!({ "note": "from elsewhere" });
    server.api("PATCH", &path, Some(&bin.key), Some(&note));
    browser.until("document.querySelector('#r3 [aria-label=\"with a note\"]')");
    browser.until("document.querySelector('#r2').ariaCurrent === 'true'");

    browser.click(".remark summary");
    browser.run("document.querySelector('.remark textarea').value = 'failed <b>here'");
    browser.click(".remark .save");
    browser.until("document.querySelector('#r2 [aria-label=\"with a note\"]')");
    assert_eq!(server.capture(&bin, 2)["note"], "failed <b>here");

    browser.click(".acts a[title=\"Share request\"]");
    browser.click("form.create button");
    browser.until("document.querySelector('.url.big')");
    let link = browser.text(".url.big code");
    browser.goto(&link);
    let shown = browser.text("#request");
    assert!(
        shown.contains("failed <b>here") && shown.contains("•••"),
        "{shown}"
    );
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert_eq!(
        browser.count("form[action*=mark], form[action*=delete], a.row"),
        0
    );
    assert!(browser.url().ends_with("/requests/2"));

    browser.goto(&format!("{}/share", page(&server, &bin)));
    browser.click("td form button");
    browser.until("document.querySelector('.empty')");
    browser.goto(&link);
    browser.until("document.querySelector('h1').textContent === 'This link has ended'");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// A picture of two by one pixels.
const PNG: &[u8] = include_bytes!("../files/two.png");

#[test]
fn a_preview_runs_nothing_and_asks_nobody() {
    let server = Server::start();
    let browser = Browser::open();
    let bin = server.bin();
    let trap = format!("{}/{}/trap", server.base(), bin.id);
    let html = format!(
        "<h1 style='color:red'>Hello</h1><script>top.pwned=1;fetch('{trap}?script')</script><img src='{trap}?img' onerror='top.pwned=1'>\
         <link rel=stylesheet href='{trap}?css'><iframe src='{trap}?frame'></iframe><meta http-equiv=refresh content='0;url={trap}?refresh'>\
         <form action='{trap}?form'><input autofocus></form><body onload='top.pwned=1'>"
    );
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' onload='top.pwned=1'><script>top.pwned=1</script><image href='{trap}?svg'/></svg>"
    );
    for (content_type, body) in [
        ("text/html", html.as_bytes()),
        ("image/svg+xml", svg.as_bytes()),
        ("text/plain", PNG),
    ] {
        let content_type = format!("Content-Type: {content_type}");
        server.request("POST", &format!("/{}", bin.id), &[&content_type], body);
    }
    let open = |n: u64, query: &str| {
        browser.goto(&format!("{}/requests/{n}{query}", page(&server, &bin)));
    };
    for n in [1, 2] {
        // Its source is what is shown, and nothing is drawn before that is asked for.
        open(n, "");
        assert_eq!(browser.count("iframe"), 0);
        assert!(browser.text("#body .raw").contains("top.pwned=1"));
        assert_eq!(browser.complaints(), [""; 0]);
        // By the script, which puts it into the page that is there, and by the address.
        for by_click in [true, false] {
            if by_click {
                browser.click("#body .tabs a[href*='preview']");
            } else {
                open(n, "?view=preview");
            }
            browser.until("document.querySelector('iframe[sandbox=\"\"]')");
            browser.until("performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/preview') && entry.responseEnd > 0)");
            expect_unharmed(&browser, "a preview");
            let reach = "try { return document.querySelector('iframe').contentDocument === null } catch { return true }";
            assert_eq!(browser.run(reach), json!(true), "it is of no origin");
        }
    }
    open(3, "");
    browser.until("document.querySelector('#body .preview img')?.naturalWidth === 2");
    assert_eq!(browser.complaints(), [""; 0]);
    // Whatever it tried to reach: nothing arrived.
    assert_eq!(server.show(&bin)["captures"], 3);
}

#[test]
fn bytes_of_a_large_body_open_a_window_at_a_time() {
    let server = Server::with(&["--max-body", "20M"]);
    let browser = Browser::open();
    let bin = server.bin_with(&json!({ "body_limit": 20_000_000 }));
    let body = vec![0; 10 * 1024 * 1024];
    let reply = server.request("POST", &format!("/{}", bin.id), &[], &body);
    assert_eq!(reply.status, 200);
    browser.goto(&format!("{}/requests/1", page(&server, &bin)));
    let rows = || browser.count("#body .hex .o");
    assert_eq!(rows(), 256);
    browser.click("#body .cutoff a[href*='offset=10481664']");
    browser.until("document.querySelector('#body .hex .o').textContent === '009ff000'");
    assert_eq!(rows(), 256);
    browser.click("#body .cutoff a[href*='offset=10477568']");
    browser.until("document.querySelector('#body .hex .o').textContent === '009fe000'");
    assert_eq!(browser.complaints(), [""; 0]);
}
