//! Content-Transfer-Encoding of a part undone (RFC 2045 section 6): base64 and quoted-printable.
//!
//! Forms have not used it since RFC 7578 section 4.7, mail always did. A part of parts is never in one (RFC 2045 section 6.4), and
//! what comes out is never larger than what went in.

use crate::model::base64;

/// A coding of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its name, in lower case.
    pub name: String,
    /// The bytes without it; `None` where it is not known here, or they are not in it.
    pub bytes: Option<Vec<u8>>,
    /// What is odd about it, as a sentence.
    pub problem: Option<String>,
}

impl Transfer {
    /// Undoes the coding of that name; `None` for those that change nothing.
    pub(super) fn undo(name: &str, bytes: &[u8]) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let (bytes, problem) = match name.as_str() {
            "" | "7bit" | "8bit" | "binary" => return None,
            "base64" => match of_base64(bytes) {
                Some((bytes, true)) => (Some(bytes), None),
                Some((bytes, false)) => (
                    Some(bytes),
                    Some("The base64 of this part breaks off.".to_owned()),
                ),
                None => (
                    None,
                    Some("This part is called base64, which it is not: shown as sent.".to_owned()),
                ),
            },
            "quoted-printable" => {
                let (bytes, is_whole) = of_quoted(bytes);
                let odd = "Some of this part is no quoted-printable, and stands as it was sent.";
                (Some(bytes), (!is_whole).then(|| odd.to_owned()))
            }
            _ => (None, None),
        };
        Some(Self {
            name,
            bytes,
            problem,
        })
    }
}

/// RFC 2045 section 6.8, and whether it is whole. Line ends and blanks count for nothing; anything else that is no digit would be
/// passed over by mail readers, and so be lost without a word.
fn of_base64(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut digits: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    while digits.last() == Some(&b'=') {
        digits.pop();
    }
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if !digits.iter().all(is_digit) {
        return None;
    }
    // One digit alone is less than a byte.
    let is_whole = digits.len() % 4 != 1;
    if !is_whole {
        digits.pop();
    }
    let bytes = base64::decode(std::str::from_utf8(&digits).ok()?)?;
    Some((bytes, is_whole))
}

/// RFC 2045 section 6.7, and whether all of it was in the coding. What is not stays as it is.
fn of_quoted(bytes: &[u8]) -> (Vec<u8>, bool) {
    let (mut out, mut is_whole) = (Vec::with_capacity(bytes.len()), true);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = line.len() - line_end(line);
        let (text, end) = line.split_at_checked(end).unwrap_or((line, b""));
        // Blanks at the end of a line were added on the way.
        let text = text.trim_ascii_end();
        let (text, end) = match text.strip_suffix(b"=") {
            Some(text) if !end.is_empty() => (text, &b""[..]),
            _ => (text, end),
        };
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'=', rest) {
            let (plain, coded) = rest.split_at_checked(at).unwrap_or((rest, b""));
            out.extend_from_slice(plain);
            rest = match coded {
                [_, high, low, rest @ ..] if let Some(byte) = byte(*high, *low) => {
                    out.push(byte);
                    rest
                }
                _ => {
                    is_whole = false;
                    out.push(b'=');
                    coded.get(1..).unwrap_or_default()
                }
            };
        }
        out.extend_from_slice(rest);
        out.extend_from_slice(end);
    }
    (out, is_whole)
}

/// How many bytes the end of a line has.
fn line_end(line: &[u8]) -> usize {
    match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(name: &str, text: &str) -> (String, bool) {
        let transfer = Transfer::undo(name, text.as_bytes()).unwrap();
        let bytes = transfer.bytes.unwrap();
        (
            String::from_utf8(bytes).unwrap(),
            transfer.problem.is_none(),
        )
    }

    #[test]
    fn base64_is_read_over_line_ends_and_not_beyond_its_digits() {
        let whole = |text: &str| (text.to_owned(), true);
        for text in ["aGVsbG8=", "aGVs\r\nbG8=\r\n", "aGVsbG8", " aGVsbG8= \n"] {
            assert_eq!(undone("Base64", text), whole("hello"), "{text}");
        }
        assert_eq!(undone("base64", ""), whole(""));
        assert_eq!(undone("base64", "aGVsbG8hI"), ("hello!".to_owned(), false));
        for text in ["aGVs!bG8=", "aGV=sbG8", "häh?"] {
            let transfer = Transfer::undo("base64", text.as_bytes()).unwrap();
            assert!(
                transfer.bytes.is_none() && transfer.problem.is_some(),
                "{text}"
            );
        }
    }

    #[test]
    fn quoted_printable_is_read_line_by_line() {
        for (text, want) in [
            ("caf=C3=A9", "café"),
            ("caf=c3=a9\r\n", "café\r\n"),
            ("one =\r\nline", "one line"),
            ("soft=  \nend", "softend"),
            ("blanks \t \r\ngo", "blanks\r\ngo"),
            ("=3D=0D=0A=20", "=\r\n "),
            ("", ""),
        ] {
            assert_eq!(
                undone("quoted-printable", text),
                (want.to_owned(), true),
                "{text}"
            );
        }
        for text in ["1=2", "=", "=\u{e9}x", "=G1=", "a=b=c"] {
            assert_eq!(
                undone("quoted-printable", text),
                (text.to_owned(), false),
                "{text}"
            );
        }
    }

    #[test]
    fn codings_that_change_nothing_are_none_and_others_are_named() {
        for name in ["7bit", "8BIT", " binary ", ""] {
            assert_eq!(Transfer::undo(name, b"x"), None);
        }
        let odd = Transfer::undo("x-uuencode", b"x").unwrap();
        assert_eq!(
            (odd.name.as_str(), odd.bytes, odd.problem),
            ("x-uuencode", None, None)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_and_never_grow(bytes: Vec<u8>) {
            for name in ["base64", "quoted-printable"] {
                let transfer = Transfer::undo(name, &bytes).unwrap();
                proptest::prop_assert!(transfer.bytes.is_none_or(|undone| undone.len() <= bytes.len()));
            }
        }
    }
}
