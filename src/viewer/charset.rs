//! Bytes → text, by the charset that their sender names.
//!
//! Names are those of the Encoding standard (<https://encoding.spec.whatwg.org/#names-and-labels>), but for ISO-8859-1, which is
//! Latin-1 here and not windows-1252: every byte is the character of its number, so that none is lost. A byte order mark is
//! believed before any name. Where the bytes are not what they are called, they are read as UTF-8, or else as Latin-1, and that is
//! said.

use std::borrow::Cow;

use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Text, and how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read<'a> {
    /// The text. Bytes that are no UTF-8 stay as they are where the sender calls them UTF-8.
    pub(super) text: Cow<'a, [u8]>,
    /// How it was read: `utf-8`; `windows-1255`; `not UTF-8, read as Latin-1`.
    pub(super) word: String,
    /// Whether a byte order mark was skipped.
    pub(super) has_mark: bool,
}

/// Reads bytes; the last character may be cut off when there are more of them.
pub(super) fn read<'a>(bytes: &'a [u8], charset: Option<&str>, is_cut: bool) -> Read<'a> {
    let charset = charset.map(str::to_ascii_lowercase);
    let charset = charset.as_deref();
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(length..).unwrap_or_default();
        let name = encoding.name().to_ascii_lowercase();
        if encoding == UTF_8 {
            let called = charset.filter(|name| is_utf_8(name));
            return marked(by_name(rest, called.or(Some("utf-8")), is_cut));
        }
        if let Some(text) = decoded(encoding, rest, is_cut) {
            let word = format!("{name}, by its byte order mark");
            return marked(owned(text, word));
        }
    }
    by_name(bytes, charset, is_cut)
}

/// Whether a name is that of UTF-8, or of a part of it.
pub(super) fn is_utf_8(name: &str) -> bool {
    matches!(name, "utf-8" | "utf8" | "us-ascii" | "ascii")
}

fn marked(read: Read<'_>) -> Read<'_> {
    Read {
        has_mark: true,
        ..read
    }
}

fn owned<'a>(text: String, word: String) -> Read<'a> {
    Read {
        text: Cow::Owned(text.into_bytes()),
        word,
        has_mark: false,
    }
}

fn as_is(bytes: &[u8], word: String) -> Read<'_> {
    Read {
        text: Cow::Borrowed(bytes),
        word,
        has_mark: false,
    }
}

fn by_name<'a>(bytes: &'a [u8], charset: Option<&str>, is_cut: bool) -> Read<'a> {
    let Some(name) = charset else {
        return fall_back(bytes, is_cut, None);
    };
    if is_utf_8(name) {
        let word = if is_valid(bytes, is_cut) {
            "utf-8".to_owned()
        } else {
            format!("called {name}, with bytes that are not UTF-8")
        };
        return as_is(bytes, word);
    }
    if matches!(name, "iso-8859-1" | "latin1" | "iso8859-1") {
        return owned(latin_1(bytes), "Latin-1".to_owned());
    }
    let encoding = match name {
        "utf-16" => Some(UTF_16BE), // RFC 2781 section 4.3: without a mark, the larger byte first.
        name => Encoding::for_label_no_replacement(name.as_bytes()),
    };
    let Some(encoding) = encoding else {
        return fall_back(bytes, is_cut, Some(&format!("{name}, which is not known")));
    };
    match decoded(encoding, bytes, is_cut) {
        Some(text) => owned(text, name.to_owned()),
        None => fall_back(bytes, is_cut, Some(&format!("called {name}, but is not"))),
    }
}

/// UTF-8 if it can be, else Latin-1; `why` is why not something else.
fn fall_back<'a>(bytes: &'a [u8], is_cut: bool, why: Option<&str>) -> Read<'a> {
    match (is_valid(bytes, is_cut), why) {
        (true, None) => as_is(bytes, "utf-8".to_owned()),
        (true, Some(why)) => as_is(bytes, format!("{why}: read as utf-8")),
        (false, None) => owned(latin_1(bytes), "not UTF-8, read as Latin-1".to_owned()),
        (false, Some(why)) => owned(latin_1(bytes), format!("{why}: read as Latin-1")),
    }
}

