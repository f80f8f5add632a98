//! Two captures side by side: what is the same, what changed, what only one of them has.
//!
//! A pure function from two [`Capture`]s to a [`Comparison`], which is rows of both sides in the order of the second. It knows nothing of
//! pages, HTTP or where captures come from, and it reads hostile bytes: no indexing, no recursion on their depth, no clock. Its work is
//! bounded by counts: of a large body only the head is read ([`HEAD`], [`LINES`]), which it says in [`Body::notes`], and
//! [`align`] draws on a budget of steps.
//!
//! What differs in writing only (`1.0` and `1`, `é` and `\u00e9`, a line end, the case of a header's name) and what stands in another
//! place only is told apart from what changed: [`Change`].
//!
//! To compare a further kind of body: a file here that makes [`Row`]s, a [`Kind`] for it, and its place in [`body`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod align;
mod binary;
mod body;
mod fields;
mod inline;
mod json;
mod text;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::model::Capture;
use align::Budget;

pub use body::{Body, Kind};

/// How many bytes of a body are read.
pub const HEAD: usize = 2 * 1024 * 1024;

/// How many lines of a body are read.
pub const LINES: usize = 10_000;

/// Why a member of a JSON object counts as moved.
const KEY_ORDER: &str = "key order";

/// Two captures side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Method, path, version, scheme and host.
    pub request: Vec<Row>,
    /// The parameters of the query, decoded.
    pub query: Vec<Row>,
    /// The header fields.
    pub headers: Vec<Row>,
    /// The fields behind the body.
    pub trailers: Vec<Row>,
    /// The body.
    pub body: Body,
}

/// How the two sides of a row go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// The same.
    Same,
    /// The same value, written otherwise.
    Rewritten,
    /// The same value, in another place.
    Moved,
    /// Another value.
    Changed,
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
}

impl Change {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Rewritten => "rewritten",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }

    /// Whether the two sides do not mean the same.
    pub fn is_difference(self) -> bool {
        matches!(self, Self::Changed | Self::Added | Self::Removed)
    }
}

/// One thing of both captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The name of a field; the path of a JSON value that is not the same (`json.data.items[0]`). Else empty.
    pub name: Vec<u8>,
    /// How the sides go together.
    pub change: Change,
    /// What is otherwise, in a few words, where that is not plain to see.
    pub why: Option<&'static str>,
    /// The first capture's; `None` when it has nothing like that.
    pub a: Option<Side>,
    /// The second's.
    pub b: Option<Side>,
}

/// One side of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// The line, from 1, as the body is printed; of a field its place, from 1; of bytes their offset.
    pub place: usize,
    /// How deep a JSON value is nested.
    pub depth: usize,
    /// The key before a JSON value, in its quotes, as sent.
    pub key: Option<Vec<u8>>,
    /// What kind of JSON value it is.
    pub token: Option<Token>,
    /// The value.
    pub pieces: Vec<Piece>,
    /// What follows the value: a comma, a line end.
    pub end: &'static str,
}

/// The kinds of JSON values, as lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Literal,
    /// A bracket.
    Bracket,
}

/// A stretch of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The other side has it, too.
    Same(Vec<u8>),
    /// The other side has something else there.
    Differs(Vec<u8>),
    /// So many bytes are left out here.
    Skipped(usize),
}

impl Piece {
    fn is_empty(&self) -> bool {
        match self {
            Self::Same(text) | Self::Differs(text) => text.is_empty(),
            Self::Skipped(bytes) => *bytes == 0,
        }
    }
}

impl Row {
    /// Whether nothing but the order of keys in a JSON object differs.
    pub fn is_key_order(&self) -> bool {
        self.change == Change::Moved && self.why == Some(KEY_ORDER)
    }

    /// The same where the order of keys does not count.
    #[must_use]
    pub fn in_any_order(self) -> Self {
        if !self.is_key_order() {
            return self;
        }
        Self {
            name: Vec::new(),
            change: Change::Same,
            why: None,
            ..self
        }
    }
}

/// Compares two captures, their bodies as they were sent.
pub fn compare(a: &Capture, b: &Capture) -> Comparison {
    compare_decoded(a, b, [None, None])
}

/// Compares two captures; `decoded` are the bodies without their content codings, where those were undone.
pub fn compare_decoded(a: &Capture, b: &Capture, decoded: [Option<&[u8]>; 2]) -> Comparison {
    let mut budget = Budget::new();
    let (one, other) = (&a.line.envelope, &b.line.envelope);
    Comparison {
        request: fields::request(one, other, &mut budget),
        query: fields::query(&one.head, &other.head, &mut budget),
        headers: fields::headers(&one.head.headers, &other.head.headers, &mut budget),
        trailers: fields::headers(&one.trailers, &other.trailers, &mut budget),
        body: body::compare([a, b], decoded, &mut budget),
    }
}

/// How many differences there are in rows: those that stand together are one.
pub fn differences(rows: &[Row]) -> usize {
    rows.chunk_by(|one, other| one.change.is_difference() == other.change.is_difference())
        .filter(|chunk| chunk.first().is_some_and(|row| row.change.is_difference()))
        .count()
}

/// How many rows differ, each for itself.
pub fn differences_each(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.change.is_difference()).count()
}

/// How many rows there are of a kind.
pub fn count(rows: &[Row], change: Change) -> usize {
    rows.iter().filter(|row| row.change == change).count()
}

/// By what values are matched. Two that have it in common are still held against each other.
fn fingerprint(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
