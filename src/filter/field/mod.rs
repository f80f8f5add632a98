//! The words of the language: the table [`FIELDS`], and what each of them asks.
//!
//! | word | asks for |
//! |---|---|
//! | `method` `host` `path` `target` `type` | the request's; `type` is the media type |
//! | `header.NAME` `query.NAME` `form.NAME` | any value of that name |
//! | `json.PATH` | any value there: `:` and `=` compare its text, `>` and its kin numbers, or texts in quotes |
//! | `body`, or a text alone | the body; method, target, headers or body |
//! | `size` `n` `status` `delivery` | numbers: `size>10k`, `status:5xx` |
//! | `since` `until` | `1h`, `2d`, `2026-11-25`, `09:30`, a date with time |
//! | `client` | an address, or a range of them: `10.0.0.0/8` |
//! | `provider` `event` `verdict` | what is known of the sender; `event` is its type or its id |
//! | `is` | `truncated`, `aborted`, `pinned`, `replayed`, `imported` |

mod body;
mod number;
mod request;
mod sender;
mod state;
mod time;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::json::Step;
use super::pattern::{Pattern, is_plain};
use super::subject::Subject;
use crate::model::{BodyState, Timestamp};

pub use state::Flag;
#[cfg(test)]
pub(super) use time::first;

/// How a field and its value are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Is,
    Exactly,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Operator {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Exactly => "=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }

    /// Whether it is one of `>`, `>=`, `<`, `<=`.
    fn is_order(self) -> bool {
        !matches!(self, Self::Is | Self::Exactly)
    }

    /// Whether a comparison that came out like this is what was asked for.
    fn allows(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Is | Self::Exactly => ordering.is_eq(),
            Self::Above => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Below => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
        }
    }

    /// The numbers that it allows beside this one; `None` when there are none.
    fn range(self, value: u64) -> Option<RangeInclusive<u64>> {
        match self {
            Self::Is | Self::Exactly => Some(value..=value),
            Self::Above => Some(value.checked_add(1)?..=u64::MAX),
            Self::AtLeast => Some(value..=u64::MAX),
            Self::Below => Some(0..=value.checked_sub(1)?),
            Self::AtMost => Some(0..=value),
        }
    }
}

/// A value as written.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Value {
    pub(super) pattern: Pattern,
    /// Whether it is meant as a text, where that [matters](Field::minds_quotes).
    pub(super) is_quoted: bool,
}

impl Value {
    /// Whether it needs no quotes.
    pub(super) fn is_plain(&self) -> bool {
        self.pattern.literal().is_none_or(is_plain)
    }

    /// The text, when there is no `*`.
    fn text(&self) -> Result<&str, String> {
        self.pattern
            .literal()
            .ok_or_else(|| "there is no * in this value".to_owned())
    }
}

/// A term as written, for a field to read.
pub(super) struct Written<'a> {
    pub(super) path: &'a [Step],
    pub(super) operator: Operator,
    pub(super) value: &'a Value,
    pub(super) now: Timestamp,
}

impl Written<'_> {
    /// The name behind the field's own: `X-Shop` in `header.X-Shop`. Names may have dots in them.
    fn name(&self) -> String {
        let words: Vec<&str> = self
            .path
            .iter()
            .map(|step| match step {
                Step::Name(name) => name.as_str(),
                Step::Any => "*",
            })
            .collect();
        words.join(".")
    }

    /// How a text is compared: `:` with `*` and whatever its case, `=` exactly.
    fn text(&self) -> Result<TextTest, String> {
        match self.operator {
            Operator::Exactly => Ok(TextTest::Exactly(self.value.text()?.to_owned())),
            _ => Ok(TextTest::Fits(self.value.pattern.clone())),
        }
    }
}

/// A comparison of texts.
#[derive(Debug)]
enum TextTest {
    Exactly(String),
    Fits(Pattern),
}

impl TextTest {
    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exactly(want) => text == want.as_bytes(),
            Self::Fits(pattern) => pattern.fits(text),
        }
    }

    /// The one text that is asked for, when its case does not matter.
    fn literal(&self) -> Option<String> {
        match self {
            Self::Fits(pattern) => pattern.literal().map(str::to_owned),
            Self::Exactly(_) => None,
        }
    }
}

