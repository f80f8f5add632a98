//! Which part of two texts differs, by words.

use super::align::{Budget, align};
use super::{Piece, fingerprint};

/// How many words of what differs are looked at one by one.
const WORDS: usize = 400;

/// How much of a stretch is kept.
const KEPT: usize = 2048;

/// How much of a stretch that is the same stays at either end of it, beside what differs.
const BESIDE: usize = 200;

/// How far back the beginning of a word is looked for.
const WORD: usize = 64;

/// A byte of a word; all bytes of a character beyond ASCII are, so that none is cut apart.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Both texts in pieces: what they have in common, and what not.
pub(super) fn differ(a: &[u8], b: &[u8], budget: &mut Budget) -> (Vec<Piece>, Vec<Piece>) {
    let start = start(a, b);
    let end = end(a, b, start);
    let middle = |text: &[u8]| -> Vec<u8> {
        text.get(start..text.len() - end)
            .unwrap_or_default()
            .to_vec()
    };
    let (one, other) = (middle(a), middle(b));
    let (mut left, mut right) = words(&one, &other, budget);
    for (pieces, text) in [(&mut left, a), (&mut right, b)] {
        let before = text.get(..start).unwrap_or_default().to_vec();
        let after = text.get(text.len() - end..).unwrap_or_default().to_vec();
        pieces.insert(0, Piece::Same(before));
        pieces.push(Piece::Same(after));
    }
    (shortened(left), shortened(right))
}

/// A text that is all the same, or all different.
pub(super) fn whole(text: &[u8]) -> Vec<Piece> {
    let kept = cut(text, KEPT);
    let rest = text.len() - kept.len();
    let mut pieces = vec![Piece::Same(kept.to_vec())];
    if rest > 0 {
        pieces.push(Piece::Skipped(rest));
    }
    pieces
}

/// How many bytes are the same at the beginning, without a part of a word.
fn start(a: &[u8], b: &[u8]) -> usize {
    let same = a
        .iter()
        .zip(b)
        .take_while(|(one, other)| one == other)
        .count();
    let goes_on = |at: usize| {
        [a, b]
            .iter()
            .any(|text| text.get(at).copied().is_some_and(is_word))
    };
    let is_inside =
        |at: usize| at > 0 && a.get(at - 1).copied().is_some_and(is_word) && goes_on(at);
    back(same, is_inside, |at| {
        [a, b].iter().all(|text| is_boundary(text, at))
    })
}

/// How many are the same at the end, behind the first `start` of them.
fn end(a: &[u8], b: &[u8], start: usize) -> usize {
    let most = a.len().min(b.len()) - start;
    let same = a.iter().rev().zip(b.iter().rev()).take(most);
    let same = same.take_while(|(one, other)| one == other).count();
    let before = |at: usize| {
        [a, b].iter().any(|text| {
            text.len().checked_sub(at + 1).is_some_and(|place| {
                place >= start && text.get(place).copied().is_some_and(is_word)
            })
        })
    };
    let is_inside =
        |at: usize| at > 0 && a.get(a.len() - at).copied().is_some_and(is_word) && before(at);
    back(same, is_inside, |at| {
        [a, b].iter().all(|text| is_boundary(text, text.len() - at))
    })
}

/// Back to where no word is cut apart; where that is far, to where no character is.
fn back(from: usize, is_inside: impl Fn(usize) -> bool, is_whole: impl Fn(usize) -> bool) -> usize {
    let mut at = from;
    while is_inside(at) && from - at < WORD {
        at -= 1;
    }
    if is_inside(at) {
        at = from;
        while at > 0 && !is_whole(at) {
            at -= 1;
        }
    }
    at
}

/// Whether a place is not inside of a character of UTF-8.
fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)
}

/// Words, and what is between them byte by byte.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    text.chunk_by(|one, other| is_word(*one) && is_word(*other))
        .collect()
}

fn words(a: &[u8], b: &[u8], budget: &mut Budget) -> (Vec<Piece>, Vec<Piece>) {
    // What is longer than these words could be is not taken apart to be counted.
    let is_long = |text: &[u8]| text.len() > WORDS * WORD;
    let all_differs = || {
        (
            vec![Piece::Differs(a.to_vec())],
            vec![Piece::Differs(b.to_vec())],
        )
    };
    if is_long(a) || is_long(b) {
        return all_differs();
    }
    let (one, other) = (tokens(a), tokens(b));
    if one.len() > WORDS || other.len() > WORDS {
        return all_differs();
    }
    let hashes = |list: &[&[u8]]| list.iter().map(fingerprint).collect::<Vec<_>>();
    let pairs = align(&hashes(&one), &hashes(&other), budget);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j) in pairs {
        differs(&mut left, one.get(i..next_i));
        differs(&mut right, other.get(j..next_j));
        let same = one.get(next_i).copied().unwrap_or_default();
        let is_same = other.get(next_j) == Some(&same);
        for (pieces, text) in [
            (&mut left, one.get(next_i)),
            (&mut right, other.get(next_j)),
        ] {
            let text = text.copied().unwrap_or_default().to_vec();
            pieces.push(if is_same {
                Piece::Same(text)
            } else {
                Piece::Differs(text)
            });
        }
        (i, j) = (next_i + 1, next_j + 1);
    }
    differs(&mut left, one.get(i..));
    differs(&mut right, other.get(j..));
    (left, right)
}

