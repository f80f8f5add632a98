//! Decimal numbers of any length, compared exactly: JSON's numbers have no bounds (RFC 8259 section 6).

use std::cmp::Ordering;

/// A number as `0.digits × 10^exponent`, without zeros at either end of the digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number, with a sign `+` and without the digit before the point taken too; `None` when it is none.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, rest) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, text),
        };
        let at = rest.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, power) = match at {
            Some(at) => (rest.get(..at)?, power(rest.get(at + 1..)?)?),
            None => (rest, 0),
        };
        let point = mantissa.iter().position(|&byte| byte == b'.');
        let whole = point.unwrap_or(mantissa.len());
        let fraction = point.map_or(&[][..], |at| mantissa.get(at + 1..).unwrap_or_default());
        let mut digits = mantissa.get(..whole)?.to_vec();
        digits.extend_from_slice(fraction);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let leading = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self {
                is_negative: false,
                digits,
                exponent: 0,
            });
        }
        let whole = i64::try_from(whole).ok()?;
        let leading = i64::try_from(leading).ok()?;
        Some(Self {
            is_negative,
            digits,
            exponent: power.saturating_add(whole).saturating_sub(leading),
        })
    }
}

/// The power of ten behind `e`; clamped where nobody could tell the difference.
fn power(text: &[u8]) -> Option<i64> {
    const MOST: i64 = 1 << 40;
    let (is_negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0_i64, |value, digit| {
        (value * 10 + i64::from(digit - b'0')).min(MOST)
    });
    Some(if is_negative { -value } else { value })
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = |a: &Self, b: &Self| match (a.digits.is_empty(), b.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (a.exponent, &a.digits).cmp(&(b.exponent, &b.digits)),
        };
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_what_they_are() {
        let decimal = |text: &str| Decimal::parse(text.as_bytes()).unwrap();
        let ordered = [
            "-1e400",
            "-12",
            "-1.5",
            "-0.1",
            "0",
            "1e-400",
            "0.1",
            "0.11",
            "1",
            "1.5",
            "2",
            "10",
            "12345678901234567890",
            "12345678901234567891",
            "1e400",
        ];
        for pair in ordered.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{pair:?}");
        }
        for (one, two) in [
            ("1", "1.0"),
            ("1e2", "100"),
            ("-0", "0"),
            ("0.5", "5E-1"),
            ("+7", "7"),
            (".5", "0.5"),
        ] {
            assert_eq!(decimal(one), decimal(two), "{one} {two}");
        }
        for text in ["", "-", "1e", "a", "1.2.3", "0x1", "1e+", ".", "١"] {
            assert_eq!(Decimal::parse(text.as_bytes()), None, "{text}");
        }
    }
}
