//! How values are written for people: sizes, counts, times, and text that a stranger sent.

use std::borrow::Cow;

use crate::model::Timestamp;
use crate::viewer::spelled::{hides, spell};

pub(crate) use crate::viewer::words::{counted, grouped as count};

/// A size in decimal units, short enough for a column: `517 B`, `7.1 kB`, `48 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    for unit in UNITS {
        // From 100 on the tenth says nothing any more.
        if tenths < 1000 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        if tenths < 10_000 {
            return format!("{} {unit}", tenths / 10);
        }
        tenths /= 1000;
    }
    format!("{} EB", count(tenths / 10))
}

/// How long before `now` it was, as one number: `now`, `24 s`, `3 min`, `18 h`, `3 days`, `5 weeks`. `static/js/time.js` writes
/// the same words as time goes on.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.micros_since(then) / 1_000_000;
    let (number, unit) = match seconds {
        0 => return "now".to_owned(),
        1..60 => return format!("{seconds} s"),
        60..3600 => return format!("{} min", seconds / 60),
        3600..86_400 => return format!("{} h", seconds / 3600),
        86_400..1_209_600 => (seconds / 86_400, "day"),
        1_209_600..6_048_000 => (seconds / 604_800, "week"),
        6_048_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    counted(number, unit)
}

/// [`age`] in a sentence: `24 s ago`, or `just now`.
pub(crate) fn ago(now: Timestamp, then: Timestamp) -> String {
    match age(now, then) {
        age if age == "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    }
}

/// How long something lasted, in at most two units: `140 ms`, `24 s`, `3 min 7 s`, `2 h 5 min`, `3 days 4 h`.
pub(crate) fn span(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    let two = |number: u64, unit: &str, rest: u64, smaller: &str| match rest {
        0 => format!("{number} {unit}"),
        _ => format!("{number} {unit} {rest} {smaller}"),
    };
    match seconds {
        0 => format!("{} ms", micros / 1000),
        1..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => match seconds / 3600 % 24 {
            0 => counted(seconds / 86_400, "day"),
            hours => format!("{} {hours} h", counted(seconds / 86_400, "day")),
        },
    }
}

/// A moment to the millisecond: `2026-11-25 11:21:02.418 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.civil().strftime("%F %H:%M:%S%.3f UTC").to_string()
}

/// A moment to the minute: `2026-11-25 11:21 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.civil().strftime("%F %H:%M UTC").to_string()
}

/// [`moment`], shorter: without the day when that is today's.
pub(crate) fn time(now: Timestamp, at: Timestamp) -> String {
    let (now, at) = (now.civil(), at.civil());
    let form = if now.date() == at.date() {
        "%H:%M:%S%.3f UTC"
    } else {
        "%-d %b %Y, %H:%M:%S%.3f UTC"
    };
    at.strftime(form).to_string()
}

/// A day: `25 November 2026`.
pub(crate) fn date(at: Timestamp) -> String {
    at.civil().strftime("%-d %B %Y").to_string()
}

/// The heading over a day's rows; `None` for today, which needs none.
pub(crate) fn day(now: Timestamp, then: Timestamp) -> Option<String> {
    let (today, day) = (now.civil().date(), then.civil().date());
    if day >= today {
        return None;
    }
    let heading = if today.yesterday().is_ok_and(|yesterday| yesterday == day) {
        day.strftime("Yesterday, %-d %B")
    } else if day.year() == today.year() {
        day.strftime("%A, %-d %B")
    } else {
        day.strftime("%A, %-d %B %Y")
    };
    Some(heading.to_string())
}

/// A message as a sentence: with a capital first, and a full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    let stop = if message.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{stop}", characters.as_str())
}

