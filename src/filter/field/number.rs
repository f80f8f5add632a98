//! Words about numbers.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Operator, Simple, Test, Written};
use crate::filter::subject::Subject;

type Made = Result<Arc<dyn Test>, String>;

/// A number of the capture.
#[derive(Debug)]
struct Number {
    of: fn(&Subject<'_>) -> Option<u64>,
    /// `None` when no number is like that.
    range: Option<RangeInclusive<u64>>,
    simple: fn(RangeInclusive<u64>) -> Option<Simple>,
}

impl Test for Number {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let range = self.range.as_ref();
        range.is_some_and(|range| (self.of)(subject).is_some_and(|number| range.contains(&number)))
    }

    fn simple(&self) -> Option<Simple> {
        self.range.clone().map_or(Some(Simple::Never), self.simple)
    }
}

fn whole(written: &Written<'_>) -> Result<Option<RangeInclusive<u64>>, String> {
    let number = written.value.text()?.parse();
    let number = number.map_err(|_| "a whole number stands here".to_owned())?;
    Ok(written.operator.range(number))
}

pub(super) fn n(written: &Written<'_>) -> Made {
    Ok(Arc::new(Number {
        of: |subject| subject.n.map(|n| n.0),
        range: whole(written)?,
        simple: |range| Some(Simple::Number(range)),
    }))
}

pub(super) fn delivery(written: &Written<'_>) -> Made {
    Ok(Arc::new(Number {
        of: |subject| {
            let delivery = subject.recognised?.delivery?;
            Some(delivery.number)
        },
        range: whole(written)?,
        simple: |_| None,
    }))
}

pub(super) fn status(written: &Written<'_>) -> Made {
    let text = written.value.text()?;
    let range = match text.as_bytes() {
        // A class of them: 5xx.
        [class @ b'1'..=b'9', b'x' | b'X', b'x' | b'X'] => {
            if !matches!(written.operator, Operator::Is | Operator::Exactly) {
                return Err("a class of statuses is compared with `:`".to_owned());
            }
            let first = u64::from(class - b'0') * 100;
            Some(first..=first + 99)
        }
        _ => whole(written).map_err(|_| "a status (503) or a class of them (5xx) stands here")?,
    };
    Ok(Arc::new(Number {
        of: |subject| subject.envelope.reply.status.map(u64::from),
        range,
        simple: |range| Some(Simple::Status(range)),
    }))
}

/// Bytes: `10k` and `2M` are 1024 and 1024² of them.
pub(super) fn size(written: &Written<'_>) -> Made {
    let expected = || "a number of bytes stands here: 500, 10k, 2M".to_owned();
    let text = written.value.text()?;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (_, unit) = text.split_at(digits.len());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(expected()),
    };
    let number: u64 = digits.parse().map_err(|_| expected())?;
    Ok(Arc::new(Number {
        of: |subject| Some(subject.size),
        range: written.operator.range(number.saturating_mul(factor)),
        simple: |range| Some(Simple::Size(range)),
    }))
}