/// Whether bytes are UTF-8; half a character at their end is no fault where they were cut.
fn is_valid(bytes: &[u8], is_cut: bool) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => is_cut && error.error_len().is_none(),
    }
}

/// Every byte is the character of its number.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The bytes in that encoding; `None` when they are not.
fn decoded(encoding: &'static Encoding, bytes: &[u8], is_cut: bool) -> Option<String> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let room = decoder.max_utf8_buffer_length(bytes.len())?;
    text.try_reserve(room).ok()?;
    let (result, _, had_errors) = decoder.decode_to_string(bytes, &mut text, !is_cut);
    (result == CoderResult::InputEmpty && !had_errors).then_some(text)
}

/// Whether bytes begin with the mark of UTF-16.
pub(super) fn is_utf_16(bytes: &[u8]) -> bool {
    Encoding::for_bom(bytes)
        .is_some_and(|(encoding, _)| encoding == UTF_16LE || encoding == UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_its_charset_and_says_how() {
        for (bytes, charset, want, word) in [
            (&b"gr\xc3\xbcn"[..], None, "grün", "utf-8"),
            (b"gr\xfcn", None, "grün", "not UTF-8, read as Latin-1"),
            (b"gr\xfcn", Some("latin1"), "grün", "Latin-1"),
            (b"a\x80", Some("iso-8859-1"), "a\u{80}", "Latin-1"),
            (b"a\x80", Some("windows-1252"), "a€", "windows-1252"),
            // body-08 and its kin.
            (
                b"\xf9\xec\xe5\xed",
                Some("windows-1255"),
                "שלום",
                "windows-1255",
            ),
            (b"\xcd\xc9\xd2", Some("koi8-r"), "мир", "koi8-r"),
            (b"\x93\xfa\x96{", Some("shift_jis"), "日本", "shift_jis"),
            (b"h\0i\0", Some("utf-16le"), "hi", "utf-16le"),
            (b"\0h\0i", Some("utf-16"), "hi", "utf-16"),
            (
                b"\xff\xfeh\0i\0",
                None,
                "hi",
                "utf-16le, by its byte order mark",
            ),
            (
                b"\xfe\xff\0h",
                Some("utf-8"),
                "h",
                "utf-16be, by its byte order mark",
            ),
            (
                b"abc",
                Some("x-odd"),
                "abc",
                "x-odd, which is not known: read as utf-8",
            ),
            (
                b"\xe9",
                Some("x-odd"),
                "é",
                "x-odd, which is not known: read as Latin-1",
            ),
            (
                b"\xff\xff",
                Some("shift_jis"),
                "ÿÿ",
                "called shift_jis, but is not: read as Latin-1",
            ),
        ] {
            let read = read(bytes, charset, false);
            assert_eq!(
                (std::str::from_utf8(&read.text).unwrap(), &*read.word),
                (want, word)
            );
        }
    }

    #[test]
    fn what_is_called_utf_8_keeps_the_bytes_that_are_not() {
        let read = read(b"a\xfc", Some("utf-8"), false);
        assert_eq!(
            (&*read.text, &*read.word),
            (&b"a\xfc"[..], "called utf-8, with bytes that are not UTF-8")
        );
    }

    #[test]
    fn half_a_character_at_a_cut_is_no_fault() {
        for (bytes, charset) in [
            (&b"a\xc3"[..], None),
            (b"a\x93", Some("shift_jis")),
            (b"\0a\0", Some("utf-16")),
        ] {
            let word = read(bytes, charset, true).word;
            assert!(!word.contains("not"), "{word}");
            let word = read(bytes, charset, false).word;
            assert!(word.contains("not"), "{word}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let with = read(b"\xef\xbb\xbfhi", None, false);
        assert_eq!((&*with.text, with.has_mark), (&b"hi"[..], true));
        assert!(!read(b"hi", None, false).has_mark);
    }
}