/// A stranger's text on one line: at most `limit` characters, and what would not be seen, break the line or turn the direction
/// of writing is written out, so that nothing can pose as something else.
pub(crate) fn one_line(text: &str, limit: usize) -> Cow<'_, str> {
    let cut = text.char_indices().nth(limit).map(|(at, _)| at);
    let kept = text.get(..cut.unwrap_or(text.len())).unwrap_or_default();
    // A line end is no part of a line, here.
    let is_unseen = |c: char| hides(c) || matches!(c, '\t' | '\n');
    if cut.is_none() && !kept.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(kept.len() + 8);
    for c in kept.chars() {
        if is_unseen(c) {
            line.push_str(&spell(c));
        } else {
            line.push(c);
        }
    }
    if cut.is_some() {
        line.push('…');
    }
    Cow::Owned(line)
}

/// A place in a row: `1st`, `2nd`, `11th`.
pub(crate) fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_sizes_are_short() {
        assert_eq!(
            [0, 999, 1000, 1_204_567].map(count),
            ["0", "999", "1,000", "1,204,567"]
        );
        assert_eq!(
            [
                0,
                517,
                999,
                1000,
                7_149,
                99_999,
                100_000,
                999_999,
                4_812_331,
                u64::MAX
            ]
            .map(size),
            [
                "0 B", "517 B", "999 B", "1.0 kB", "7.1 kB", "99.9 kB", "100 kB", "999 kB",
                "4.8 MB", "18 EB"
            ]
        );
    }

    #[test]
    fn ages_have_one_number() {
        let now = Timestamp::from_micros(1_795_605_662_000_000);
        let age_of = |seconds: i64| age(now, now.minus_micros(seconds * 1_000_000));
        assert_eq!(
            [
                -5, 0, 59, 60, 3599, 64_800, 86_400, 172_800, 3_024_000, 7_000_000, 99_999_999
            ]
            .map(age_of),
            [
                "now", "now", "59 s", "1 min", "59 min", "18 h", "1 day", "2 days", "5 weeks",
                "2 months", "3 years"
            ]
        );
        assert_eq!(ago(now, now), "just now");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        assert_eq!(
            [
                140_999,
                24_000_000,
                187_000_000,
                180_000_000,
                7_500_000_000,
                273_600_000_000,
                86_400_000_000
            ]
            .map(span),
            [
                "140 ms",
                "24 s",
                "3 min 7 s",
                "3 min",
                "2 h 5 min",
                "3 days 4 h",
                "1 day"
            ]
        );
    }

    #[test]
    fn days_are_headed_from_yesterday_on() {
        // 2026-11-25T11:21:02Z, a Wednesday.
        let now = Timestamp::from_micros(1_795_605_662_000_000);
        let days_before = |days: i64| day(now, now.minus_micros(days * 86_400_000_000));
        assert_eq!(days_before(0), None);
        assert_eq!(days_before(1).unwrap(), "Yesterday, 24 November");
        assert_eq!(days_before(2).unwrap(), "Monday, 23 November");
        assert_eq!(days_before(365).unwrap(), "Tuesday, 25 November 2025");
        assert_eq!(date(now), "25 November 2026");
        assert_eq!(moment(now), "2026-11-25 11:21:02.000 UTC");
        assert_eq!(time(now, now), "11:21:02.000 UTC");
        let before = now.minus_micros(86_400_000_000);
        assert_eq!(time(now, before), "24 Nov 2026, 11:21:02.000 UTC");
    }

    #[test]
    fn hostile_text_is_made_visible_and_short() {
        assert_eq!(one_line("/a?b=ü", 100), "/a?b=ü");
        assert_eq!(
            one_line("a\r\nb\x1b[2J\x7f", 100),
            "a⟨CR⟩⟨LF⟩b⟨ESC⟩[2J⟨DEL⟩"
        );
        assert_eq!(one_line("x\u{202e}gpj.exe", 100), "x⟨U+202E⟩gpj.exe");
        assert_eq!(one_line("\u{85}\u{2028}", 100), "⟨U+0085⟩⟨U+2028⟩");
        assert_eq!(one_line("ääää", 2), "ää…");
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("the disk is full"), "The disk is full.");
        assert_eq!(sentence(""), ".");
    }
}
