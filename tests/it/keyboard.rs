//! A bin's page by keyboard alone, in a real browser: each key, the order of the focus, and what is read out.

use serde_json::Value;

use crate::support::{Bin, Browser, Server};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";

/// A bin with this many requests, its page open and live.
fn open(count: u64) -> (Server, Bin, Browser) {
    let server = Server::start();
    let bin = server.bin();
    for n in 1..=count {
        server.post(
            &bin,
            &format!("/{n}"),
            br#"{"n": "one \"two\"", "m": 12.50}"#,
        );
    }
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("")));
    live(&browser);
    (server, bin, browser)
}

fn live(browser: &Browser) {
    browser.until("document.getElementById('state').textContent === 'Live'");
}

/// Waits until that request is the open one, here and in the list.
fn opened(browser: &Browser, n: u64) {
    browser.until(&format!(
        "document.querySelector('#request[data-n=\"{n}\"]') && document.querySelector('a.row[aria-current]').id === 'r{n}'"
    ));
}

/// What is copied from now on is kept in the page: a browser without a window may have no clipboard.
fn keep_copies(browser: &Browser) {
    browser.run("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => { window.copied = text; } } })");
}

#[test]
fn each_key_does_what_the_list_of_keys_says() {
    let (server, bin, browser) = open(5);
    keep_copies(&browser);
    opened(&browser, 5);
    for (key, n) in [("j", 4), ("k", 5), ("G", 1), ("g", 5), ("jj", 3)] {
        browser.press(key);
        opened(&browser, n);
    }

    // The views of the body; the fourth has nothing to show here, and does nothing.
    for (key, view) in [("2", "text"), ("3", "hex"), ("4", "hex"), ("1", "json")] {
        browser.press(key);
        browser.until(&format!(
            "document.querySelector('#body .tabs [aria-current]').href.includes('view={view}')"
        ));
    }

    browser.press("c");
    browser.until("window.copied?.startsWith('curl ') && window.copied.includes('/3')");
    browser.press("y");
    let address = format!("{}{}", server.base(), bin.page("/requests/3"));
    browser.until(&format!("window.copied === '{address}'"));

    browser.press("P");
    browser.until("document.getElementById('state').textContent === 'Paused'");
    browser.press("P");
    live(&browser);

    browser.press("?");
    browser.until("document.getElementById('keys').open");
    browser.press(ESCAPE);
    browser.until("!document.getElementById('keys').open");

    // In the box letters are letters; Esc leaves it with what was typed.
    browser.press("/");
    browser.until("document.activeElement.id === 'q'");
    browser.press("path:/2 or path:/4");
    browser.until("document.querySelectorAll('a.row').length === 2");
    browser.press(ESCAPE);
    browser.until("document.activeElement === document.body");
    browser.press("g");
    opened(&browser, 4);
    browser.press("j");
    opened(&browser, 2);
    let kept = "new URL(location).searchParams.get('q') === 'path:/2 or path:/4'";
    browser.until(kept);

    // Enter opens the row that has the focus.
    browser.run("document.getElementById('r4').focus()");
    browser.press(ENTER);
    opened(&browser, 4);

    // A menu closes, and the focus is where it was opened.
    browser.run("document.querySelector('.acts .menu summary').focus()");
    browser.press(ENTER);
    browser.until("document.querySelector('.acts .menu[open]')");
    browser.press(ESCAPE);
    browser.until("!document.querySelector('.menu[open]') && document.activeElement.matches('.acts .menu summary')");

    // Where to replay to is typed at once; none of its letters is a key.
    browser.press("r");
    browser.until("document.activeElement.id === 'to'");
    browser.press("http://p.example/");
    browser.until("document.getElementById('to').value === 'http://p.example/'");
    browser.press(ESCAPE);
    browser.until("!document.querySelector('.menu[open]')");
    assert_eq!(server.capture(&bin, 4)["pinned"], false);
    browser.click(".remark summary");
    browser.until("document.activeElement.name === 'note'");
    browser.run("document.activeElement.blur()");

    browser.press("p");
    browser.until("document.querySelector('#request [aria-keyshortcuts=p][aria-pressed=true]')");
    assert_eq!(server.capture(&bin, 4)["pinned"], true);
    assert_eq!(server.show(&bin)["captures"], 5, "no key deletes anything");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_json_body_is_one_stop_and_its_lines_lead_to_their_kind() {
    let (_server, _bin, browser) = open(2);
    keep_copies(&browser);
    browser.run("document.querySelector('.tree').focus()");
    browser.press(DOWN); // The first line has no path.
    browser.press(ENTER);
    browser.until("window.copied === 'json.n'");
    browser.press("v");
    browser.until("window.copied === 'one \"two\"'");
    let filter = "new URL(document.querySelector('.pathbar a').href).searchParams.get('q')";
    browser.until(&format!("{filter} === 'json.n:\"one \\\\\"two\\\\\"\"'"));
    browser.click(".pathbar a");
    browser.until(
        "document.querySelectorAll('a.row').length === 2 && document.querySelector('.found')",
    );
    live(&browser);
    browser.run("document.querySelector('.tree').focus()");
    browser.press(DOWN);
    browser.press(DOWN);
    browser.until(&format!("{filter} === 'json.m:12.50'"));
    browser.click(".pathbar a");
    browser.until("document.getElementById('q').value === 'json.m:12.50'");
    browser.until("document.querySelectorAll('a.row').length === 2");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// What has the focus, the part of the page that it is in, and whether that can be seen.
const FOCUS: &str = "
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    const part = ['.skip', '.bar', '.filter', '.status', '#list', '#request'].find(one => here.closest(one));
    const shown = box.bottom > 0 && box.width > 0 && (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
    return [part ?? here.tagName, shown, here.outerHTML.slice(0, 80)]";

#[test]
fn the_focus_goes_through_the_page_in_order_and_is_seen() {
    let (_server, _bin, browser) = open(3);
    let mut parts: Vec<String> = Vec::new();
    for _ in 0..60 {
        browser.press(TAB);
        let focus = browser.run(FOCUS);
        let part = focus[0].as_str().unwrap().to_owned();
        if part == "BODY" {
            break;
        }
        assert_eq!(focus[1], true, "the focus is not seen: {focus}");
        if parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    assert_eq!(
        parts,
        [".skip", ".bar", ".filter", ".status", "#list", "#request"]
    );
}

#[test]
fn skip_links_lead_to_the_list_and_to_the_open_request() {
    let (_server, _bin, browser) = open(3);
    for (steps, id, next) in [(1, "list", "#list"), (2, "request", "#request")] {
        browser.reload();
        live(&browser);
        for _ in 0..steps {
            browser.press(TAB);
        }
        browser.press(ENTER);
        browser.until(&format!("document.activeElement.id === '{id}'"));
        browser.press(TAB);
        assert_eq!(browser.run(FOCUS)[0], next);
    }
}

#[test]
fn a_burst_is_one_sentence_each_four_seconds() {
    let (server, bin, browser) = open(1);
    browser.run(
        "window.heard = [];
         const regions = document.querySelectorAll('[role=status], [aria-live]');
         for (const region of regions) {
             new MutationObserver(() => window.heard.push([performance.now(), region.textContent]))
                 .observe(region, { subtree: true, childList: true, characterData: true });
         }",
    );
    for n in 2..=100 {
        server.post(&bin, &format!("/{n}"), b"{}");
    }
    browser.until("document.querySelector('a.row').id === 'r100'");
    browser.until("window.heard.length > 0");
    let heard = browser.run("return window.heard");
    let heard: Vec<(f64, Value)> = serde_json::from_value(heard).unwrap();
    // Whatever the machine does, a timer is never early.
    for pair in heard.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 3900.0, "{heard:?}");
    }
    let last = heard.last().unwrap();
    assert!(
        last.1.as_str().unwrap().contains("latest POST /"),
        "{heard:?}"
    );
}
