//! Two bodies: how they are to be read, and what was done to the bytes for it.

use sha2::{Digest, Sha256};

use super::align::Budget;
use super::{Change, HEAD, LINES, Row, binary, fields, json, text};
use crate::model::{BodyState, Capture, form, hex};

/// How two bodies were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They have the same bytes.
    Same,
    /// As JSON, by path.
    Json,
    /// As fields of a form, by name.
    Form,
    /// As text, by line.
    Text,
    /// As bytes.
    Binary,
}

impl Kind {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Json => "json",
            Self::Form => "form",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// Two bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// How they were read.
    pub kind: Kind,
    /// How many bytes each has.
    pub sizes: [u64; 2],
    /// The SHA-256 of each, in lower-case hexadecimal.
    pub sha256: [String; 2],
    /// The offset of the first byte that differs; `None` when none does.
    pub first_difference: Option<u64>,
    /// What differs, and what does not.
    pub rows: Vec<Row>,
    /// What was not compared, or assumed, in sentences.
    pub notes: Vec<String>,
}

/// One of the bodies.
#[derive(Debug)]
struct Subject<'a> {
    /// As much as is read.
    head: &'a [u8],
    content_type: String,
    is_coded: bool,
    /// Whether more bytes were meant to follow.
    is_cut: bool,
}

pub(super) fn compare(
    captures: [&Capture; 2],
    decoded: [Option<&[u8]>; 2],
    budget: &mut Budget,
) -> Body {
    let mut body = compare_bytes(captures, decoded, budget);
    for (undone, name) in decoded.iter().zip(['A', 'B']) {
        if undone.is_some() {
            let note = format!("The body of {name} was sent compressed, and is compared decoded.");
            body.notes.push(note);
        }
    }
    body
}

fn compare_bytes([a, b]: [&Capture; 2], decoded: [Option<&[u8]>; 2], budget: &mut Budget) -> Body {
    let [one, other] = [decoded[0].unwrap_or(&a.body), decoded[1].unwrap_or(&b.body)];
    let first_difference = binary::first_difference(one, other);
    let mut body = Body {
        kind: Kind::Same,
        sizes: [one.len() as u64, other.len() as u64],
        sha256: [digest(one), digest(other)],
        first_difference: first_difference.map(|offset| offset as u64),
        rows: Vec::new(),
        notes: Vec::new(),
    };
    for (capture, name) in [(a, 'A'), (b, 'B')] {
        if capture.line.state != BodyState::Complete {
            body.notes.push(format!(
                "The body of {name} did not arrive whole: what was kept of it is compared."
            ));
        }
    }
    let Some(offset) = first_difference else {
        return body;
    };
    let subjects = [
        subject(a, one, decoded[0].is_some()),
        subject(b, other, decoded[1].is_some()),
    ];
    let (kind, rows, cut) = by_meaning(&subjects, budget)
        .unwrap_or_else(|| (Kind::Binary, binary::rows(one, other, offset), [false; 2]));
    body.kind = kind;
    if kind != Kind::Binary {
        let lengths = [one.len(), other.len()];
        let names = lengths.iter().zip(cut).zip(["A", "B"]);
        let names: Vec<_> = names
            .filter(|((length, cut), _)| **length > HEAD || *cut)
            .map(|(_, name)| name)
            .collect();
        if !names.is_empty() {
            body.notes.push(format!(
                "Only the beginning of {} was compared: bodies are read up to {LINES} lines and {} MiB.",
                names.join(" and "),
                HEAD / 1024 / 1024
            ));
        }
    }
    if budget.is_spent() {
        body.notes.push(
            "There is too much to find the closest match: parts are compared by their place."
                .to_owned(),
        );
    }
    if kind != Kind::Binary
        && rows.iter().all(|row| row.change == Change::Same)
        && body.notes.is_empty()
    {
        body.notes.push(match kind {
            Kind::Json => {
                "The same JSON, laid out otherwise: only the blanks between its parts differ."
                    .to_owned()
            }
            _ => "The same, written otherwise.".to_owned(),
        });
    }
    body.rows = rows;
    body
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

fn subject<'a>(capture: &Capture, bytes: &'a [u8], is_decoded: bool) -> Subject<'a> {
    let headers = &capture.line.envelope.head.headers;
    let value = |name| {
        headers
            .get_text(name)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    };
    let coding = value("content-encoding");
    Subject {
        head: bytes.get(..HEAD).unwrap_or(bytes),
        content_type: value("content-type"),
        is_coded: !is_decoded && !coding.is_empty() && coding != "identity",
        is_cut: bytes.len() > HEAD || capture.line.state != BodyState::Complete,
    }
}

/// The rows by what the bytes mean, and which bodies go on behind them; `None` for bytes that are no text.
fn by_meaning(
    subjects: &[Subject<'_>; 2],
    budget: &mut Budget,
) -> Option<(Kind, Vec<Row>, [bool; 2])> {
    let [a, b] = subjects;
    let (one, other) = (a.text()?, b.text()?);
    if let (Some(left), Some(right)) = (a.tree(one), b.tree(other)) {
        let cut = [left.is_cut, right.is_cut];
        return Some((Kind::Json, json::compare(&left, &right, budget), cut));
    }
    // Counted first: what has more fields than lines are read would be taken apart for nothing.
    let is_form = |subject: &Subject<'_>| {
        subject
            .content_type
            .starts_with("application/x-www-form-urlencoded")
            && form::pairs(subject.head).nth(LINES).is_none()
    };
    if subjects.iter().all(is_form) {
        let rows = fields::of_form(one.as_bytes(), other.as_bytes(), budget);
        if rows.len() <= LINES {
            return Some((Kind::Form, rows, [false; 2]));
        }
    }
    let (rows, cut) = text::compare(one.as_bytes(), other.as_bytes(), budget);
    Some((Kind::Text, rows, cut))
}

impl<'a> Subject<'a> {
    /// The head as text, without a character that was cut apart.
    fn text(&self) -> Option<&'a str> {
        if self.is_coded || self.head.contains(&0) {
            return None;
        }
        match std::str::from_utf8(self.head) {
            Ok(text) => Some(text),
            Err(error) if self.is_cut && error.error_len().is_none() => {
                std::str::from_utf8(self.head.get(..error.valid_up_to())?).ok()
            }
            Err(_) => None,
        }
    }

    /// The head as JSON: what is called so, and what looks so.
    fn tree(&self, text: &'a str) -> Option<json::Tree<'a>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let looks_so = text.trim_start().starts_with(['{', '[']);
        if looks_so || self.content_type.contains("json") {
            json::read(text, self.is_cut)
        } else {
            None
        }
    }
}
