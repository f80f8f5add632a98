//! The pages, and what is done there.

/// A page in a state: where it is, and what it looks like when it can be looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// `{bin}` and its kin are names in [`Places`](super::places::Places).
    pub(super) at: &'static str,
    /// What the address answers with.
    pub(super) status: u16,
    /// Words that stand there at last, in the open menu or dialog where there is one: it is the page that is meant.
    pub(super) says: &'static str,
    /// A script that does something on the page.
    pub(super) act: &'static str,
    /// What is true once that is done.
    pub(super) until: &'static str,
}

impl State {
    const fn of(status: u16, at: &'static str, says: &'static str) -> Self {
        Self {
            at,
            status,
            says,
            act: "",
            until: super::LOADED,
        }
    }

    /// The state after something was done.
    const fn then(self, act: &'static str, until: &'static str) -> Self {
        Self { act, until, ..self }
    }

    /// The state once the page is live.
    const fn live(self) -> Self {
        self.then("", LIVE)
    }
}

const fn page(at: &'static str, says: &'static str) -> State {
    State::of(200, at, says)
}

pub(super) const LIVE: &str = "document.getElementById('state').textContent === 'Live'";

/// A setting that is not accepted: the field, an expression for what is written there, and what is said.
macro_rules! wrong {
    ($id:literal, $value:literal, $says:literal) => {
        page("{bin}/settings", $says).then(
            concat!(
                "const field = document.getElementById('",
                $id,
                "'); field.value = ",
                $value,
                "; field.form.querySelector('.save').click()"
            ),
            "document.querySelector('[aria-invalid=true]')",
        )
    };
}

/// A file that is imported: an expression for what is in it, and what is said of it.
macro_rules! uploaded {
    ($text:literal, $says:literal) => {
        page("{bin}/import", $says).then(
            concat!(
                "const chosen = new DataTransfer(); chosen.items.add(new File([",
                $text,
                "], 'a.har')); const field = document.getElementById('import-file'); \
                 field.files = chosen.files; field.form.requestSubmit()"
            ),
            "document.querySelector('.block > .facts')",
        )
    };
}

