//! Words about when it came.

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::{Simple, Test, Written};
use crate::filter::subject::Subject;
#[cfg(test)]
use crate::model::Timestamp;

type Made = Result<Arc<dyn Test>, String>;

#[derive(Debug)]
struct Arrived(RangeInclusive<i64>);

impl Test for Arrived {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        self.0.contains(&subject.envelope.received_at.as_micros())
    }

    fn simple(&self) -> Option<Simple> {
        Some(Simple::ReceivedAt(self.0.clone()))
    }
}

/// From that time on.
pub(super) fn since(written: &Written<'_>) -> Made {
    let (first, _) = moment(written)?;
    Ok(Arc::new(Arrived(first..=i64::MAX)))
}

/// Up to that time; of a day or a minute, up to its end.
pub(super) fn until(written: &Written<'_>) -> Made {
    let (_, last) = moment(written)?;
    Ok(Arc::new(Arrived(i64::MIN..=last)))
}

/// The first and the last microsecond of what is written. Dates and times of day are UTC, as on every page.
fn moment(written: &Written<'_>) -> Result<(i64, i64), String> {
    const SECOND: i64 = 1_000_000;
    let expected = || {
        "a time stands here: 90s, 15m, 1h, 2d, 1w ago, 2026-11-25, 09:30, 2026-11-25T09:30:00Z"
            .to_owned()
    };
    let text = written.value.text()?;
    if let Some(ago) = ago(text) {
        let at = written.now.minus_micros(ago).as_micros();
        return Ok((at, at));
    }
    let micros = |at: DateTime| {
        let at = TimeZone::UTC.to_timestamp(at).map_err(|_| expected())?;
        Ok::<i64, String>(at.as_microsecond())
    };
    let whole = |at: i64, length: i64| (at, at.saturating_add(length - 1));
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok((at.as_microsecond(), at.as_microsecond()));
    }
    if !text.contains(':')
        && let Ok(date) = text.parse::<Date>()
    {
        return Ok(whole(micros(date.at(0, 0, 0, 0))?, 86_400 * SECOND));
    }
    let length = if text.matches(':').count() > 1 {
        SECOND
    } else {
        60 * SECOND
    };
    if let Ok(at) = text.parse::<DateTime>() {
        return Ok(whole(micros(at)?, length));
    }
    let time: Time = text.parse().map_err(|_| expected())?;
    let today = written.now.civil().date();
    Ok(whole(micros(today.to_datetime(time))?, length))
}

/// A span of time before now, in µs.
fn ago(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    let count: u32 = digits.parse().ok()?;
    i64::from(count)
        .checked_mul(seconds)?
        .checked_mul(1_000_000)
}

/// Where a time lies, for tests.
#[cfg(test)]
pub(in crate::filter) fn first(text: &str, now: Timestamp) -> Option<Timestamp> {
    use super::{Operator, Value};
    use crate::filter::pattern::Pattern;
    let value = Value {
        pattern: Pattern::new(vec![text.to_owned()]),
        is_quoted: false,
    };
    let written = Written {
        path: &[],
        operator: Operator::Is,
        value: &value,
        now,
    };
    let (first, _) = moment(&written).ok()?;
    Some(Timestamp::from_micros(first))
}
