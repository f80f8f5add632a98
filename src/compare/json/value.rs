//! What scalars mean, whatever their letters: numbers exactly, strings by their UTF-16 code units.

use super::super::fingerprint;
use super::read::Kind;
use crate::model::json::units;

/// The same for scalars that mean the same.
pub(super) fn hash(kind: Kind, text: &str) -> u64 {
    match kind {
        Kind::String => fingerprint((kind, units(text))),
        Kind::Number => match Decimal::read(text) {
            Some(number) => fingerprint((kind, number)),
            None => fingerprint((kind, text)),
        },
        _ => fingerprint((kind, text)),
    }
}

/// Whether two scalars of a kind mean the same.
pub(super) fn is_same(kind: Kind, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match kind {
        Kind::String => (a.contains('\\') || b.contains('\\')) && units(a) == units(b),
        Kind::Number => match (Decimal::read(a), Decimal::read(b)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        },
        _ => false,
    }
}

/// A number: digits without zeros at either end, and the power of ten of the last of them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` for an exponent that is beyond all reason.
    fn read(text: &str) -> Option<Self> {
        let (text, is_negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let kept = all.trim_end_matches('0');
        let behind = i64::try_from(all.len() - kept.len()).ok()?;
        let point = i64::try_from(fraction.len()).ok()?;
        let digits = kept.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self {
                is_negative: false,
                digits,
                exponent: 0,
            });
        }
        Some(Self {
            is_negative,
            digits,
            exponent: exponent.checked_add(behind)?.checked_sub(point)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_by_value_and_exactly() {
        for (a, b, same) in [
            ("1.0", "1", true),
            ("100", "1e2", true),
            ("-0", "0.0", true),
            ("0.10", "1E-1", true),
            ("18446744073709551617", "18446744073709551616", false),
            ("1e99999999999999999999", "1e99999999999999999998", false),
            ("-1", "1", false),
        ] {
            assert_eq!(is_same(Kind::Number, a, b), same, "{a} {b}");
        }
    }

    #[test]
    fn strings_are_the_same_by_what_they_say() {
        assert!(is_same(Kind::String, r#""\u00e9\/""#, "\"é/\""));
        assert!(!is_same(Kind::String, r#""\ud800""#, r#""\ud801""#));
    }
}
