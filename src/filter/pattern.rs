//! Texts with `*` for any characters, `/` and line ends included.

use std::fmt;

/// A pattern: literal pieces with a `*` between each two.
///
/// Matching never goes back further than to the last `*`, so that its time is bounded by the sum of both lengths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// At least one piece; pieces may be empty.
    pieces: Vec<String>,
}

impl Pattern {
    /// A pattern out of pieces; none at all is the empty text.
    pub(super) fn new(mut pieces: Vec<String>) -> Self {
        if pieces.is_empty() {
            pieces.push(String::new());
        }
        Self { pieces }
    }

    /// The text itself, when there is no `*` in it.
    pub fn literal(&self) -> Option<&str> {
        match &self.pieces[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether it is nothing but `*`: anything will do, as long as it is there.
    pub fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// The pieces between the `*`.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Whether the whole text fits, upper and lower case being the same (ASCII letters only).
    pub fn fits(&self, text: &[u8]) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else {
            return text.is_empty();
        };
        let Some((last, middle)) = rest.split_last() else {
            return text.eq_ignore_ascii_case(first.as_bytes());
        };
        let (first, last) = (first.as_bytes(), last.as_bytes());
        if text.len() < first.len() + last.len() {
            return false;
        }
        let (head, rest) = text.split_at(first.len());
        let (between, tail) = rest.split_at(rest.len() - last.len());
        head.eq_ignore_ascii_case(first)
            && tail.eq_ignore_ascii_case(last)
            && in_order(middle, between)
    }

    /// Whether the pieces stand in the text in this order, anywhere in it.
    pub fn is_in(&self, text: &[u8]) -> bool {
        in_order(&self.pieces, text)
    }
}

/// Whether the pieces stand in the text one behind the other. Taking the first place each time is enough: what follows has the
/// most room then.
fn in_order(pieces: &[String], mut text: &[u8]) -> bool {
    for piece in pieces {
        let Some(at) = find(text, piece.as_bytes()) else {
            return false;
        };
        text = text.get(at + piece.len()..).unwrap_or_default();
    }
    true
}

/// Where the needle stands first, whatever the case of its ASCII letters.
pub(super) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((&first, _)) = needle.split_first() else {
        return Some(0);
    };
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let last = text.len().checked_sub(needle.len())?;
    // Each comparison may go on to the end of the needle: where there are too many of them, `steadily` is faster.
    let mut left = 16 * text.len();
    for at in memchr::memchr2_iter(low, high, text.get(..=last)?) {
        let here = text.get(at..at + needle.len())?;
        if here.eq_ignore_ascii_case(needle) {
            return Some(at);
        }
        let Some(rest) = left.checked_sub(needle.len()) else {
            return Some(at + steadily(text.get(at..)?, needle)?);
        };
        left = rest;
    }
    None
}

/// The same in a time of both lengths, whatever stands in them: what was matched is not looked at again (Knuth, Morris and Pratt).
fn steadily(text: &[u8], needle: &[u8]) -> Option<usize> {
    let letter = |at: usize| needle.get(at).map(u8::to_ascii_lowercase);
    // How long a beginning of the needle ends with its byte at a place, but for the needle up to there itself.
    let mut ends: Vec<usize> = Vec::with_capacity(needle.len());
    let goes_on = |ends: &[usize], mut length: usize, byte: u8| {
        let byte = byte.to_ascii_lowercase();
        while length > 0 && letter(length) != Some(byte) {
            length = ends.get(length - 1).copied().unwrap_or(0);
        }
        length + usize::from(letter(length) == Some(byte))
    };
    for (at, &byte) in needle.iter().enumerate() {
        let before = ends.last().copied().unwrap_or(0);
        let length = if at == 0 {
            0
        } else {
            goes_on(&ends, before, byte)
        };
        ends.push(length);
    }
    let mut length = 0;
    for (at, &byte) in text.iter().enumerate() {
        length = goes_on(&ends, length, byte);
        if length == needle.len() {
            return Some(at + 1 - length);
        }
    }
    None
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, piece) in self.pieces.iter().enumerate() {
            if at > 0 {
                f.write_str("*")?;
            }
            if !piece.is_empty() {
                write!(f, "{}", Quoted(piece))?;
            }
        }
        if self.literal() == Some("") {
            f.write_str("\"\"")?;
        }
        Ok(())
    }
}

/// Whether a text can stand in a filter without quotes.
pub(super) fn is_plain(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@,;%#$!'~^&?|[]{}".contains(c);
    !text.is_empty() && text.chars().all(is_plain)
}

/// A text as it is written in a filter: in quotes where it has to be.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.split('*').map(str::to_owned).collect())
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (glob, text, fits) in [
            ("abc", "ABC", true),
            ("abc", "abcd", false),
            ("a*", "a", true),
            ("a*", "a/b/c", true),
            ("*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
            ("*b*b*", "ab", false),
        ] {
            assert_eq!(pattern(glob).fits(text.as_bytes()), fits, "{glob} {text}");
        }
        assert!(pattern("b*d").is_in(b"aBcDe"));
        assert!(!pattern("d*b").is_in(b"abcde"));
    }

    #[test]
    fn a_long_text_that_nearly_fits_everywhere_takes_no_longer() {
        let text = "a".repeat(1_000_000);
        let needle = format!("{}b", "A".repeat(3998));
        assert!(!pattern(&needle).is_in(text.as_bytes()));
        assert_eq!(
            find(format!("{text}B").as_bytes(), needle.as_bytes()),
            Some(1_000_000 - 3998)
        );
    }

    proptest::proptest! {
        #[test]
        fn both_ways_of_searching_find_the_first_place(text in "[abAB]{0,200}", needle in "[abAB]{1,6}") {
            let first = text.to_lowercase().find(&needle.to_lowercase());
            proptest::prop_assert_eq!(find(text.as_bytes(), needle.as_bytes()), first);
            proptest::prop_assert_eq!(steadily(text.as_bytes(), needle.as_bytes()), first);
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_the_text_is() {
        let glob = pattern(&"a*".repeat(1000));
        assert!(!glob.fits("a".repeat(999).as_bytes()));
        assert!(!pattern("*a*a*a*a*b").fits("a".repeat(100_000).as_bytes()));
    }
}
