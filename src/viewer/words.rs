//! Numbers as people read them.

/// A number with its thousands set apart: `1,048,576`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, with the word in the singular or with an `s`: `1 key`, `2,000 keys`.
pub fn counted(number: u64, thing: &str) -> String {
    format!(
        "{} {thing}{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_in_threes() {
        let texts = [0, 999, 1000, 65_536, 1_048_576, u64::MAX].map(grouped);
        let want = [
            "0",
            "999",
            "1,000",
            "65,536",
            "1,048,576",
            "18,446,744,073,709,551,615",
        ];
        assert_eq!(texts, want);
    }

    #[test]
    fn one_thing_has_no_s() {
        assert_eq!(
            [counted(0, "key"), counted(1, "key"), counted(2000, "key")],
            ["0 keys", "1 key", "2,000 keys"]
        );
    }
}
