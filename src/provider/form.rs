//! Names and values of a form or a query, decoded by the rules of the URL standard.

use std::borrow::Cow;

/// A decoded name and its decoded value.
pub(crate) type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The most pairs that are read.
const PAIRS: usize = 10_000;

/// Percent-decoded, with `+` for a blank.
pub(crate) fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') && !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let blanks: Vec<u8> = text
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    Cow::Owned(percent_encoding::percent_decode(&blanks).collect())
}

/// The pairs in order; a name without `=` has an empty value.
pub(crate) fn pairs(text: &[u8]) -> Vec<Pair<'_>> {
    text.split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .take(PAIRS)
        .map(|pair| {
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at(equals);
            (decoded(name), decoded(value.get(1..).unwrap_or_default()))
        })
        .collect()
}

/// The first value of that name.
pub(crate) fn find<'a>(text: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    pairs(text)
        .into_iter()
        .find(|(have, _)| have.as_ref() == name.as_bytes())
        .map(|(_, value)| value)
}

/// The first value of that name, as text; `None` when it is not UTF-8.
pub(crate) fn find_text(text: &[u8], name: &str) -> Option<String> {
    String::from_utf8(find(text, name)?.into_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_once() {
        assert_eq!(find_text(b"a=1&b=x%2By+z&a=2&c", "b").unwrap(), "x+y z");
        assert_eq!(find_text(b"a=1&a=2&c", "a").unwrap(), "1");
        assert_eq!(find_text(b"a=1&a=2&c", "c").unwrap(), "");
        assert_eq!(find_text(b"a=%ff", "a"), None);
    }
}