fn differs(pieces: &mut Vec<Piece>, tokens: Option<&[&[u8]]>) {
    let text = tokens.unwrap_or_default().concat();
    if !text.is_empty() {
        pieces.push(Piece::Differs(text));
    }
}

/// Neighbours of a kind in one, a lone sign between two that differ with them, and long stretches cut.
fn shortened(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    let mut rest = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .peekable();
    while let Some(piece) = rest.next() {
        let is_between = matches!(joined.last(), Some(Piece::Differs(_)))
            && matches!(rest.peek(), Some(Piece::Differs(_)))
            && matches!(&piece, Piece::Same(text) if text.len() == 1 && !text.iter().any(|&byte| is_word(byte)));
        match (joined.last_mut(), piece) {
            (Some(Piece::Differs(last)), Piece::Same(text)) if is_between => last.extend(text),
            (Some(Piece::Differs(last)), Piece::Differs(text))
            | (Some(Piece::Same(last)), Piece::Same(text)) => last.extend(text),
            (_, piece) => joined.push(piece),
        }
    }
    let count = joined.len();
    let mut short = Vec::with_capacity(count);
    for (at, piece) in joined.into_iter().enumerate() {
        match piece {
            Piece::Same(text) if text.len() > KEPT => {
                let (is_first, is_last) = (at == 0, at + 1 == count);
                let head = if is_first { &[] } else { cut(&text, BESIDE) };
                let tail = if is_last { &[] } else { tail(&text, BESIDE) };
                let skipped = text.len() - head.len() - tail.len();
                short.push(Piece::Same(head.to_vec()));
                short.push(Piece::Skipped(skipped));
                short.push(Piece::Same(tail.to_vec()));
            }
            Piece::Differs(text) if text.len() > KEPT => {
                let head = cut(&text, KEPT);
                short.push(Piece::Differs(head.to_vec()));
                short.push(Piece::Skipped(text.len() - head.len()));
            }
            piece => short.push(piece),
        }
    }
    short.retain(|piece| !piece.is_empty());
    short
}

/// The first bytes, cut between characters.
fn cut(text: &[u8], limit: usize) -> &[u8] {
    let end = (limit.saturating_sub(3)..=limit)
        .rev()
        .find(|&at| is_boundary(text, at));
    text.get(..end.unwrap_or(limit)).unwrap_or(text)
}

/// The last bytes, cut between characters.
fn tail(text: &[u8], limit: usize) -> &[u8] {
    let from = text.len().saturating_sub(limit);
    let from = (from..from + 4)
        .find(|&at| is_boundary(text, at))
        .unwrap_or(from);
    text.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Same(text) => String::from_utf8_lossy(text).into_owned(),
            Piece::Differs(text) => format!("[{}]", String::from_utf8_lossy(text)),
            Piece::Skipped(bytes) => format!("<{bytes}>"),
        };
        pieces.iter().map(text).collect()
    }

    fn both(a: &str, b: &str) -> (String, String) {
        let (a, b) = differ(a.as_bytes(), b.as_bytes(), &mut Budget::new());
        (marked(&a), marked(&b))
    }

    #[test]
    fn words_that_differ_are_marked_whole() {
        for (a, b, left, right) in [
            (
                "Order 10417",
                "Order 10482",
                "Order [10417]",
                "Order [10482]",
            ),
            ("12900", "4900", "[12900]", "[4900]"),
            (
                "t=17,v1=ab",
                "t=18,v1=cd",
                "t=[17],v1=[ab]",
                "t=[18],v1=[cd]",
            ),
            ("7d1f-2b34", "0b6b-5f7a", "[7d1f-2b34]", "[0b6b-5f7a]"),
            ("a, b", "a, x, b", "a, b", "a, [x, ]b"),
            ("grün", "grau", "[grün]", "[grau]"),
            ("", "x", "", "[x]"),
        ] {
            assert_eq!(both(a, b), (left.to_owned(), right.to_owned()));
        }
    }

    #[test]
    fn a_difference_far_inside_a_long_text_is_shown() {
        let a = format!("{}1{}", "x".repeat(5000), "y".repeat(5000));
        let b = a.replace('1', "2");
        let (left, _) = both(&a, &b);
        let want = format!("<4800>{}[1]{}<4800>", "x".repeat(200), "y".repeat(200));
        assert_eq!(left, want);
    }

    proptest! {
        #[test]
        fn pieces_are_the_text_and_what_is_the_same_is_in_both(a in ".{0,40}", b in ".{0,40}") {
            let (left, right) = differ(a.as_bytes(), b.as_bytes(), &mut Budget::new());
            let all = |pieces: &[Piece]| pieces.iter().flat_map(|piece| match piece {
                Piece::Same(text) | Piece::Differs(text) => text.clone(),
                Piece::Skipped(_) => Vec::new(),
            }).collect::<Vec<u8>>();
            prop_assert_eq!(all(&left), a.as_bytes());
            prop_assert_eq!(all(&right), b.as_bytes());
            for piece in left.iter().chain(&right) {
                if let Piece::Same(text) | Piece::Differs(text) = piece {
                    prop_assert!(std::str::from_utf8(text).is_ok());
                }
            }
        }
    }
}
