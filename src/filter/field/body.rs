//! Words about the body, and texts that may be anywhere.

use std::sync::Arc;

use super::{Operator, Test, TextTest, Written};
use crate::filter::decimal::Decimal;
use crate::filter::json::{self, Found, Step};
use crate::filter::pattern::Pattern;
use crate::filter::subject::Subject;

type Made = Result<Arc<dyn Test>, String>;

#[derive(Debug)]
enum Body {
    /// The whole of it.
    Exactly(String),
    /// These pieces stand in it.
    Has(Pattern),
}

impl Test for Body {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Exactly(text) => subject.body == text.as_bytes(),
            Self::Has(pattern) => pattern.is_in(subject.body),
        }
    }

    fn needs_body(&self) -> bool {
        true
    }
}

pub(super) fn body(written: &Written<'_>) -> Made {
    Ok(Arc::new(match written.operator {
        Operator::Exactly => Body::Exactly(written.value.text()?.to_owned()),
        _ => Body::Has(written.value.pattern.clone()),
    }))
}

/// A text in method, target, headers or body.
#[derive(Debug)]
struct Anywhere(Pattern);

impl Test for Anywhere {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let head = &subject.envelope.head;
        self.0.is_in(head.method.as_bytes())
            || self.0.is_in(head.target.as_bytes())
            || self.0.is_in(head.headers.block())
            || self.0.is_in(subject.body)
    }

    fn needs_body(&self) -> bool {
        true
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands in the table beside others that can fail"
)]
pub(super) fn anywhere(written: &Written<'_>) -> Made {
    Ok(Arc::new(Anywhere(written.value.pattern.clone())))
}

#[derive(Debug)]
struct Form {
    name: String,
    test: TextTest,
}

impl Test for Form {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        subject
            .form()
            .any(|(name, value)| *name == *self.name.as_bytes() && self.test.matches(&value))
    }

    fn needs_body(&self) -> bool {
        true
    }
}

pub(super) fn form(written: &Written<'_>) -> Made {
    Ok(Arc::new(Form {
        name: written.name(),
        test: written.text()?,
    }))
}

#[derive(Debug)]
struct Json {
    path: Vec<Step>,
    test: JsonTest,
}

/// A comparison of a value.
#[derive(Debug)]
enum JsonTest {
    /// Any value at all.
    Anything,
    /// Its text: that of a string, or a number, `true`, `false` or `null` as written.
    Fits(Pattern),
    /// The same number, however it is written.
    Number(Operator, Decimal),
    /// A string that is this, or comes before or behind it.
    Text(Operator, String),
    /// `true`, `false`, `null`, or a string of that text.
    Exactly(String),
}

impl JsonTest {
    fn matches(&self, found: &Found<'_>) -> bool {
        match (self, found) {
            (Self::Anything, _) => true,
            (Self::Fits(pattern), Found::Text(text)) => pattern.fits(text.as_bytes()),
            (Self::Fits(pattern), Found::Word(word)) => pattern.fits(word),
            (Self::Number(operator, want), Found::Word(word)) => {
                Decimal::parse(word).is_some_and(|have| operator.allows(have.cmp(want)))
            }
            (Self::Text(operator, want), Found::Text(text)) => {
                operator.allows(text.as_bytes().cmp(want.as_bytes()))
            }
            (Self::Exactly(want), Found::Text(text)) => text == want,
            (Self::Exactly(want), Found::Word(word)) => want.as_bytes() == *word,
            _ => false,
        }
    }
}

impl Test for Json {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        json::any(subject.body, &self.path, &mut |found| {
            self.test.matches(found)
        })
    }

    fn needs_body(&self) -> bool {
        true
    }
}

pub(super) fn json(written: &Written<'_>) -> Made {
    let (operator, value) = (written.operator, written.value);
    let test = if operator == Operator::Is {
        match &value.pattern {
            pattern if pattern.is_anything() => JsonTest::Anything,
            pattern => JsonTest::Fits(pattern.clone()),
        }
    } else {
        let text = value.text()?;
        match Decimal::parse(text.as_bytes()) {
            _ if value.is_quoted => JsonTest::Text(operator, text.to_owned()),
            Some(number) => JsonTest::Number(operator, number),
            None if operator == Operator::Exactly => JsonTest::Exactly(text.to_owned()),
            None => {
                return Err(
                    "a number stands here, or a text in quotes to compare texts by their characters"
                        .to_owned(),
                );
            }
        }
    };
    Ok(Arc::new(Json {
        path: written.path.to_vec(),
        test,
    }))
}
