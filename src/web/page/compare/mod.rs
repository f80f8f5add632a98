//! Two requests side by side.
//!
//! Everything is a link: swap, which of both comes before or after, whether what is the same is shown. Lines that are the same fold, three
//! or more of them into one.

mod line;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

use self::line::Line;
use super::bin::{self, BinHead};
use super::filter::Filtered;
use super::row::{CaptureRow, colour};
use super::{Error, Page, query, text};
use crate::compare::{self, Change, Kind, Row};
use crate::filter::Filter;
use crate::model::{Capture, CaptureNumber, Timestamp};
use crate::viewer::{Room, Spelled};
use crate::web::extract::{Site, Visit};
use crate::web::{App, comparison};

/// How many lines a page has at most.
const LINES: usize = 3000;

/// From this many lines on, what is the same folds.
const FOLD: usize = 3;

/// How many lines beside a difference stay.
const BESIDE: usize = 1;

#[derive(Debug, Template)]
#[template(path = "compare.html")]
struct ComparePage {
    bin: BinHead,
    /// Its own address, without what lines are shown.
    address: String,
    /// The other way round.
    swapped: String,
    /// The same where the order of keys counts if it does not, and the other way round; `None` where that is the same.
    turned: Option<String>,
    /// Whether the order of keys counts.
    is_ordered: bool,
    /// The list that the reader came from.
    filtered: Filtered,
    now: i64,
    sides: [Request; 2],
    /// Whether the body's lines that are the same are shown.
    is_all: bool,
    headline: String,
    /// What of the rest is the same.
    same: String,
    tables: Vec<Table>,
    body: Body,
    /// How many differences can be gone to.
    stops: usize,
}

/// One of both requests.
#[derive(Debug)]
struct Request {
    letter: char,
    n: CaptureNumber,
    method: String,
    method_class: &'static str,
    path: Spelled,
    query: Option<Spelled>,
    what: String,
    at: Timestamp,
    time: String,
    delivery: Option<String>,
    /// Those before and after it.
    steps: Vec<Step>,
}

/// The way to a neighbour.
#[derive(Debug)]
struct Step {
    label: &'static str,
    icon: &'static str,
    href: String,
}

/// Names and values.
#[derive(Debug)]
struct Table {
    id: &'static str,
    title: &'static str,
    label: String,
    rows: Vec<Line>,
}

/// The bodies.
#[derive(Debug)]
struct Body {
    label: String,
    kind: Kind,
    sha256: [String; 2],
    first_difference: Option<String>,
    notes: Vec<String>,
    lines: Vec<Line>,
    /// How many lines are not shown.
    rest: Option<String>,
}

