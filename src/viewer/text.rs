//! Text as it was sent, in its charset.

use super::charset;
use super::room::Room;
use super::words::grouped;
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window};

/// Suits what is called text, and what looks like it.
pub static VIEWER: Viewer = Viewer {
    name: "text",
    label: "Raw",
    slot: Slot::Raw,
    fit,
    view,
};

/// How many bytes are shown at first.
pub const SHOWN: usize = 256 * 1024;

/// How many bytes are shown at most.
pub const SHOWN_AT_MOST: usize = 4 * 1024 * 1024;

/// How many runs are drawn at most: bytes that are all spelled out one by one would make a page of a hundred times their size.
pub(super) const RUNS: usize = 20_000;

/// How many bytes are looked at to tell text from other bytes.
const LOOKED_AT: usize = 64 * 1024;

/// Text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: Spelled,
}

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    // What is called text and is made of zeros, as what a small compressed body can grow into, is easier to read as bytes.
    let is_called_text =
        subject.is_called(super::MediaType::is_text) && !is_mostly_control(subject.bytes);
    if is_called_text || charset::is_utf_16(subject.bytes) || looks_like_text(subject.bytes) {
        Fit::Yes
    } else {
        Fit::No("Not text")
    }
}

/// How many of these bytes are control characters that text has no use for.
fn controls(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
        .count()
}

/// More than three in four: that many UTF-32 has, and no other text.
fn is_mostly_control(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    controls(bytes) * 4 > bytes.len() * 3
}

/// UTF-8, or mostly ASCII, and nearly free of control characters.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let controls = controls(bytes);
    let is_utf_8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // A character that the cut at LOOKED_AT went through is no fault.
        Err(error) => error.error_len().is_none(),
    };
    let ascii = bytes.iter().filter(|byte| byte.is_ascii()).count();
    controls * 20 <= bytes.len() && (is_utf_8 || ascii * 4 >= bytes.len() * 3)
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let limit = if window.all { SHOWN_AT_MOST } else { SHOWN };
    let cut = subject
        .bytes
        .get(..cut_at(subject.bytes, limit))
        .unwrap_or(subject.bytes);
    let is_cut = subject.is_cut || cut.len() < subject.bytes.len();
    let read = charset::read(cut, subject.charset(), is_cut);
    let (mut text, is_all) = Spelled::bounded(&read.text, RUNS);
    let is_all = !text.cut(Room::of(window).left()) && is_all;
    let mut facts = vec![read.word];
    if read.has_mark {
        facts.push("byte order mark skipped".to_owned());
    }
    facts.extend(line_ends(&read.text));
    Shown {
        facts,
        rest: rest(cut.len(), subject.bytes.len(), !is_all, window.all),
        ..Shown::of(View::Text(Text { text }))
    }
}

/// What is left out.
pub(super) fn rest(shown: usize, of: usize, crowded: bool, all: bool) -> Option<Rest> {
    if crowded {
        return Some(Rest {
            sentence: "Only the beginning is shown: here the rest would take many times its size."
                .to_owned(),
            more: false,
        });
    }
    (shown < of).then(|| Rest {
        sentence: format!(
            "{} of {} bytes shown.",
            grouped(shown as u64),
            grouped(of as u64)
        ),
        more: !all,
    })
}

/// Where to cut: at the limit, or up to three bytes earlier so that no UTF-8 character is cut in two.
fn cut_at(bytes: &[u8], limit: usize) -> usize {
    if bytes.len() <= limit {
        return bytes.len();
    }
    (limit.saturating_sub(3)..=limit)
        .rev()
        .find(|&at| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80))
        .unwrap_or(limit)
}

/// How lines end, where that is not by plain line feeds.
fn line_ends(bytes: &[u8]) -> Option<String> {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let pairs = memchr::memmem::find_iter(bytes, b"\r\n").count();
    match (pairs, feeds - pairs) {
        (0, _) => None,
        (_, 0) => Some("line ends: CR LF".to_owned()),
        (pairs, others) => Some(format!(
            "line ends: {} CR LF, {} LF",
            grouped(pairs as u64),
            grouped(others as u64)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaType;

    fn shown(bytes: &[u8], content_type: &str, all: bool) -> Shown {
        let subject = Subject {
            bytes,
            media_type: MediaType::parse(content_type),
            coding: None,
            is_cut: false,
            depth: 0,
        };
        view(&subject, Window { offset: 0, all })
    }

    fn text(shown: &Shown) -> String {
        match &shown.view {
            View::Text(text) => text.text.plain(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_said() {
        let shown = shown(b"\xef\xbb\xbfhi", "text/plain", false);
        assert_eq!(
            (text(&shown).as_str(), shown.facts),
            (
                "hi",
                vec!["utf-8".to_owned(), "byte order mark skipped".to_owned()]
            )
        );
    }

    #[test]
    fn line_ends_are_said() {
        assert_eq!(line_ends(b"a\nb\n"), None);
        assert_eq!(
            line_ends(b"a\r\nb\r\n").as_deref(),
            Some("line ends: CR LF")
        );
        assert_eq!(
            line_ends(b"a\r\nb\nc\r").as_deref(),
            Some("line ends: 1 CR LF, 1 LF")
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let long = "ü".repeat(SHOWN);
        let shown_first = shown(long.as_bytes(), "text/plain", false);
        assert_eq!(text(&shown_first).chars().count(), SHOWN / 2);
        assert_eq!(
            shown_first.rest,
            Some(Rest {
                sentence: "262,144 of 524,288 bytes shown.".into(),
                more: true
            })
        );
        assert_eq!(shown(long.as_bytes(), "text/plain", true).rest, None);
        let odd = format!("x{long}");
        assert_eq!(
            text(&shown(odd.as_bytes(), "text/plain", false)).len(),
            SHOWN - 1
        );
    }

    #[test]
    fn bytes_that_are_all_spelled_out_stay_bounded() {
        let hostile = "a\u{1}".repeat(SHOWN);
        let shown = shown(hostile.as_bytes(), "text/plain", true);
        let rest = shown.rest.clone().unwrap();
        assert!(
            !rest.more && rest.sentence.starts_with("Only the beginning"),
            "{rest:?}"
        );
        let View::Text(text) = shown.view else {
            panic!()
        };
        assert_eq!(text.text.runs().len(), RUNS);
    }

    #[test]
    fn text_is_told_from_other_bytes() {
        for (bytes, is_text) in [
            (&b"plain"[..], true),
            (b"before\0after, and a longer text behind it", true),
            (b"caf\xe9 au lait", true),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", false),
            (
                b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0",
                false,
            ),
            (b"\0\0\0\0", false),
            (b"\xff\xfe\xfd\xfc", false),
        ] {
            assert_eq!(looks_like_text(bytes), is_text, "{bytes:?}");
        }
    }
}
