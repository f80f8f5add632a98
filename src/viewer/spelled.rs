//! Text of strangers, in which nothing hides: what cannot be seen or would mislead is spelled out.
//!
//! A page shows a sender's text as it is, but for characters that draw nothing, move the cursor or turn the writing direction:
//! they appear as `⟨ESC⟩` or `⟨U+202E⟩`, bytes that are no UTF-8 as `\xE9`, each in a [run](Run) of its own that the page marks, so
//! that they cannot be mistaken for the same letters sent as such.

use super::room;
use super::words::counted;

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its letters.
    pub text: String,
    /// Whether they stand for something that has no letters.
    pub is_spelled: bool,
}

/// Text in runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelled {
    runs: Vec<Run>,
    is_lossy: bool,
}

impl Spelled {
    /// Text, with what hides in it spelled out. Tabs and line feeds stay, and so does a carriage return before a line feed.
    pub fn from_text(text: &str) -> Self {
        let mut spelled = Self::default();
        spelled.push_text(text);
        spelled
    }

    /// UTF-8 in which bytes that are none are spelled out as well.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::bounded(bytes, usize::MAX).0
    }

    /// The same with at most so many runs, and whether that is all: what is left out is not spelled out first, as each run costs many
    /// times the byte that it may stand for.
    pub fn bounded(bytes: &[u8], runs: usize) -> (Self, bool) {
        let mut spelled = Self::default();
        for chunk in bytes.utf8_chunks() {
            spelled.push_up_to(runs, chunk.valid());
            for byte in chunk.invalid() {
                spelled.is_lossy = true;
                spelled.push(&format!("\\x{byte:02X}"), true);
            }
            if spelled.runs.len() > runs {
                spelled.runs.truncate(runs);
                return (spelled, false);
            }
        }
        (spelled, true)
    }

    /// The first bytes of a text that may be long, and how many there are behind them; cut between characters.
    pub fn beginning(bytes: &[u8], limit: usize) -> Self {
        if bytes.len() <= limit {
            return Self::from_bytes(bytes);
        }
        // A byte of a character that began before the limit is at most the fourth.
        let end = (limit.saturating_sub(3)..=limit)
            .rev()
            .find(|&at| bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80))
            .unwrap_or(limit);
        let mut spelled = Self::from_bytes(bytes.get(..end).unwrap_or_default());
        let rest = counted((bytes.len() - end) as u64, "more byte");
        spelled.push_mark(&format!("… {rest}"));
        spelled
    }

    /// Adds text, with what hides in it spelled out.
    pub fn push_text(&mut self, text: &str) {
        self.push_up_to(usize::MAX, text);
    }

    /// The same until there are more than so many runs.
    fn push_up_to(&mut self, runs: usize, text: &str) {
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            if !hides(c) {
                continue;
            }
            if self.runs.len() > runs {
                return;
            }
            let after = at + c.len_utf8();
            if c == '\r' && text.as_bytes().get(after) == Some(&b'\n') {
                continue;
            }
            self.push(text.get(plain..at).unwrap_or_default(), false);
            self.push(&spell(c), true);
            plain = after;
        }
        self.push(text.get(plain..).unwrap_or_default(), false);
    }

    /// Adds words that stand for something else, such as "… 12 more bytes".
    pub fn push_mark(&mut self, mark: &str) {
        self.push(mark, true);
    }

    fn push(&mut self, text: &str, is_spelled: bool) {
        if text.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.is_spelled == is_spelled => last.text.push_str(text),
            _ => self.runs.push(Run {
                text: text.to_owned(),
                is_spelled,
            }),
        }
    }

    /// How many bytes it has on a page, about.
    pub fn weight(&self) -> usize {
        let mark = |run: &Run| if run.is_spelled { room::MARK } else { 0 };
        let weight = |run: &Run| room::escaped(&run.text) + mark(run);
        self.runs.iter().map(weight).sum()
    }

    /// Leaves out what would make it weigh more; says whether there was such.
    pub fn cut(&mut self, weight: usize) -> bool {
        let mut left = weight;
        for (at, run) in self.runs.iter_mut().enumerate() {
            left = left.saturating_sub(if run.is_spelled { room::MARK } else { 0 });
            let over = run.text.char_indices().find(|(at, c)| {
                let bytes = run.text.get(*at..at + c.len_utf8()).unwrap_or_default();
                let size = room::escaped(bytes);
                let is_over = size > left;
                left = left.saturating_sub(size);
                is_over
            });
            if let Some((end, _)) = over {
                run.text.truncate(end);
                self.runs.truncate(at + usize::from(end > 0));
                return true;
            }
        }
        false
    }

    /// The runs, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Whether there were bytes that are not UTF-8.
    pub fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// Whether anything had to be spelled out.
    pub fn has_spelled(&self) -> bool {
        self.runs.iter().any(|run| run.is_spelled)
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// All letters without the marks, for titles, labels and other places that take plain text only.
    pub fn plain(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Whether a character draws nothing, moves the cursor or turns the writing direction. Joiners (U+200C, U+200D) are left
/// alone: emoji and Persian are made with them.
pub fn hides(c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        _ => matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'),
    }
}

/// What stands for a character that [hides].
pub fn spell(c: char) -> String {
    let code = u32::from(c);
    let name = usize::try_from(code)
        .ok()
        .and_then(|code| CONTROLS.get(code));
    match (name, c) {
        (Some(name), _) => format!("\u{27e8}{name}\u{27e9}"),
        (None, '\u{7f}') => "\u{27e8}DEL\u{27e9}".to_owned(),
        (None, _) => format!("\u{27e8}U+{code:04X}\u{27e9}"),
    }
}

/// The names of the control characters of ASCII, from 0 (RFC 20 section 5.2). Their pictures in Unicode are in too few fonts.
const CONTROLS: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_cut_weighs_no_more_and_is_the_beginning(text in "[a-b<\r\n\u{1}\u{202e}ü]{0,60}", weight in 0_usize..200) {
            let all = Spelled::from_text(&text);
            let mut short = all.clone();
            let was_cut = short.cut(weight);
            prop_assert_eq!(was_cut, all.weight() > weight);
            prop_assert!(short.weight() <= weight);
            prop_assert!(all.plain().starts_with(&short.plain()));
        }

        #[test]
        fn what_is_bounded_is_the_beginning_of_what_is_not(text in "[a-b\r\n\u{1}\u{202e}ü]{0,60}", odd: u8, runs in 1_usize..9) {
            let bytes = [text.as_bytes(), &[odd], text.as_bytes()].concat();
            let all = Spelled::from_bytes(&bytes);
            let (short, is_all) = Spelled::bounded(&bytes, runs);
            prop_assert_eq!(is_all, all.runs().len() <= runs);
            prop_assert_eq!(short.runs(), all.runs().get(..runs).unwrap_or(all.runs()));
        }
    }

    fn runs(spelled: &Spelled) -> Vec<(&str, bool)> {
        spelled
            .runs()
            .iter()
            .map(|run| (run.text.as_str(), run.is_spelled))
            .collect()
    }

    #[test]
    fn what_hides_is_spelled_out_in_runs_of_its_own() {
        let spelled = Spelled::from_text("a\x1b[2J\u{202e}b\u{200b}\u{feff}");
        assert_eq!(
            runs(&spelled),
            [
                ("a", false),
                ("⟨ESC⟩", true),
                ("[2J", false),
                ("⟨U+202E⟩", true),
                ("b", false),
                ("⟨U+200B⟩⟨U+FEFF⟩", true)
            ]
        );
    }

    #[test]
    fn writing_is_left_alone() {
        for text in ["", "grün\tß\r\nعربي עברית", "👩\u{200d}🚀", "a\u{a0}b"] {
            let spelled = Spelled::from_text(text);
            assert_eq!(
                (spelled.plain().as_str(), spelled.has_spelled()),
                (text, false)
            );
        }
    }

    #[test]
    fn a_lone_carriage_return_is_spelled_out() {
        assert_eq!(
            runs(&Spelled::from_text("a\rb\r\nc\r")),
            [
                ("a", false),
                ("⟨CR⟩", true),
                ("b\r\nc", false),
                ("⟨CR⟩", true)
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_apart_from_their_spelling() {
        let spelled = Spelled::from_bytes(b"caf\xe9 \\xE9");
        assert_eq!(
            runs(&spelled),
            [("caf", false), ("\\xE9", true), (" \\xE9", false)]
        );
        assert!(spelled.is_lossy());
        assert!(!Spelled::from_bytes("café".as_bytes()).is_lossy());
    }
}
