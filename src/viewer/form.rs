//! Pairs of names and values, as HTML forms and query strings carry them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::room::{self, Room};
use super::words::{counted, grouped};
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window, charset};
use crate::model::form;

/// Suits what is called a form, and what can hardly be anything else.
pub static VIEWER: Viewer = Viewer {
    name: "form",
    label: "Fields",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How many pairs are shown at first, and at most.
const FIELDS: usize = 1000;
const FIELDS_AT_MOST: usize = 10_000;

/// How many bytes of one name or value are shown, and of all together.
const VALUE: usize = 64 * 1024;
const BYTES: usize = 1024 * 1024;

/// Names and values in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The rows.
    pub fields: Vec<Field>,
    /// How many pairs there were that are not among the rows.
    pub left_out: usize,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: Spelled,
    /// The value; may be empty.
    pub value: Spelled,
    /// Which of how many, when the name is there more than once.
    pub repeat: Option<(usize, usize)>,
}

impl Table {
    /// At most `limit` names with their values, as they are. Names are equal by their letters, or in any case with `any_case`.
    pub fn new<'a>(
        pairs: impl IntoIterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)>,
        limit: usize,
        any_case: bool,
    ) -> Self {
        let mut table = Self::default();
        let (mut bytes_left, mut room) = (BYTES, Room::new(limit > FIELDS));
        let mut is_full = false;
        for (name, value) in pairs {
            let size = name.len().min(VALUE) + value.len().min(VALUE);
            // What follows is left out too, however small, so that the rows have no holes.
            is_full |= table.fields.len() >= limit || size > bytes_left;
            if is_full {
                table.left_out += 1;
                continue;
            }
            bytes_left -= size;
            let field = Field {
                name: Spelled::beginning(&name, VALUE),
                value: Spelled::beginning(&value, VALUE),
                repeat: None,
            };
            if room.take(field.weight()) {
                table.fields.push(field);
            } else {
                is_full = true;
                table.left_out += 1;
            }
        }
        table.count_repeats(any_case);
        table
    }

    /// Takes apart `a=1&b=2` by the rules of the URL standard.
    ///
    /// `+` is a blank, `%zz` stays as it is, empty pairs are skipped; order, repeated names and empty values are kept
    /// (<https://url.spec.whatwg.org/#urlencoded-parsing>).
    pub fn from_urlencoded(text: &[u8], limit: usize) -> Self {
        Self::of_form(text, limit, None)
    }

    /// The same with names and values in another charset than UTF-8.
    fn of_form(text: &[u8], limit: usize, charset: Option<&str>) -> Self {
        let Some(_) = charset else {
            return Self::new(form::pairs(text), limit, false);
        };
        let read = |bytes: Cow<'_, [u8]>| -> Cow<'static, [u8]> {
            charset::read(&bytes, charset, false)
                .text
                .into_owned()
                .into()
        };
        let pairs = form::pairs(text).enumerate();
        // What is only counted need not be read.
        let pairs = pairs.map(|(at, (name, value))| {
            if at < limit {
                (read(name), read(value))
            } else {
                (name, value)
            }
        });
        Self::new(pairs, limit, false)
    }

    /// How many bytes it has on the page, about.
    pub(super) fn weight(&self) -> usize {
        self.fields.iter().map(Field::weight).sum()
    }

    fn count_repeats(&mut self, any_case: bool) {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, field) in self.fields.iter().enumerate() {
            let mut name = field.name.plain();
            if any_case {
                name.make_ascii_lowercase();
            }
            places.entry(name).or_default().push(at);
        }
        for repeated in places.values().filter(|places| places.len() > 1) {
            for (nth, &at) in repeated.iter().enumerate() {
                if let Some(field) = self.fields.get_mut(at) {
                    field.repeat = Some((nth + 1, repeated.len()));
                }
            }
        }
    }
}

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    let is_form = match &subject.media_type {
        Some(media_type) => media_type.is_form(),
        None => looks_like_pairs(subject.bytes),
    };
    if is_form && !subject.bytes.is_empty() {
        Fit::Yes
    } else {
        super::UNSTRUCTURED
    }
}

