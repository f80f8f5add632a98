//! The limits of a bin, and how numbers and sizes are typed.

use super::super::text;
use super::change::{Change, Problems, take};
use crate::model::{Keep, Settings};

pub(super) const MIB: u64 = 1 << 20;

impl Change {
    pub(super) fn apply_limits(
        &self,
        settings: &mut Settings,
        max_body: u64,
        problems: &mut Problems,
    ) {
        let keep = &mut settings.keep;
        let captures = whole(&self.captures, Keep::MOST_CAPTURES);
        take(captures, &mut keep.captures, &mut problems.captures);
        let bytes = mib(&self.mib, keep.bytes, Keep::MOST_BYTES);
        take(bytes, &mut keep.bytes, &mut problems.mib);
        let days = whole(&self.days, u64::from(Keep::MOST_DAYS))
            .map(|days| u32::try_from(days).unwrap_or(Keep::MOST_DAYS));
        take(days, &mut keep.days, &mut problems.days);
        let most = if max_body == 0 { u64::MAX } else { max_body };
        let body = mib(&self.body_mib, settings.body_limit, most);
        take(body, &mut settings.body_limit, &mut problems.body_mib);
    }
}

/// A whole number up to `most`.
fn whole(text: &str, most: u64) -> Result<u64, String> {
    let text = text.trim().replace(',', "");
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(format!(
            "{} is the most, or 0 for no limit.",
            text::count(most)
        )),
        Err(_) => Err("Write a whole number, or 0 for no limit.".to_owned()),
    }
}

/// A size that is typed in MiB, with up to three decimals. What reads like the present value is the present value, which may
/// be finer than the field shows.
fn mib(text: &str, present: u64, most: u64) -> Result<u64, String> {
    let text = text.trim().replace(',', "");
    if text == mebibytes(present) {
        return Ok(present);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let thousandths = format!("{fraction:0<3}");
    let read = (fraction.len() <= 3)
        .then(|| Some((whole.parse::<u64>().ok()?, thousandths.parse::<u64>().ok()?)))
        .flatten();
    let Some((whole, thousandths)) = read else {
        return Err("Write a number of MiB such as 256 or 0.5, or 0 for no limit.".to_owned());
    };
    match whole.checked_mul(MIB) {
        Some(bytes) if bytes.saturating_add(thousandths * MIB / 1000) <= most => {
            Ok(bytes + thousandths * MIB / 1000)
        }
        _ => Err(format!(
            "{} MiB is the most, as the server was started.",
            mebibytes(most)
        )),
    }
}

/// Bytes in MiB, with at most three decimals. A little is never written as 0, which means no limit.
pub(super) fn mebibytes(bytes: u64) -> String {
    let thousandths = u128::from(bytes) * 1000 / u128::from(MIB);
    let thousandths = thousandths.max(u128::from(bytes.min(1)));
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for bytes in [0, 512 * 1024, 10 * MIB, 256 * MIB] {
            assert_eq!(mib(&mebibytes(bytes), 1, u64::MAX), Ok(bytes));
        }
        assert_eq!(mebibytes(10 * MIB), "10");
        assert_eq!(mebibytes(MIB / 2), "0.5");
        assert_eq!(mib("1,024", 0, u64::MAX), Ok(1 << 30));
        // Finer than three decimals: kept when it was not touched.
        assert_eq!(mib("0.001", 1100, u64::MAX), Ok(1100));
        for text in ["", "-1", "x", "1.2345", "1.x", "99999999999999999999"] {
            assert!(mib(text, 7, u64::MAX).is_err(), "{text}");
        }
        assert!(mib("11", 0, 10 * MIB).unwrap_err().starts_with("10 MiB"));
    }
}
