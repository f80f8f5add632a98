//! Every page, in every state, by the rules of axe-core (<https://github.com/dequelabs/axe-core>): light and dark, wide and narrow; and that
//! nothing is too wide for it.
//!
//! A new page, or a new state of one, is a line in [`states`]; a bin that it needs is one more name in [`places`].

mod places;
mod states;

use std::fs;
use std::path::Path;

use self::places::Places;
use self::states::{DONE, LIVE, PAGES, State};
use crate::support::disk::{Disk, Plan};
use crate::support::{Browser, Connection, Wants};

const LOADED: &str = "document.readyState === 'complete'";

/// The rules of WCAG 2.2 up to AA, and those of good practice; what is broken, and where. An open menu lies over other parts, which
/// are then too small to hit: how large targets are is asked of the menu alone.
const ASK: &str = "
    const rules = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
    const menu = document.querySelector('.menu[open]');
    const size = enabled => ({ 'target-size': { enabled } });
    const run = async (where, options) => (await axe.run(where, { resultTypes: ['violations'], ...options }));
    const look = async () => {
        const found = await run(document, { runOnly: rules, rules: size(!menu) });
        const inside = menu ? await run(menu, { runOnly: ['target-size'] }) : { violations: [] };
        return {
            rules: found.passes.length,
            broken: [...found.violations, ...inside.violations].flatMap(rule => rule.nodes.map(node =>
                `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary} ${node.html.slice(0, 200)}`)),
        };
    };
    return look()";

/// What has to be scrolled sideways to be seen: pages are not, nor tables that buttons or results stand in.
const WIDE_PARTS: &str = "return [document.documentElement, ...document.querySelectorAll('.set .slide, #forwards .slide, .links')]
    .filter(part => part.scrollWidth > part.clientWidth)
    .map(part => `${part.tagName} ${part.className} is ${part.scrollWidth} wide in ${part.clientWidth}`)";

/// The words on the page, or in what is open above it.
const WORDS: &str = "return (document.querySelector('dialog[open], .menu[open]') ?? document.body).textContent.replace(/\\s+/g, ' ')";

/// The rules, as they are injected into a page: its policy lets it load nothing of the kind itself.
fn rules() -> String {
    let path = "tests/npm/node_modules/axe-core/axe.min.js";
    let found = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    found.unwrap_or_else(|error| {
        panic!("{path}: {error}: `make test` installs axe-core by scripts/setup-tests.sh, which needs npm and a network")
    })
}

/// A browser that looks at pages, and what it found.
struct Looker {
    browser: Browser,
    rules: String,
    broken: Vec<String>,
}

impl Looker {
    fn new(width: u32, height: u32) -> Self {
        Self {
            browser: Browser::with(Wants {
                width,
                height,
                ..Wants::default()
            }),
            rules: rules(),
            broken: Vec::new(),
        }
    }

    /// Looks at a state of a page.
    fn visit(&mut self, places: &Places, state: State) {
        let browser = &self.browser;
        browser.goto(&places.address(state.at));
        browser.until(LOADED);
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_eq!(browser.run(status), state.status, "{}", state.at);
        browser.run(state.act);
        browser.until(state.until);
        self.look(&format!("{} {}", state.at, state.act), state.says);
    }

    /// Looks at the page as it is.
    fn look(&mut self, what: &str, says: &str) {
        let words = self.browser.run(WORDS);
        let words = words.as_str().unwrap();
        if !words.contains(says) {
            self.broken
                .push(format!("{what}: {says} is not in: {words}"));
        }
        for part in self.browser.run(WIDE_PARTS).as_array().unwrap() {
            self.broken.push(format!("{what}: {part}"));
        }
        self.browser.run(&self.rules);
        for scheme in ["light", "dark"] {
            self.browser.prefer(scheme);
            let result = self.browser.run(ASK);
            // A page that did not load has nothing that could be broken, and little that could be right.
            let passed = result["rules"].as_u64().unwrap();
            assert!(passed >= 5, "{what}: only {passed} rules say anything");
            for one in result["broken"].as_array().unwrap() {
                self.broken.push(format!("{what} ({scheme}): {one}"));
            }
        }
    }