/// Only the characters that a form is encoded with, and a `=` among them.
fn looks_like_pairs(bytes: &[u8]) -> bool {
    let is_plain = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'*' | b'-' | b'.' | b'_' | b'~' | b'+' | b'%' | b'&' | b'='
            )
    };
    // A name of a hundred characters is a line of base64 with its filling, not a name.
    let name = memchr::memchr(b'=', bytes);
    name.is_some_and(|at| (1..100).contains(&at)) && bytes.iter().all(is_plain)
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let limit = if window.all { FIELDS_AT_MOST } else { FIELDS };
    let charset = subject.charset().filter(|name| !charset::is_utf_8(name));
    let table = Table::of_form(subject.bytes, limit, charset);
    let (shown, total) = (table.fields.len(), table.fields.len() + table.left_out);
    let mut facts = vec![counted(total as u64, "field")];
    if subject.media_type.is_none() {
        facts.push("read as a form".to_owned());
    }
    facts.extend(charset.map(|name| charset::read(b"", Some(name), false).word));
    if table.fields.iter().any(Field::is_lossy) {
        facts.push("with bytes that are not UTF-8".to_owned());
    }
    Shown {
        facts,
        rest: (shown < total).then(|| Rest {
            sentence: format!(
                "{} of {} fields shown.",
                grouped(shown as u64),
                grouped(total as u64)
            ),
            more: !window.all,
        }),
        ..Shown::of(View::Table(table))
    }
}

impl Field {
    /// How many bytes it has on the page, about: the value stands there for its button too, and so does the name.
    fn weight(&self) -> usize {
        room::FIELD + 2 * (self.name.weight() + self.value.weight())
    }

    /// Whether name or value have bytes that are not UTF-8.
    pub fn is_lossy(&self) -> bool {
        self.name.is_lossy() || self.value.is_lossy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaType;

    type Row = (String, String, Option<(usize, usize)>);

    fn rows(text: &[u8]) -> Vec<Row> {
        Table::from_urlencoded(text, 100)
            .fields
            .iter()
            .map(|field| (field.name.plain(), field.value.plain(), field.repeat))
            .collect()
    }

    fn row(name: &str, value: &str, repeat: Option<(usize, usize)>) -> Row {
        (name.to_owned(), value.to_owned(), repeat)
    }

    #[test]
    fn order_repeats_and_empty_values_are_kept() {
        assert_eq!(
            rows(b"Body=a+%26+b%0A&Tag=otp&&Tag=de&e=&flag&=x&p=1=2"),
            [
                row("Body", "a & b\n", None),
                row("Tag", "otp", Some((1, 2))),
                row("Tag", "de", Some((2, 2))),
                row("e", "", None),
                row("flag", "", None),
                row("", "x", None),
                row("p", "1=2", None),
            ]
        );
    }

    #[test]
    fn url_10_bracketed_names_are_rows_of_their_own() {
        assert_eq!(
            rows(b"a[]=1&a%5B%5D=2&a=3&a=4"),
            [
                row("a[]", "1", Some((1, 2))),
                row("a[]", "2", Some((2, 2))),
                row("a", "3", Some((1, 2))),
                row("a", "4", Some((2, 2))),
            ]
        );
    }

    #[test]
    fn url_06_broken_escapes_and_bytes_that_are_no_text_are_shown() {
        assert_eq!(
            rows(b"a=%ff%fe&b=100%&c=%zz&d=%e9"),
            [
                row("a", "\\xFF\\xFE", None),
                row("b", "100%", None),
                row("c", "%zz", None),
                row("d", "\\xE9", None),
            ]
        );
        assert!(Table::from_urlencoded(b"d=%e9", 9).fields[0].is_lossy());
    }

    #[test]
    fn rows_end_at_the_limit_without_holes() {
        let many = "a=1&".repeat(2000);
        let subject = Subject {
            bytes: many.as_bytes(),
            media_type: MediaType::parse("application/x-www-form-urlencoded"),
            coding: None,
            is_cut: false,
            depth: 0,
        };
        let shown = view(&subject, Window::default());
        assert_eq!(
            shown.rest,
            Some(Rest {
                sentence: "1,000 of 2,000 fields shown.".into(),
                more: true
            })
        );
        let large = format!("a={0}&b={0}&c=1", "x".repeat(1_000_000));
        let table = Table::from_urlencoded(large.as_bytes(), 9);
        assert_eq!((table.fields.len(), table.left_out), (3, 0));
        assert!(
            table.fields[0]
                .value
                .plain()
                .ends_with("… 934,464 more bytes")
        );
    }

    #[test]
    fn forms_without_a_type_are_known_by_their_letters() {
        for (text, is_form) in [
            (&b"a=1&b=%20+x"[..], true),
            (b"a=1 b", false),
            (b"hello", false),
            (b"=x", false),
            (b"", false),
        ] {
            assert_eq!(looks_like_pairs(text), is_form, "{text:?}");
        }
    }
}
