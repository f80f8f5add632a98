//! Base64 (RFC 4648 section 4, with padding), for bytes that are not text.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding is read off before, and what the last digit has too many of does not matter.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes as Base64.
pub fn encode(bytes: &[u8]) -> String {
    LENIENT.encode(bytes)
}

/// The bytes as Base64 where they are not text, which says them exactly; else nothing is needed beside the text.
pub fn encode_unless_text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).is_err().then(|| encode(bytes))
}

/// The bytes of a Base64 text; `None` when it is none. The padding may be left out, as some writers do.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.trim_end_matches('=')).ok()
}

/// The bytes of a text in either alphabet, that of RFC 4648 section 5 for addresses and file names being the other.
pub fn decode_any(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    decode(&text.replace('-', "+").replace('_', "/"))
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_any, encode};

    proptest::proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_decodes_or_does_not(text: String) {
            decode(&text);
        }
    }

    #[test]
    fn what_is_no_base64_is_not_decoded() {
        for text in ["A", "AAAAA", "A-==", "Zm 8=", "Z=g="] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("Zm8"), Some(b"fo".to_vec()));
        assert_eq!(decode_any(b"--__"), decode("++//"));
        assert_eq!(decode_any(b"\xff"), None);
    }

    #[test]
    fn encodes_the_vectors_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        assert_eq!(encode(b"caf\xe9"), "Y2Fm6Q==");
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "+/+/");
    }
}
