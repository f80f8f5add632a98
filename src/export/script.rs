//! Literals of programming languages.

/// Bytes as the inside of a literal between double quotes, of which the language knows `\\`, `\"`, `\n`, `\r`, `\t` and `\x41`: what
/// is not ASCII is written with an escape for each byte.
pub(super) fn bytes(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(bytes.len() + 2);
    for &byte in bytes {
        match byte {
            b'\n' => literal.push_str("\\n"),
            b'\r' => literal.push_str("\\r"),
            b'\t' => literal.push_str("\\t"),
            b'\\' => literal.push_str("\\\\"),
            b'"' => literal.push_str("\\\""),
            b' '..=b'~' => literal.push(char::from(byte)),
            byte => literal.push_str(&format!("\\x{byte:02x}")),
        }
    }
    literal
}