    /// # Panics
    /// When a rule was broken anywhere.
    fn expect_nothing_broken(self) {
        assert!(self.broken.is_empty(), "{}", self.broken.join("\n"));
    }
}

fn look_at(states: &[State], (width, height): (u32, u32)) {
    let places = Places::new();
    let mut looker = Looker::new(width, height);
    for state in states {
        looker.visit(&places, *state);
    }
    looker.expect_nothing_broken();
}

const WIDE: (u32, u32) = (1280, 800);
const NARROW: (u32, u32) = (390, 844);

#[test]
fn no_rule_is_broken_on_a_wide_screen() {
    look_at(PAGES, WIDE);
}

#[test]
fn no_rule_is_broken_on_a_narrow_screen() {
    look_at(PAGES, NARROW);
}

#[test]
fn no_rule_is_broken_on_a_wide_screen_where_something_was_done() {
    look_at(DONE, WIDE);
}

#[test]
fn no_rule_is_broken_on_a_narrow_screen_where_something_was_done() {
    look_at(DONE, NARROW);
}

/// An import that has begun and does not go on.
fn import(places: &Places) -> Connection {
    let address = places.address("{bin}");
    let path = address.strip_prefix(&places.server.base()).unwrap();
    let mut connection = places.server.connect();
    let head = format!(
        "POST {path}/import HTTP/1.1\r\nHost: {}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 10\r\n\
         Expect: 100-continue\r\n\r\n",
        places.server.address
    );
    connection.send(head).unwrap();
    assert_eq!(connection.receive().unwrap().status, 100);
    connection
}

#[test]
fn no_rule_is_broken_when_the_server_is_away() {
    for (width, height) in [WIDE, NARROW] {
        let mut places = Places::new();
        let mut looker = Looker::new(width, height);
        let until = |looker: &Looker, state: &str| {
            looker.browser.until(&format!(
                "document.getElementById('state').textContent === '{state}'"
            ));
        };
        looker.browser.goto(&places.address("{bin}"));
        looker.browser.until(LIVE);
        assert!(places.server.stop().success());
        until(&looker, "Reconnecting");
        looker.look("reconnecting", "Connection lost at");
        // Minutes later.
        let later = "const now = Date.now; Date.now = () => now() + 180000";
        looker.browser.run(later);
        until(&looker, "Not live");
        looker.look("not live", "No longer live.");
        places.server.start_again();
        until(&looker, "Live");
        // Too much to do.
        let turns: Vec<Connection> = (0..4).map(|_| import(&places)).collect();
        looker.visit(&places, states::BUSY);
        drop(turns);
        // A store that fails.
        let store = places.server.data().join("hookwell.db");
        let store = rusqlite::Connection::open(store).unwrap();
        store
            .execute_batch("ALTER TABLE bins RENAME TO away")
            .unwrap();
        looker.visit(&places, states::BROKEN);
        looker.expect_nothing_broken();
    }
}

#[test]
fn no_rule_is_broken_when_the_disk_is_full() {
    for (width, height) in [WIDE, NARROW] {
        let disk = Disk::new();
        let server = disk.serve(&[]);
        let mut looker = Looker::new(width, height);
        looker.browser.goto(&server.base());
        looker.browser.until(LOADED);
        disk.plan(Plan::failing(rustix::io::Errno::NOSPC));
        let create = "document.querySelector('form.create').requestSubmit()";
        looker.browser.run(create);
        looker.browser.until("document.querySelector('.code-no')");
        looker.look("a disk that is full", "507 Insufficient Storage");
        looker.expect_nothing_broken();
    }
}
