//! Words of a command, as a shell with `$'…'` quotes reads them: bash and zsh.

use crate::model::head::text;

/// Bytes as one word of a shell: in single quotes, or in `$'…'` where something in them would not survive a terminal or could
/// mislead whoever reads the command.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_word) {
        return text(bytes).into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(is_escaped) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => escaped(bytes),
    }
}

/// Control characters, and all that a text editor would not show as it is sent.
pub(super) fn is_escaped(c: char) -> bool {
    match c {
        '\n' | ' '..='~' => false,
        // What std would not print as it is either: controls, formats, private and unassigned characters.
        c => c.is_ascii() || c.escape_debug().len() > 1,
    }
}

/// In `$'…'`. `!` is escaped too: an interactive shell may look for it.
fn escaped(bytes: &[u8]) -> String {
    let mut word = "$'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => word.push_str(r"\n"),
                '\r' => word.push_str(r"\r"),
                '\t' => word.push_str(r"\t"),
                '\\' => word.push_str(r"\\"),
                '\'' => word.push_str(r"\'"),
                '!' => word.push_str(r"\x21"),
                c if is_escaped(c) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        word.push_str(&format!("\\x{byte:02x}"));
                    }
                }
                c => word.push(c),
            }
        }
        for byte in chunk.invalid() {
            word.push_str(&format!("\\x{byte:02x}"));
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_would_mislead_a_reader_is_escaped() {
        assert_eq!(quoted("a\u{202e}b".as_bytes()), r"$'a\xe2\x80\xaeb'");
        assert_eq!(quoted(b"it's\t!\\"), r"$'it\'s\t\x21\\'");
        assert_eq!(quoted(b"caf\xe9"), r"$'caf\xe9'");
        assert_eq!(
            quoted("Grüße, 日本 – 5 €\n😀".as_bytes()),
            "'Grüße, 日本 – 5 €\n😀'"
        );
        assert_eq!(quoted(b""), "''");
        assert_eq!(quoted(b"M-SEARCH"), "M-SEARCH");
    }
}