/// The page.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Visit(bin): Visit,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    let compared = match comparison::of_query(&app, &bin, &uri).await {
        Ok(compared) => compared,
        Err(crate::web::Error::UnknownCapture(n)) => {
            return Ok(bin::no_request(&bin, &site, n));
        }
        Err(error) => return Err(error.into()),
    };
    let now = app.clock.now();
    let is_all = query::value(&uri, "show") == Some("all");
    let is_ordered = query::value(&uri, "keys") != Some("any");
    let filtered = Filtered::from_uri(&uri, now);
    let (a, b) = (compared.a.line.n, compared.b.line.n);
    let to = |a, b| filtered.kept_on(&format!("/b/{}/compare?a={a}&b={b}", bin.key));
    let keys = if is_ordered { "" } else { "&keys=any" };
    let mut sides = Vec::new();
    for (letter, capture) in [('A', &compared.a), ('B', &compared.b)] {
        let n = capture.line.n;
        let all = Filter::default();
        let (newer, older) = bin.neighbours(&*app.store, &all, n).await?;
        let href = |n| if letter == 'A' { to(n, b) } else { to(a, n) } + keys;
        let steps = [("Older", "chev", older), ("Newer", "prev", newer)]
            .into_iter()
            .filter_map(|(label, icon, n)| {
                let href = href(n?);
                Some(Step { label, icon, href })
            });
        sides.push(Request::new(
            letter,
            capture,
            &bin.key,
            now,
            steps.collect(),
        ));
    }
    let Ok(sides) = sides.try_into() else {
        return Err(crate::web::Error::NotFound.into());
    };
    let mut parts = compared.comparison;
    let has_order = parts.body.rows.iter().any(Row::is_key_order);
    if !is_ordered {
        let rows = parts.body.rows.into_iter();
        parts.body.rows = rows.map(Row::in_any_order).collect();
    }
    let (mut stops, mut room) = (0, Room::new(true));
    let headline = headline(&parts);
    let tables: Vec<Table> = [
        ("request", "Request", &parts.request),
        ("query", "Query", &parts.query),
        ("headers", "Headers", &parts.headers),
        ("trailers", "Trailers", &parts.trailers),
    ]
    .into_iter()
    .filter_map(|(id, title, rows)| Table::new(id, title, rows, is_all, &mut stops, &mut room))
    .collect();
    let same: Vec<&str> = [("request line", &parts.request), ("query", &parts.query)]
        .into_iter()
        .filter(|(_, rows)| rows.iter().all(|row| row.change == Change::Same))
        .map(|(name, _)| name)
        .collect();
    let (heeded, ignored) = (to(a, b), format!("{}&keys=any", to(a, b)));
    let (address, turned) = if is_ordered {
        (heeded, ignored)
    } else {
        (ignored, heeded)
    };
    let show = if is_all { "&show=all" } else { "" };
    let page = ComparePage {
        swapped: to(b, a) + keys,
        address,
        turned: has_order.then(|| turned + show),
        is_ordered,
        filtered,
        bin: BinHead::new(&bin, &site),
        now: now.as_micros() / 1000,
        sides,
        is_all,
        headline,
        same: if same.is_empty() {
            String::new()
        } else {
            text::sentence(&format!("{} the same", same.join(" and ")))
        },
        tables,
        body: Body::new(&parts.body, is_all, &mut stops, &mut room),
        stops,
    };
    Ok(Page(page).into_response())
}

impl Request {
    fn new(
        letter: char,
        capture: &Capture,
        key: &crate::model::BinKey,
        now: Timestamp,
        steps: Vec<Step>,
    ) -> Self {
        let line = &capture.line;
        let head = &line.envelope.head;
        let row = CaptureRow::new(line, key, &Filtered::default(), now, None);
        let delivery = line.recognised.as_ref().and_then(|known| known.delivery);
        let shown = |text: &str| Spelled::beginning(text.as_bytes(), 300);
        Self {
            letter,
            n: line.n,
            method: text::one_line(&head.method, 24).into_owned(),
            method_class: colour(&head.method),
            path: shown(head.path()),
            query: head.query().map(shown),
            what: row.sender(),
            at: line.envelope.received_at,
            time: text::time(now, line.envelope.received_at),
            delivery: delivery.map(|delivery| text::ordinal(delivery.number)),
            steps,
        }
    }
}

/// What differs, in one line.
fn headline(parts: &compare::Comparison) -> String {
    let mut words = Vec::new();
    let body = compare::differences(&parts.body.rows) as u64;
    match parts.body.kind {
        Kind::Same => words.push("Same body".to_owned()),
        Kind::Binary => words.push("Another body".to_owned()),
        _ if body == 0 => words.push("Same values in the body".to_owned()),
        _ => words.push(format!("{} in the body", text::counted(body, "difference"))),
    }
    for (name, rows) in [
        ("headers", &parts.headers),
        ("query", &parts.query),
        ("request line", &parts.request),
    ] {
        let count = compare::differences_each(rows) as u64;
        if count > 0 {
            // What is counted is said once.
            let number = if words.iter().any(|word| word.contains("difference")) {
                text::count(count)
            } else {
                text::counted(count, "difference")
            };
            words.push(format!("{number} in {name}"));
        }
    }
    let everything = [&parts.headers, &parts.query, &parts.body.rows];
    for (change, word) in [
        (Change::Moved, "moved"),
        (Change::Rewritten, "written otherwise"),
    ] {
        let count: usize = everything
            .iter()
            .map(|rows| compare::count(rows, change))
            .sum();
        if count > 0 {
            words.push(format!("{} {word}", text::count(count as u64)));
        }
    }
    words.join(", ")
}

