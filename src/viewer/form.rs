//! Names and values: a form's body, a query, cookies.

use percent_encoding::percent_decode_str;

use super::words::count;
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window};

/// Suits what is called a form.
pub static VIEWER: Viewer = Viewer {
    name: "form",
    label: "Fields",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How many fields are shown at first, and at most.
const SHOWN: usize = 500;
const SHOWN_AT_MOST: usize = 10_000;

/// Names and values, in the order they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The fields.
    pub fields: Vec<Field>,
}

/// A name and its value.
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
    /// Names and values as they are; names are told apart by their letters, or in any case where `fold_case` says so.
    pub fn new(fields: impl IntoIterator<Item = (Spelled, Spelled)>, fold_case: bool) -> Self {
        let mut fields: Vec<Field> = fields
            .into_iter()
            .map(|(name, value)| Field {
                name,
                value,
                repeat: None,
            })
            .collect();
        let mut places: std::collections::HashMap<String, Vec<usize>> =
            std::collections::HashMap::new();
        for (at, field) in fields.iter().enumerate() {
            let mut name = field.name.plain();
            if fold_case {
                name.make_ascii_lowercase();
            }
            places.entry(name).or_default().push(at);
        }
        for repeated in places.values().filter(|places| places.len() > 1) {
            for (nth, &at) in repeated.iter().enumerate() {
                if let Some(field) = fields.get_mut(at) {
                    field.repeat = Some((nth + 1, repeated.len()));
                }
            }
        }
        Self { fields }
    }

    /// The fields of a query, or of a body of the same form (<https://url.spec.whatwg.org/#urlencoded-parsing>): order and
    /// repeats stay, a name without `=` has an empty value, and bytes that are no UTF-8 are spelled out.
    pub fn from_urlencoded(text: &str) -> Self {
        Self::new(pairs(text), false)
    }
}

/// The pairs of a form's text.
fn pairs(text: &str) -> impl Iterator<Item = (Spelled, Spelled)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// `+` is a blank and `%41` a byte; what is no escape stays as it is.
fn decoded(text: &str) -> Spelled {
    let blanks = text.replace('+', " ");
    Spelled::from_bytes(&percent_decode_str(&blanks).collect::<Vec<u8>>())
}

fn fit(subject: &Subject<'_>) -> Fit {
    let is_form = subject
        .media_type
        .as_ref()
        .is_some_and(super::MediaType::is_form);
    if is_form && subject.coding.is_none() && !subject.bytes.is_empty() {
        Fit::Yes
    } else {
        Fit::No("Not JSON, and no form")
    }
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    // A form is ASCII by its definition; what is not is kept byte for byte by way of its escapes.
    let escaped: String = subject.bytes.iter().fold(String::new(), |mut text, &byte| {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    });
    let limit = if window.all { SHOWN_AT_MOST } else { SHOWN };
    let all = escaped.split('&').filter(|pair| !pair.is_empty()).count();
    let table = Table::new(pairs(&escaped).take(limit), false);
    let problem = table
        .fields
        .iter()
        .any(|field| field.name.is_lossy() || field.value.is_lossy())
        .then(|| "Some bytes are not UTF-8; they are spelled out as \\xE9".to_owned());
    Shown {
        rest: (all > limit).then(|| Rest {
            sentence: format!("The first {limit} of {} are shown.", count(all, "field")),
            more: limit < SHOWN_AT_MOST,
        }),
        view: View::Table(table),
        facts: vec![count(all, "field"), "escapes decoded".to_owned()],
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Plain = (String, String, Option<(usize, usize)>);

    fn plain(text: &str) -> Vec<Plain> {
        let table = Table::from_urlencoded(text);
        let field = |field: Field| (field.name.plain(), field.value.plain(), field.repeat);
        table.fields.into_iter().map(field).collect()
    }

    #[test]
    fn keeps_order_repeats_and_empty_values() {
        let field = |name: &str, value: &str, repeat| (name.to_owned(), value.to_owned(), repeat);
        assert_eq!(
            plain("a[]=1&b&a[]=2+3&CalledCity=&%61=%e2%82%ac"),
            [
                field("a[]", "1", Some((1, 2))),
                field("b", "", None),
                field("a[]", "2 3", Some((2, 2))),
                field("CalledCity", "", None),
                field("a", "€", None),
            ]
        );
    }

    #[test]
    fn what_is_no_escape_or_no_text_is_shown_all_the_same() {
        let fields = plain("p=100%&bad=%zz&h=%12%ff");
        assert_eq!(fields[0].1, "100%");
        assert_eq!(fields[1].1, "%zz");
        assert_eq!(fields[2].1, "\\x12\\xFF");
    }
}
