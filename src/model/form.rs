//! Names and values as HTML forms and query strings carry them (<https://url.spec.whatwg.org/#urlencoded-parsing>), as bytes: what
//! they decode to need not be text.

use std::borrow::Cow;

/// A decoded name and its decoded value.
pub type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Percent-decoded, with `+` for a blank; `%zz` stays as it is.
pub fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') && !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let blanks: Vec<u8> = text
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    Cow::Owned(percent_encoding::percent_decode(&blanks).collect())
}

/// The pairs in order; empty ones are skipped, and a name without `=` has an empty value.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    text.split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at(equals);
            (decoded(name), decoded(value.get(1..).unwrap_or_default()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_once_and_in_order() {
        let all: Vec<_> = pairs(b"a=1&&b=x%2By+z&a=2&c&=d&%zz=%ff=").collect();
        let want: [(&[u8], &[u8]); 6] = [
            (b"a", b"1"),
            (b"b", b"x+y z"),
            (b"a", b"2"),
            (b"c", b""),
            (b"", b"d"),
            (b"%zz", b"\xff="),
        ];
        let have: Vec<_> = all
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(have, want);
    }
}
