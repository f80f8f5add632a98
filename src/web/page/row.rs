//! The rows of the request list: one struct and one template for the page and for the live stream, so that a row that came
//! live is the row that a reload shows.

use askama::Template;

use super::capture::signed;
use super::filter::Filtered;
use super::text;
use crate::model::head::text as readable;
use crate::model::{BinKey, BodyState, CaptureLine, CaptureNumber, Timestamp, VerdictState};
use crate::{provider, verdict};

/// How many characters of a path, and of a query, a row carries at most.
const PATH_SHOWN: usize = 200;

/// How many characters of a sender's name for itself, and of a media type, a row carries at most.
const WHAT_SHOWN: usize = 80;

/// One request in the list.
#[derive(Debug, Template)]
#[template(path = "part/capture_row.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a sign of its own in the row"
)]
pub(crate) struct CaptureRow {
    /// Its number.
    pub(crate) n: CaptureNumber,
    /// The address of its own page.
    href: String,
    /// Whether it is the one that is open.
    is_open: bool,
    is_imported: bool,
    is_pinned: bool,
    has_note: bool,
    method: String,
    /// The method again where it is one that has a colour.
    method_class: &'static str,
    path: String,
    query: Option<String>,
    state: BodyState,
    mark: Mark,
    /// What is said of a handshake, and the class of its tag.
    handshake: Option<(&'static str, &'static str)>,
    at: Timestamp,
    age: String,
    /// The known sender, by its title.
    provider: Option<&'static str>,
    what: String,
    /// Which delivery it is, from the second on: `2nd`.
    delivery: Option<String>,
    size: String,
    reply: String,
    reply_class: &'static str,
}

/// The mark in front of a row.
#[derive(Debug)]
struct Mark {
    icon: &'static str,
    class: &'static str,
    /// What it says to those who do not see it; `None` where words in the row say it.
    said: Option<&'static str>,
}

impl Mark {
    /// The worst that there is to say: of the signature, or of the body.
    fn of(line: &CaptureLine) -> Self {
        let state = line.verdict.as_ref().map(|verdict| verdict.state);
        if line.state != BodyState::Complete && state != Some(VerdictState::Invalid) {
            let (icon, class) = match line.state {
                BodyState::Aborted => ("stop", "bad"),
                _ => ("warn", "warn"),
            };
            return Self {
                icon,
                class,
                said: None,
            };
        }
        let (icon, class) = state.map_or(("dot", "idle"), signed::mark);
        let said = state.map(|state| match state {
            VerdictState::Valid => "Signature valid",
            VerdictState::Invalid => "Signature invalid",
            VerdictState::Unchecked => "Signature not checked",
            VerdictState::Unsigned => "Not signed",
        });
        Self { icon, class, said }
    }
}

/// What is said of a reply that was, or should have been, a provider's own.
fn handshake(line: &CaptureLine) -> Option<(&'static str, &'static str)> {
    let rule = line.envelope.reply.rule.as_deref()?;
    if rule.starts_with(verdict::HANDSHAKE) {
        Some(("handshake", ""))
    } else if rule.starts_with(verdict::UNANSWERED) {
        Some(("handshake: secret missing", "warn"))
    } else {
        None
    }
}

impl CaptureRow {
    /// The row of a capture on the page that `key` opens, where it is filtered like that.
    pub(crate) fn new(
        line: &CaptureLine,
        key: &BinKey,
        filtered: &Filtered,
        now: Timestamp,
        open: Option<CaptureNumber>,
    ) -> Self {
        let envelope = &line.envelope;
        let head = &envelope.head;
        let known = line.recognised.as_ref();
        let (reply, reply_class) = match envelope.reply.status {
            None => ("none".to_owned(), "bad"),
            Some(status @ 400..500) => (status.to_string(), "warn"),
            Some(status @ 500..) => (status.to_string(), "bad"),
            Some(status) => (status.to_string(), ""),
        };
        // Of a cut body all arrived, though not all was kept; of an aborted one only what was kept did.
        let arrived = match line.state {
            BodyState::Truncated => line.sent.unwrap_or(line.size),
            BodyState::Complete | BodyState::Aborted => line.size,
        };
        Self {
            n: line.n,
            href: filtered.request(key, line.n),
            is_open: open == Some(line.n),
            is_imported: line.marks.imported,
            is_pinned: line.marks.pinned,
            has_note: !line.marks.note.is_empty(),
            method: text::one_line(&head.method, 24).into_owned(),
            method_class: colour(&head.method),
            path: text::one_line(head.path(), PATH_SHOWN).into_owned(),
            query: head
                .query()
                .map(|query| text::one_line(query, PATH_SHOWN).into_owned()),
            state: line.state,
            mark: Mark::of(line),
            handshake: handshake(line),
            at: envelope.received_at,
            age: text::age(now, envelope.received_at),
            provider: known
                .and_then(|known| provider::find(&known.provider))
                .map(|provider| provider.title),
            what: what(line),
            delivery: known
                .and_then(|known| known.delivery)
                .filter(|delivery| delivery.number > 1)
                .map(|delivery| text::ordinal(delivery.number)),
            size: text::size(arrived),
            reply,
            reply_class,
        }
    }

    /// Who sent it and what, in one line.
    pub(super) fn sender(&self) -> String {
        match self.provider {
            Some(provider) => format!("{provider} {}", self.what),
            None => self.what.clone(),
        }
    }
}

/// The class of a method's chip: the exceptions among webhooks carry a colour, POST and unknown methods do not.
pub(crate) fn colour(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "",
    }
}

/// What it is: the event of a known sender, else who sent it and what: `okhttp/4.12 · image/png`.
fn what(line: &CaptureLine) -> String {
    if let Some(known) = &line.recognised {
        let kind = known.event.kind.as_deref().unwrap_or_default();
        return text::one_line(kind, WHAT_SHOWN).into_owned();
    }
    let headers = &line.envelope.head.headers;
    let value = |name, ends: &[char]| {
        let value = readable(headers.get(name)?).into_owned();
        let value = value
            .split(ends)
            .next()
            .unwrap_or_default()
            .trim_ascii_end();
        (!value.is_empty()).then(|| text::one_line(value, WHAT_SHOWN).into_owned())
    };
    // A comment behind the product ("(+https://…)", "(X11; Linux)") is for the open request, not for a row.
    let sender = value("user-agent", &['(']);
    let media_type = value("content-type", &[';', ',']);
    match (sender, media_type) {
        (Some(sender), Some(media_type)) => format!("{sender} · {media_type}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "no user agent".to_owned(),
    }
}

/// The rows of one day.
#[derive(Debug)]
pub(crate) struct Day {
    /// `Yesterday, 24 November`; `None` for today.
    pub(crate) heading: Option<String>,
    /// Its rows, newest first.
    pub(crate) rows: Vec<CaptureRow>,
}

/// Rows by day, in their order. The first day is always today's, even when it is empty: what comes live goes there.
pub(crate) fn by_day(
    lines: &[CaptureLine],
    key: &BinKey,
    filtered: &Filtered,
    now: Timestamp,
    open: Option<CaptureNumber>,
) -> Vec<Day> {
    let mut days = vec![Day {
        heading: None,
        rows: Vec::new(),
    }];
    for line in lines {
        let heading = text::day(now, line.envelope.received_at);
        let row = CaptureRow::new(line, key, filtered, now, open);
        match days.last_mut() {
            Some(day) if day.heading == heading => day.rows.push(row),
            _ => days.push(Day {
                heading,
                rows: vec![row],
            }),
        }
    }
    days
}
