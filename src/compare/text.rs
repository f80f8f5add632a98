//! Text by line.

use super::align::{Budget, align, by_place, merge};
use super::{Change, LINES, Row, Side, fingerprint, inline};

/// A line, and how it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    text: &'a [u8],
    end: &'static str,
}

/// The first lines, and whether there are more.
fn lines(bytes: &[u8]) -> (Vec<Line<'_>>, bool) {
    let mut all =
        bytes
            .split_inclusive(|&byte| byte == b'\n')
            .map(|line| match line.strip_suffix(b"\r\n") {
                Some(text) => Line { text, end: "\r\n" },
                None => match line.strip_suffix(b"\n") {
                    Some(text) => Line { text, end: "\n" },
                    None => Line {
                        text: line,
                        end: "",
                    },
                },
            });
    let first = all.by_ref().take(LINES).collect();
    (first, all.next().is_some())
}

/// The rows of two texts, and which of the texts are longer than what was read.
pub(super) fn compare(a: &[u8], b: &[u8], budget: &mut Budget) -> (Vec<Row>, [bool; 2]) {
    let (one, more_a) = lines(a);
    let (other, more_b) = lines(b);
    let hashes = |list: &[Line<'_>]| {
        list.iter()
            .map(|line| fingerprint(line.text))
            .collect::<Vec<_>>()
    };
    let mut pairs = align(&hashes(&one), &hashes(&other), budget);
    let mut is_free = (vec![true; one.len()], vec![true; other.len()]);
    for &(i, j) in &pairs {
        is_free
            .0
            .get_mut(i)
            .into_iter()
            .for_each(|free| *free = false);
        is_free
            .1
            .get_mut(j)
            .into_iter()
            .for_each(|free| *free = false);
    }
    pairs.extend(by_place(&pairs, (&is_free.0, &is_free.1)));
    let steps = merge((one.len(), other.len()), pairs);
    let line = |list: &[Line<'_>], at: Option<usize>| {
        at.and_then(|at| {
            list.get(at)
                .copied()
                .map(|line| (line.text.to_vec(), line.end, at + 1))
        })
    };
    let rows = steps
        .into_iter()
        .map(|step| row(line(&one, step.a), line(&other, step.b), budget));
    (rows.collect(), [more_a, more_b])
}

fn row(
    a: Option<(Vec<u8>, &'static str, usize)>,
    b: Option<(Vec<u8>, &'static str, usize)>,
    budget: &mut Budget,
) -> Row {
    let (change, why, left, right) = match (&a, &b) {
        (Some(one), Some(other)) if one.0 == other.0 => {
            let (change, why) = if one.1 == other.1 {
                (Change::Same, None)
            } else {
                (Change::Rewritten, Some(ends(one.1, other.1)))
            };
            (change, why, inline::whole(&one.0), inline::whole(&other.0))
        }
        (Some(one), Some(other)) => {
            let (left, right) = inline::differ(&one.0, &other.0, budget);
            (Change::Changed, None, left, right)
        }
        (Some(one), None) => (Change::Removed, None, inline::whole(&one.0), Vec::new()),
        (None, other) => {
            let text = other.as_ref().map(|other| &*other.0).unwrap_or_default();
            (Change::Added, None, Vec::new(), inline::whole(text))
        }
    };
    let side = |line: Option<(Vec<u8>, &'static str, usize)>, pieces| {
        line.map(|(_, end, place)| Side {
            place,
            pieces,
            end,
            ..Side::default()
        })
    };
    Row {
        name: Vec::new(),
        change,
        why,
        a: side(a, left),
        b: side(b, right),
    }
}

/// How two line ends differ.
fn ends(a: &str, b: &str) -> &'static str {
    match (a, b) {
        ("\r\n", "\n") => "line end: CR LF, now LF",
        ("\n", "\r\n") => "line end: LF, now CR LF",
        ("", _) => "line end: none, now there",
        _ => "line end: there, now none",
    }
}
