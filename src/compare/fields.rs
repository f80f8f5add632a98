//! Names and values: request line, query, header fields, the fields of a form.

use std::borrow::Cow;
use std::collections::HashMap;

use super::align::{Budget, align, by_place, merge};
use super::{Change, Piece, Row, Side, fingerprint, inline};
use crate::model::{Envelope, Head, Headers, form};

/// A name and a value.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// What stands in the request line, and where it was sent.
pub(super) fn request(a: &Envelope, b: &Envelope, budget: &mut Budget) -> Vec<Row> {
    let parts = |envelope: &'_ Envelope| {
        [
            ("Method", envelope.head.method.clone()),
            ("Path", envelope.head.path().to_owned()),
            ("Version", envelope.head.version.as_str().to_owned()),
            ("Scheme", envelope.scheme.as_str().to_owned()),
            ("Host", envelope.host.clone()),
        ]
    };
    let rows = parts(a).into_iter().zip(parts(b)).enumerate();
    rows.map(|(at, ((name, one), (_, other)))| {
        let (one, other) = (one.as_bytes(), other.as_bytes());
        both(name.as_bytes(), (at, one), (at, other), budget)
    })
    .collect()
}

/// The parameters of both queries.
pub(super) fn query(a: &Head, b: &Head, budget: &mut Budget) -> Vec<Row> {
    let text = |head: &'_ Head| head.query().unwrap_or_default().as_bytes().to_vec();
    of_form(&text(a), &text(b), budget)
}

/// The fields of two forms.
pub(super) fn of_form(a: &[u8], b: &[u8], budget: &mut Budget) -> Vec<Row> {
    let pairs = |text| form::pairs(text).collect::<Vec<_>>();
    compare(&pairs(a), &pairs(b), false, budget)
}

/// Header fields, whose names have no case (RFC 9110 section 5.1).
pub(super) fn headers(a: &Headers, b: &Headers, budget: &mut Budget) -> Vec<Row> {
    compare(&borrowed(a), &borrowed(b), true, budget)
}

fn borrowed(headers: &Headers) -> Vec<Pair<'_>> {
    headers
        .iter()
        .map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)))
        .collect()
}

/// Fields of a name are matched with fields of that name: equal values first, then in their order.
fn compare(a: &[Pair<'_>], b: &[Pair<'_>], folds: bool, budget: &mut Budget) -> Vec<Row> {
    let (in_a, in_b) = (by_name(a, folds), by_name(b, folds));
    let mut pairs = Vec::new();
    for (name, ones) in &in_a {
        let Some(others) = in_b.get(name) else {
            continue;
        };
        let values = |list: &[Pair<'_>], places: &[usize]| -> Vec<u64> {
            let value = |at: &usize| list.get(*at).map(|(_, value)| fingerprint(value));
            places.iter().filter_map(value).collect()
        };
        let mut found = align(&values(a, ones), &values(b, others), budget);
        let free = |length, taken: Vec<usize>| {
            let mut free = vec![true; length];
            for at in taken {
                free.get_mut(at).into_iter().for_each(|free| *free = false);
            }
            free
        };
        let is_free = (
            free(ones.len(), found.iter().map(|pair| pair.0).collect()),
            free(others.len(), found.iter().map(|pair| pair.1).collect()),
        );
        found.extend(by_place(&[], (&is_free.0, &is_free.1)));
        let place = |(i, j): (usize, usize)| Some((*ones.get(i)?, *others.get(j)?));
        pairs.extend(found.into_iter().filter_map(place));
    }
    let field = |list: &'_ [Pair<'_>], at: usize| {
        list.get(at)
            .cloned()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
    };
    let steps = merge((a.len(), b.len()), pairs);
    let rows = steps.into_iter().filter_map(|step| {
        let one = step.a.and_then(|at| Some((at, field(a, at)?)));
        let other = step.b.and_then(|at| Some((at, field(b, at)?)));
        Some(match (one, other) {
            (Some((i, (name, one))), Some((j, (now, other)))) => {
                let mut row = both(&now, (i, &one), (j, &other), budget);
                let is_same = row.change == Change::Same;
                if is_same && step.moved {
                    row.change = Change::Moved;
                } else if is_same && name != now {
                    row.change = Change::Rewritten;
                    row.why = Some("the case of its name");
                }
                row
            }
            (Some((at, (name, value))), None) => alone(name, at, &value, Change::Removed),
            (None, Some((at, (name, value)))) => alone(name, at, &value, Change::Added),
            (None, None) => return None,
        })
    });
    rows.collect()
}

/// Where the fields of each name are.
fn by_name(list: &[Pair<'_>], folds: bool) -> HashMap<Vec<u8>, Vec<usize>> {
    let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (at, (name, _)) in list.iter().enumerate() {
        let name = if folds {
            name.to_ascii_lowercase()
        } else {
            name.to_vec()
        };
        places.entry(name).or_default().push(at);
    }
    places
}

fn both(name: &[u8], a: (usize, &[u8]), b: (usize, &[u8]), budget: &mut Budget) -> Row {
    let is_same = a.1 == b.1;
    let (left, right) = if is_same {
        (inline::whole(a.1), inline::whole(b.1))
    } else {
        inline::differ(a.1, b.1, budget)
    };
    Row {
        name: name.to_vec(),
        change: if is_same {
            Change::Same
        } else {
            Change::Changed
        },
        why: None,
        a: Some(side(a.0, left)),
        b: Some(side(b.0, right)),
    }
}

fn alone(name: Vec<u8>, at: usize, value: &[u8], change: Change) -> Row {
    let side = Some(side(at, inline::whole(value)));
    let (a, b) = if change == Change::Removed {
        (side, None)
    } else {
        (None, side)
    };
    Row {
        name,
        change,
        why: None,
        a,
        b,
    }
}

fn side(at: usize, pieces: Vec<Piece>) -> Side {
    Side {
        place: at + 1,
        pieces,
        ..Side::default()
    }
}
