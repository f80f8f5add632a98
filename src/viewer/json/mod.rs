//! JSON as it was sent: key order, repeated keys, numbers and escapes to the letter.
//!
//! A reader of tokens, not of values: `serde_json::Value` would round 18446744073709551617, turn 1.10 into 1.1, sort keys, drop
//! the first of two equal ones and refuse 1e400. Here `lex` cuts the text into tokens, `read` checks their grammar with a
//! stack of its own (no recursion), and `lines` keeps the first lines as they would be printed, with the letters as sent.
//! All of the text is read, so that what is said of it (is it JSON, how many lines, how many items) is true beyond what is shown.

mod hint;
mod lex;
mod lines;
mod many;
mod read;

pub use lines::{Line, LineKind};
pub use many::LINES_VIEWER;

use lex::Problem;
use lines::Lines;

use super::words::{counted, grouped};
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window};

/// Suits what is called JSON, and what is JSON.
pub static VIEWER: Viewer = Viewer {
    name: "json",
    label: "Pretty",
    slot: Slot::Pretty,
    fit,
    view,
};

/// A body of more lines or bytes than these opens with its [`FIRST`] lines.
const LINES: usize = 5000;
const BYTES: usize = 512 * 1024;

/// How many lines a large body opens with.
const FIRST: usize = 1000;

/// How many lines and bytes are shown at most.
const LINES_AT_MOST: usize = 20_000;
const BYTES_AT_MOST: usize = 4 * 1024 * 1024;

/// JSON in lines that fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The lines.
    pub lines: Vec<Line>,
    /// How many containers are still open behind the last line.
    pub unclosed: usize,
}

/// Without a byte order mark.
fn body<'a>(subject: &Subject<'a>) -> (&'a [u8], bool) {
    match subject.bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (subject.bytes, false),
    }
}

fn fit(subject: &Subject<'_>) -> Fit {
    let not_json = super::UNSTRUCTURED;
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    if is_called_json(subject) {
        return Fit::Yes;
    }
    if subject.is_called(super::MediaType::is_json_lines) {
        return not_json;
    }
    let (bytes, _) = body(subject);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(first, Some(b'{' | b'[')) {
        return not_json;
    }
    match parse(bytes, &mut Lines::new(0, 0)) {
        Ok(()) => Fit::Yes,
        Err(_) => not_json,
    }
}

/// Reads as far as the bytes are UTF-8.
fn parse<'a>(bytes: &'a [u8], lines: &mut Lines<'a>) -> Result<(), Problem> {
    let (text, broken) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            (
                std::str::from_utf8(valid).unwrap_or_default(),
                Some(error.valid_up_to()),
            )
        }
    };
    match (read::read(text, lines), broken) {
        (Err(problem), Some(at)) if problem.at >= at => {
            Err(lex::problem(at, "this byte is not UTF-8"))
        }
        (Ok(()), Some(at)) => Err(lex::problem(at, "this byte is not UTF-8")),
        (result, _) => result,
    }
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let (bytes, bom) = body(subject);
    let (keep, size) = if window.all {
        (LINES_AT_MOST, BYTES_AT_MOST)
    } else {
        (LINES, BYTES)
    };
    let mut lines = Lines::new(keep, size);
    let problem = parse(bytes, &mut lines).err();
    let rest = problem.and_then(|problem| Some((problem, bytes.get(problem.at..)?)));
    if let Some((problem, rest)) = rest.filter(|(_, rest)| !rest.is_empty()) {
        lines.invalid(rest, problem.what);
    }
    let total = lines.total();
    let is_large = total > LINES || bytes.len() > BYTES;
    let limit = if is_large && !window.all { FIRST } else { keep };
    let (lines, unclosed) = lines.finish(limit);
    let shown = lines.len();
    let caution = repeats(&lines);
    let mut facts = Vec::new();
    if !is_called_json(subject) {
        facts.push("read as JSON".to_owned());
    }
    if problem.is_none() {
        facts.push("utf-8".to_owned());
    }
    if bom {
        facts.push("byte order mark skipped".to_owned());
    }
    Shown {
        facts,
        caution,
        problem: problem.map(|problem| sentence(subject, bytes, problem)),
        rest: (shown < total).then(|| Rest {
            sentence: format!(
                "{} of {} lines shown.",
                grouped(shown as u64),
                grouped(total as u64)
            ),
            more: !window.all,
        }),
        ..Shown::of(View::Tree(Tree { lines, unclosed }))
    }
}

/// Which key an object has more than once, and on which lines, as a sentence.
fn repeats(lines: &[Line]) -> Option<String> {
    let is_first = |line: &&Line| line.repeat.is_some_and(|(nth, _)| nth == 1);
    let first = lines.iter().find(is_first)?;
    let same = lines
        .iter()
        .filter(|line| line.repeat.is_some() && line.path == first.path)
        .take(5)
        .map(|line| grouped(line.number as u64));
    let places: Vec<_> = same.collect();
    let key = first.key.as_ref().map(Spelled::plain).unwrap_or_default();
    let key: String = key.chars().take(80).collect();
    let others = match lines.iter().filter(is_first).count() as u64 {
        1 => String::new(),
        count => format!(" So are {}.", counted(count - 1, "other key")),
    };
    Some(format!(
        "The key {key} is there more than once: lines {}.{others}",
        places.join(", ")
    ))
}

fn is_called_json(subject: &Subject<'_>) -> bool {
    subject.is_called(super::MediaType::is_json)
}

/// What is wrong.
fn sentence(subject: &Subject<'_>, bytes: &[u8], problem: Problem) -> String {
    if subject.is_cut && problem.at >= bytes.len() {
        "A body that was cut is not whole JSON.".to_owned()
    } else {
        place(bytes, problem)
    }
}

/// What is wrong and where, counted as editors do: lines from 1, columns in characters from 1.
fn place(bytes: &[u8], problem: Problem) -> String {
    let before = bytes.get(..problem.at).unwrap_or(bytes);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default())
        .chars()
        .count()
        + 1;
    format!(
        "Not valid JSON: {} at line {}, column {}.",
        problem.what,
        grouped(line as u64),
        grouped(column as u64)
    )
}

#[cfg(test)]
mod tests;