/// Pages as they are answered. The first is seen by a browser that knows no bins.
pub(super) const PAGES: &[State] = &[
    page("/", "Create a bin"),
    page("{empty}", "Waiting for the first request"),
    page("{bin}", "Syntax").live(),
    page("{bin}?before=6", "Newest"),
    page("{bin}?after=0", "Newest first"),
    page("{bin}/requests/1", "12345678901234567890"),
    page("{bin}/requests/1?view=text", "application/json"),
    page("{bin}/requests/1?view=hex", "00000000"),
    page("{bin}/requests/2", "two words"),
    page("{bin}/requests/3", "text/plain, utf-8"),
    page("{bin}/requests/4", "00000010"),
    page("{bin}/requests/5", "Header fields of this part"),
    page("{bin}/requests/6", "Bodynone"),
    page("{bin}/requests/7", "GitHub"),
    page("{bin}/requests/8", "Not valid JSON"),
    page("{bin}/requests/9", "larger than this bin takes"),
    page("{bin}/requests/10", "aborted"),
    page("{bin}/requests/11", "Ask about this one."),
    page("{bin}/requests/12", "1 of 2"),
    page("{bin}?q=method:POST", "Delete these…"),
    page("{bin}?q=method:NONE", "No request matches"),
    page("{bin}?q=size:abc", "Not applied"),
    page("{bin}/requests/2?q=method:PUT", "Clear filter"),
    page("{bin}/settings", "Masking"),
    page("{signed}/settings", "Remove the secret"),
    page("{signed}/settings?provider=slack", "Shown from then on"),
    page("{bin}/settings?preset=fail-twice#rules", "Begin with"),
    page("{bin}/sample", "Send a sample"),
    page("{signed}/sample", "Signed a day ago"),
    page("/providers", "Stripe"),
    page("{bin}/compare?a=7&b=11", "Byte for byte the same"),
    page("{bin}/compare?a=1&b=12", "Everything"),
    page("{bin}/compare?a=1&b=8&show=all", "Differences"),
    page("{bin}/compare?a=2&b=4", "SHA-256 of A"),
    page("{signed}/compare?a=1&b=2", "delivery"),
    State::of(404, "{bin}/compare?a=1&b=99", "no request #99"),
    page("{bin}/import", "Import requests"),
    page("{bin}/requests/1/replay", "Copies at once"),
    page("{bin}/requests/4/replay", "are no text"),
    page("{signed}/requests/1/replay", "Sign again as Stripe"),
    page("{forwarded}/requests/1", "as a target"),
    page("{forwarded}/settings", "Retry all"),
    page("{bin}/compare?a=1&b=12#d1", "Next difference"),
    page("{bin}/requests/2?q=method:PUT&order=oldest", "Newest first"),
    page("{bin}/share", "The whole bin"),
    page("{bin}/share?n=2", "Share request #2"),
    page("{bin}/refused", "1 request could not be kept"),
    page("{empty}/refused", "was kept"),
    page("{bin}/clear", "Clear 12 requests"),
    page("{bin}/clear?q=method:POST", "They match method:POST"),
    page("{bin}/clear?q=method:NONE", "No request matches"),
    page("{empty}/clear", "There are no requests to clear"),
    page("{bin}/delete", "Its 12 requests"),
    page("{whole}", "Shared, to read only").live(),
    page("{whole}/requests/1", "Shared."),
    page("{one}", "Shared."),
    page("{kinds}/requests/1", "4 parts"),
    page("{kinds}/requests/1?in=2", "Part 2 of the body."),
    page("{kinds}/requests/1?in=4", "Decoded from base64"),
    page("{kinds}/requests/1?in=4&as=sent", "Show decoded"),
    page("{kinds}/requests/2", "another number of cells"),
    page("{kinds}/requests/3", "indented"),
    page("{kinds}/requests/4", "2 values, one a line"),
    page("{kinds}/requests/5", "PNG, 2 × 1 pixels"),
    page("{kinds}/requests/6?view=preview", "Preview"),
    page("{kinds}/requests/7", "Hex"),
    page("{kinds}/requests/8", "decoded, not verified"),
    page("{kinds}/requests/9", "Decoded from br"),
    page("{kinds}/requests/9?view=hex&as=sent", "Show decoded"),
    page("{kinds}/requests/10", "more than once"),
    page("{kinds}/requests/11", "CloudEvent"),
    page("{signed}", "Stripe").live(),
    page("{signed}/requests/1", "Stripe signature valid."),
    page("{signed}/requests/2", "signed too long before it arrived"),
    page("{signed}/requests/3", "signature does not fit"),
    page("{signed}/requests/4", "signature not checked"),
    page("{signed}/requests/5", "Not signed."),
    page("{signed}/requests/6", "Compare with the first"),
    page("{asked}", "handshake").live(),
    page("{asked}/requests/1", "Dropbox handshake answered"),
    page("{asked}/requests/2", "Zoom was not answered"),
    page("{imported}", "imported"),
    page("{imported}/requests/1", "imported"),
    State::of(410, "{over}", "This link has ended"),
    State::of(410, "{gone}", "This bin is gone"),
    State::of(404, "{bin}/requests/99", "no request #99"),
    State::of(404, "{bin}/nothing", "Nothing here"),
    State::of(404, "{bin}/requests/x", "Nothing here"),
    State::of(404, "/b/nowhere", "No such bin"),
    State::of(404, "{bin}/requests/1/as/nothing", "No such format"),
    State::of(405, "{bin}/requests/1/delete", "Method not allowed"),
    State::of(421, "{elsewhere}", "Unknown host"),
    page("/", "Your recent bins"),
];

/// What a page is when the store fails.
pub(super) const BROKEN: State = State::of(500, "{bin}", "Something failed here");

/// What a page is when too many imports go on.
pub(super) const BUSY: State = page("{bin}/import", "Busy").then(
    "const chosen = new DataTransfer(); chosen.items.add(new File(['{}'], 'a.har')); const field = document.getElementById('import-file'); \
     field.files = chosen.files; field.form.requestSubmit()",
    "document.querySelector('.code-no')",
);

