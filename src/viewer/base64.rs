//! Base64 undone, in both of its alphabets (RFC 4648 sections 4 and 5), with or without its filling.

/// The bytes that a text stands for; `None` when it is no Base64.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let filling = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let digits = text.get(..text.len().checked_sub(filling)?)?;
    // One digit alone holds no byte; the filling fills up to four, if it is there.
    if digits.len() % 4 == 1 || (filling > 0 && (digits.len() + filling) % 4 != 0) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    for four in digits.chunks(4) {
        let mut bits = 0_u32;
        for &digit in four {
            bits = bits << 6 | value(digit)?;
        }
        bits <<= 6 * (4 - four.len());
        let [_, all @ ..] = bits.to_be_bytes();
        bytes.extend(all.iter().take(four.len() - 1));
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_are_undone() {
        for (text, want) in [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm9vYg", Some("foob")),
            ("Zm9vYmE=", Some("fooba")),
            ("Zm9vYmFy", Some("foobar")),
            ("Z", None),
            ("Zg=", None),
            ("Zm9v Yg==", None),
            ("=", None),
            ("Zg===", None),
        ] {
            assert_eq!(
                decode(text.as_bytes()).as_deref(),
                want.map(str::as_bytes),
                "{text}"
            );
        }
        assert_eq!(decode(b"--__").unwrap(), decode(b"++//").unwrap());
    }
}
