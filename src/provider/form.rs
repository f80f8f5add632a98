//! Names and values of a form or a query, as far as signatures ask for them.

use std::borrow::Cow;

pub(crate) use crate::model::form::Pair;

/// The most pairs that are read.
const PAIRS: usize = 10_000;

/// The pairs in order.
pub(crate) fn pairs(text: &[u8]) -> Vec<Pair<'_>> {
    crate::model::form::pairs(text).take(PAIRS).collect()
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