/// Pages where something was done.
pub(super) const DONE: &[State] = &[
    page("{bin}", "Syntax").then(OPEN_PARTS, super::LOADED),
    page("{bin}/requests/1", "Reply").then(OPEN_PARTS, super::LOADED),
    page("{kinds}/requests/1", "form-data").then(OPEN_PARTS, super::LOADED),
    page("{kinds}/requests/8", "alg").then(OPEN_PARTS, super::LOADED),
    page("{signed}/requests/1", "Signed bytes").then(OPEN_PARTS, super::LOADED),
    page("{signed}/requests/6", "Compare with the first").then(
        "[...document.querySelectorAll('.fact > summary')].find(one => one.textContent.includes('Deliveries')).click()",
        "document.querySelector('.fact[open] .under').checkVisibility()",
    ),
    page("{bin}/requests/1", "Byte for byte").then(
        "document.querySelector('.acts .menu:has([name=to]) > summary').click()",
        "(({ left, right }) => left >= 0 && right <= innerWidth)(document.querySelector('.acts .menu[open] .pop').getBoundingClientRect())",
    ),
    page("{signed}/settings", "What is signed").then(OPEN_PARTS, super::LOADED),
    page("{bin}", "NDJSON").then(FIRST_MENU, MENU),
    page("{bin}", "Terms side by side").then(
        "document.querySelector('.filter .menu > summary').click()",
        MENU,
    ),
    page("{whole}", "NDJSON").then(FIRST_MENU, MENU),
    page("{bin}/requests/1", "NDJSON").then(
        "document.querySelectorAll('.bar .menu > summary').forEach(one => one.checkVisibility() && one.click())",
        MENU,
    ),
    page("{bin}/requests/1", "cURL").then(
        "document.querySelector('.acts .menu:has([data-copy-from]) > summary').click()",
        MENU,
    ),
    page("{bin}/requests/1", "").then(LAST_MENU, MENU),
    page("{bin}/requests/1", "Filter by this").then(
        "document.querySelector('.tree .ln[data-path=\"json.id\"]').click()",
        "!document.querySelector('.pathbar').hidden",
    ),
    page("{bin}", "Resume").then(
        "document.getElementById('pause').click()",
        "document.getElementById('state').textContent === 'Paused'",
    ),
    page("{bin}", "Use single-key shortcuts").then(
        "document.getElementById('keys').showModal()",
        "document.getElementById('keys').open",
    ),
    page("{bin}", "Keep them").then(
        "document.querySelector('a[data-confirm][href$=\"/clear\"]').click()",
        DIALOG,
    ),
    page("{bin}?q=method:POST", "They match").then(
        "document.querySelector('a[data-confirm][href*=\"/clear?q=\"]').click()",
        DIALOG,
    ),
    page("{bin}", "Keep it").then(
        "document.querySelector('a[data-confirm][href$=\"/delete\"]').click()",
        DIALOG,
    ),
    page("{bin}/share", "This is the link.").then(
        "document.querySelector('form.create button').click()",
        "document.querySelector('.url.big')",
    ),
    uploaded!(
        "'{\"log\":{\"entries\":[{\"request\":{}}]}}'",
        "Nothing was imported."
    ),
    uploaded!("'hello'", "neither HAR"),
    page("{bin}", "Not applied").then(
        "const box = document.getElementById('q'); box.value = 'size:abc'; box.form.requestSubmit()",
        "document.querySelector('#q-error .err')",
    ),
    page("{bin}/requests/2", "Compare with").then(
        "document.querySelector('.acts .menu:has([name=a]) > summary').click()",
        MENU,
    ),
    page("{bin}/requests/2", "Send to").then(
        "document.querySelector('.acts .menu:has([name=to]) > summary').click()",
        MENU,
    ),
    page("{bin}/requests/1/replay", "Expected 1 to 20.").then(
        "document.getElementById('to').value = 'http://127.0.0.1:9/'; const copies = document.getElementById('copies'); copies.value = '99'; copies.form.requestSubmit()",
        "document.querySelector('[aria-invalid=true]')",
    ),
    page("{bin}/requests/1/replay", "2 copies were sent at once").then(
        "document.getElementById('to').value = 'http://127.0.0.1:9/'; const copies = document.getElementById('copies'); copies.value = '2'; copies.form.requestSubmit()",
        "document.querySelector('.block > .facts')",
    ),
    wrong!("reply-status", "'x'", "tatus"),
    wrong!(
        "new-when",
        "(document.getElementById('new-name').value = 'x', 'size:abc')",
        "number of bytes stands here"
    ),
    wrong!(
        "target-when",
        "(document.getElementById('target-url').value = 'https://a.example/', 'size:abc')",
        "number of bytes stands here"
    ),
    wrong!("name", "'a\\u0001b'", "There is a control character"),
    wrong!("alias", "'No Spaces'", "An alias has 3 to 63"),
    wrong!("captures", "'many'", "Write a whole number"),
    wrong!("mask_json", "'x '.repeat(60)", "At most 50 entries"),
    wrong!("sign-secret", "'x'", "Choose who the secret is for."),
    wrong!("tolerance", "'x'", "Write a whole number of seconds"),
    wrong!(
        "own-signed",
        "(document.getElementById('own-header').value = 'X-S', document.getElementById('own-secret').value = 's', 'nothing')", "Expected {body}"),
];

const OPEN_PARTS: &str =
    "document.querySelectorAll('details:not(.menu)').forEach(details => { details.open = true })";
const FIRST_MENU: &str =
    "[...document.querySelectorAll('.menu > summary')].find(one => one.checkVisibility()).click()";
const LAST_MENU: &str = "[...document.querySelectorAll('.menu > summary')].findLast(one => one.checkVisibility()).click()";
const MENU: &str = "document.querySelector('.menu[open]')";
const DIALOG: &str = "document.querySelector('dialog[open] form')";
