//! What a number means, where that is certain.

use crate::model::Timestamp;

/// The years 2000 to 2099, in microseconds since 1970.
const PLAUSIBLE: std::ops::Range<i64> = 946_684_800_000_000..4_102_444_800_000_000;

/// The moment that a number names, when its key says that it is one (`created`, `expires_at`, `iat`, …) and it lies between
/// 2000 and 2100 as seconds or milliseconds since 1970.
pub(super) fn hint(key: &str, token: &str) -> Option<String> {
    if !names_a_moment(key) {
        return None;
    }
    let micros = match token.len() {
        9 | 10 => token.parse::<i64>().ok()?.checked_mul(1_000_000)?,
        12 | 13 => token.parse::<i64>().ok()?.checked_mul(1000)?,
        _ => return None,
    };
    if !PLAUSIBLE.contains(&micros) {
        return None;
    }
    let moment = Timestamp::from_micros(micros).civil();
    Some(moment.strftime("%-d %b %Y, %H:%M:%S UTC").to_string())
}

fn names_a_moment(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(
        &*key,
        "created"
            | "updated"
            | "modified"
            | "timestamp"
            | "time"
            | "ts"
            | "date"
            | "iat"
            | "exp"
            | "nbf"
            | "expires"
            | "issued"
            | "event_time"
            | "createdat"
            | "updatedat"
            | "expiresat"
            | "sentat"
            | "deletedat"
    ) || key.ends_with("_at")
        || key.ends_with("_time")
        || key.ends_with("timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_only_where_the_key_says_so() {
        for (key, token, want) in [
            ("created", "1795604941", Some("25 Nov 2026, 11:09:01 UTC")),
            (
                "eventTimestamp",
                "1795604941123",
                Some("25 Nov 2026, 11:09:01 UTC"),
            ),
            (
                "expires_at",
                "1795604941",
                Some("25 Nov 2026, 11:09:01 UTC"),
            ),
            ("amount", "1795604941", None),
            ("created", "17956049", None),
            ("created", "9999999999", None),
            ("created", "1.79560e10", None),
            ("created", "\"17956049\"", None),
        ] {
            assert_eq!(hint(key, token).as_deref(), want, "{key} {token}");
        }
    }
}