impl Table {
    /// `None` when there is nothing to show.
    fn new(
        id: &'static str,
        title: &'static str,
        rows: &[Row],
        is_all: bool,
        stops: &mut usize,
        room: &mut Room,
    ) -> Option<Self> {
        let same = compare::count(rows, Change::Same);
        let others = (rows.len() - same) as u64;
        if rows.is_empty() || (others == 0 && !is_all) {
            return None;
        }
        let mut lines = Vec::new();
        let mut rest = String::new();
        for row in rows {
            if is_all || row.change != Change::Same {
                let line = Line::new(row, false, stops, true);
                if lines.len() == LINES || !room.take(line.weight()) {
                    rest = format!("; the first {} are shown", text::count(lines.len() as u64));
                    *stops -= usize::from(line.stop.is_some());
                    break;
                }
                lines.push(line);
            }
        }
        let verb = if others == 1 { "differs" } else { "differ" };
        Some(Self {
            id,
            title,
            label: format!(
                "{} {verb}, {} the same{rest}",
                text::count(others),
                text::count(same as u64)
            ),
            rows: lines,
        })
    }
}

impl Body {
    fn new(body: &compare::Body, is_all: bool, stops: &mut usize, room: &mut Room) -> Self {
        let is_hex = body.kind == Kind::Binary;
        let mut lines: Vec<Line> = Vec::new();
        let mut taken = 0;
        let (mut was_same, mut is_cut) = (true, false);
        for chunk in body
            .rows
            .chunk_by(|one, other| (one.change == Change::Same) == (other.change == Change::Same))
        {
            let is_same = chunk.first().is_some_and(|row| row.change == Change::Same);
            let last = taken + chunk.len() == body.rows.len();
            let before = if taken == 0 { 0 } else { BESIDE };
            let after = if last { 0 } else { BESIDE };
            let hidden = chunk.len().saturating_sub(before + after);
            for (at, row) in chunk.iter().enumerate() {
                let is_hidden =
                    is_same && !is_all && hidden >= FOLD && at >= before && at < before + hidden;
                let line = if !is_hidden {
                    Line::new(row, is_hex, stops, was_same && !is_same)
                } else if at == before {
                    Line::fold(hidden)
                } else {
                    continue;
                };
                was_same = is_same;
                if lines.len() == LINES || !room.take(line.weight()) {
                    *stops -= usize::from(line.stop.is_some());
                    is_cut = true;
                    break;
                }
                lines.push(line);
            }
            taken += chunk.len();
            if is_cut {
                break;
            }
        }
        let shown = lines.len() as u64;
        let rest = is_cut.then(|| format!("The first {} lines are shown.", text::count(shown)));
        let [a, b] = body.sizes;
        let sizes = if a == b {
            format!("{} each", text::counted(a, "byte"))
        } else {
            format!("{} and {}", text::count(a), text::counted(b, "byte"))
        };
        let kind = match body.kind {
            Kind::Same => "",
            Kind::Json => "JSON, ",
            Kind::Form => "form, ",
            Kind::Text => "text, ",
            Kind::Binary => "bytes, ",
        };
        Self {
            label: format!("{kind}{sizes}"),
            kind: body.kind,
            sha256: body.sha256.clone(),
            first_difference: body.first_difference.map(text::count),
            notes: body.notes.clone(),
            lines,
            rest,
        }
    }
}