/// One condition.
pub(super) trait Test: fmt::Debug + Send + Sync {
    /// Whether the capture meets it.
    fn matches(&self, subject: &Subject<'_>) -> bool;

    /// Whether it looks into the body.
    fn needs_body(&self) -> bool {
        false
    }

    /// The same for an index or a column, where one can answer it alone.
    fn simple(&self) -> Option<Simple> {
        None
    }
}

/// A condition that a column can answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Simple {
    /// The method, whatever its case.
    Method(String),
    /// The status of the reply.
    Status(RangeInclusive<u64>),
    /// The bytes of the body that were kept.
    Size(RangeInclusive<u64>),
    /// The number.
    Number(RangeInclusive<u64>),
    /// The time of arrival, in µs since 1970.
    ReceivedAt(RangeInclusive<i64>),
    /// How the body ended.
    State(BodyState),
    /// Whether it is pinned.
    Pinned,
    /// The name of a known sender, whatever its case.
    Provider(String),
    /// Nothing can be like that.
    Never,
}

type Read = fn(&Written<'_>) -> Result<Arc<dyn Test>, String>;

/// What stands behind the name of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// Nothing.
    None,
    /// A name.
    Name,
    /// A path into JSON.
    Path,
}

/// A word of the language.
#[derive(Debug)]
pub struct Field {
    /// The word; empty for what stands alone.
    pub name: &'static str,
    /// An example.
    pub example: &'static str,
    part: Part,
    /// Whether `>` and its kin make sense.
    is_ordered: bool,
    pub(super) read: Read,
}

const fn field(name: &'static str, example: &'static str, read: Read) -> Field {
    Field {
        name,
        example,
        part: Part::None,
        is_ordered: false,
        read,
    }
}

impl Field {
    const fn with(self, part: Part) -> Self {
        Self { part, ..self }
    }

    const fn ordered(self) -> Self {
        Self {
            is_ordered: true,
            ..self
        }
    }

    /// Whether a value in quotes is another than the same without: texts of JSON are told from its numbers by them.
    pub(super) fn minds_quotes(&self, operator: Operator) -> bool {
        self.part == Part::Path && operator != Operator::Is
    }

    /// Whether path and operator fit the field; else what was expected.
    pub(super) fn check(&self, path: &[Step], operator: Operator) -> Result<(), String> {
        let Self { name, example, .. } = self;
        match (self.part, path.len()) {
            (Part::None, 0) | (Part::Name | Part::Path, 1..=32) => {}
            (Part::None, _) => return Err(format!("{name} has no parts: {example}")),
            (_, 0) => return Err(format!("a name stands behind {name}: {example}")),
            _ => return Err("a path has at most 32 steps".to_owned()),
        }
        if operator.is_order() && !self.is_ordered {
            return Err(format!("{name} is compared with : or ="));
        }
        Ok(())
    }
}

/// Every word, in the order that they are listed in.
pub static FIELDS: &[Field] = &[
    field("method", "method:POST", request::method),
    field("path", "path:/orders/*", request::path),
    field("target", "target:*token=*", request::target),
    field("host", "host:hooks.example.com", request::host),
    field("header", "header.x-shop:acme", request::header).with(Part::Name),
    field("query", "query.page:2", request::query).with(Part::Name),
    field("form", "form.user:ada", body::form).with(Part::Name),
    field("json", "json.data.amount>100", body::json)
        .with(Part::Path)
        .ordered(),
    field("body", "body:\"any text\"", body::body),
    field("type", "type:application/json", request::media_type),
    field("size", "size>10k", number::size).ordered(),
    field("status", "status:5xx", number::status).ordered(),
    field("n", "n>100", number::n).ordered(),
    field("delivery", "delivery>1", number::delivery).ordered(),
    field("client", "client:10.0.0.0/8", request::client),
    field("since", "since:1h", time::since),
    field("until", "until:2026-11-25", time::until),
    field("provider", "provider:stripe", sender::provider),
    field("event", "event:invoice.*", sender::event),
    field("verdict", "verdict:invalid", sender::verdict),
    field("is", "is:truncated", state::is),
];

static ANYWHERE: Field = field("", "\"free text\"", body::anywhere);

/// What a value without a field asks.
pub(super) fn anywhere() -> &'static Field {
    &ANYWHERE
}

/// The field of that name, whatever its case.
pub(super) fn find(name: &str) -> Option<&'static Field> {
    FIELDS
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
}

/// What is expected instead of a name that is none.
pub(super) fn unknown(name: &str) -> String {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    let likeness = |known: &&str| strsim::jaro_winkler(known, &name.to_ascii_lowercase());
    let near = names
        .iter()
        .copied()
        .filter(|known| likeness(known) > 0.8)
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
        .map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
    format!(
        "one of {} stands here{near}; a text with : = < or > in it is put in quotes",
        names.join(", ")
    )
}
