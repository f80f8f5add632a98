//! Bytes: where they begin to differ.

use super::{Change, Piece, Row, Side};

/// How many bytes stand in a row.
const ROW: usize = 16;

/// How many rows are shown from the first difference on.
const ROWS: usize = 8;

/// The offset of the first byte that differs; `None` when there is none.
pub(super) fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let same = a
        .iter()
        .zip(b)
        .take_while(|(one, other)| one == other)
        .count();
    (a.len() != b.len() || same < a.len()).then_some(same)
}

/// Rows of bytes around an offset, as hexadecimal digits.
pub(super) fn rows(a: &[u8], b: &[u8], offset: usize) -> Vec<Row> {
    let first = offset / ROW * ROW;
    let starts = (0..ROWS).map(|at| first + at * ROW);
    let mut rows = Vec::new();
    for start in starts.take_while(|&start| start < a.len().max(b.len())) {
        let part = |bytes: &'_ [u8]| {
            bytes
                .get(start..)
                .map(|rest| rest.iter().copied().take(ROW).collect::<Vec<u8>>())
        };
        let (one, other) = (part(a).unwrap_or_default(), part(b).unwrap_or_default());
        let change = match (one.is_empty(), other.is_empty()) {
            (true, _) => Change::Added,
            (_, true) => Change::Removed,
            _ if one == other => Change::Same,
            _ => Change::Changed,
        };
        rows.push(Row {
            name: Vec::new(),
            change,
            why: None,
            a: side(&one, &other, start),
            b: side(&other, &one, start),
        });
    }
    rows
}

fn side(bytes: &[u8], other: &[u8], place: usize) -> Option<Side> {
    if bytes.is_empty() {
        return None;
    }
    let places: Vec<usize> = (0..bytes.len()).collect();
    let is_same = |at: &usize| other.is_empty() || bytes.get(*at) == other.get(*at);
    let pieces = places
        .chunk_by(|one, next| is_same(one) == is_same(next))
        .map(|chunk| {
            let digits = |at: &usize| bytes.get(*at).map(|byte| format!("{byte:02x}"));
            let text: Vec<String> = chunk.iter().filter_map(digits).collect();
            let is_last = chunk.last() == places.last();
            let text = format!("{}{}", text.join(" "), if is_last { "" } else { " " }).into_bytes();
            if chunk.first().is_some_and(is_same) {
                Piece::Same(text)
            } else {
                Piece::Differs(text)
            }
        });
    Some(Side {
        place,
        pieces: pieces.collect(),
        ..Side::default()
    })
}
