//! A PowerShell 7 command that sends the same request again.
//!
//! Strings are written by the rules of its language specification, section 2.3.5.2: in single quotes nothing is expanded, and a quote
//! is doubled. Curly quotes are quotes to it as well. A body is always given as bytes, since a text would be encoded by rules that
//! changed from version to version.

use super::sending::{
    INLINE, Notes, address, fields, has, has_dot_segment, has_needless_escape, is_canonical, joined,
};
use super::shell::is_escaped;
use super::{Format, Kind, Source, TEXT, body_file};
use crate::model::base64;

/// For PowerShell 7.
pub static FORMAT: Format = Format {
    name: "powershell",
    label: "PowerShell",
    extension: "ps1",
    kind: Kind::Command,
    media_type: TEXT,
    write: |source| write(source).into_bytes(),
};

/// The methods that have a name of their own there.
const METHODS: [&str; 8] = [
    "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];

fn write(source: &Source<'_>) -> String {
    let head = &source.capture.line.envelope.head;
    let body = &source.capture.body;
    let mut notes = Notes::of_http_1_1(source, "PowerShell");
    if !is_canonical(&head.target)
        || has_dot_segment(&head.target)
        || has_needless_escape(&head.target)
    {
        notes.cannot(
            "The address may arrive in another spelling",
            "leave it as it is",
        );
    }
    let mut parts = vec![format!("-Uri {}", quoted(&address(source)))];
    let flag = if METHODS.contains(&&*head.method) {
        "-Method"
    } else {
        "-CustomMethod"
    };
    parts.push(format!("{flag} {}", quoted(&head.method)));
    let table = headers(source, &mut notes);
    if !table.is_empty() {
        parts.push(format!("-Headers @{{\n{table}}}"));
    }
    let mut download = String::new();
    if body.len() > INLINE {
        notes.add_key();
        let name = quoted(&body_file(source.capture.line.n));
        let url = quoted(source.body_url);
        download = format!("Invoke-WebRequest -Uri {url} -OutFile {name}\n");
        parts.push(format!("-InFile {name}"));
    } else if !body.is_empty() {
        parts.push(format!("-Body {}", bytes(body)));
    }
    parts.push("-SkipHeaderValidation".to_owned());
    parts.push("-SkipHttpErrorCheck".to_owned());
    parts.push("-MaximumRedirection 0".to_owned());
    format!(
        "{}{download}Invoke-WebRequest {}\n",
        notes.text("#"),
        parts.join(" `\n  ")
    )
}

/// The fields as the lines of a table, which has one of a name and no order.
fn headers(source: &Source<'_>, notes: &mut Notes) -> String {
    let fields = fields(source);
    let (joined, any) = joined(&fields);
    if any {
        notes.cannot("Fields of one name are joined", "send a name twice");
    }
    let is_sendable = |value: &[u8]| value.is_ascii() && !value.is_empty();
    let mut table = String::new();
    for (name, value) in &joined {
        let text = std::str::from_utf8(value).unwrap_or_default();
        if is_sendable(value) {
            let name = String::from_utf8_lossy(name);
            table.push_str(&format!("    {} = {}\n", quoted(&name), quoted(text)));
        }
    }
    if joined.iter().any(|(_, value)| !is_sendable(value)) {
        notes.cannot(
            "A field is left out",
            "send an empty one, or one that is not ASCII",
        );
    }
    if !has(&fields, "User-Agent") {
        notes.add("PowerShell adds User-Agent, which was not there");
    }
    if !source.capture.body.is_empty() && !has(&fields, "Content-Type") {
        notes.add("PowerShell adds Content-Type, which was not there");
    }
    table
}

/// Bytes as an argument.
fn bytes(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        // A terminal could change the ends of lines, so that these are not written as they are.
        Ok(text) if !text.contains(|c| is_escaped(c) || c == '\n') => {
            format!("([Text.Encoding]::UTF8.GetBytes({}))", quoted(text))
        }
        _ => format!("([Convert]::FromBase64String('{}'))", base64::encode(body)),
    }
}

/// A string in single quotes; an expression where something in it could not be read.
fn quoted(text: &str) -> String {
    if text.contains(|c| is_escaped(c) || c == '\n') {
        let bytes = base64::encode(text.as_bytes());
        return format!(
            "([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{bytes}')))"
        );
    }
    let mut literal = "'".to_owned();
    for c in text.chars() {
        literal.push(c);
        // All of these end a string, and stand for themselves when they come twice.
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            literal.push(c);
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    /// Reads a string in single quotes by the rules of the language, up to its end.
    fn read(literal: &str) -> Option<(String, &str)> {
        let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        let mut chars = literal.char_indices();
        chars.next().filter(|(_, c)| is_quote(*c))?;
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            if is_quote(c) {
                let rest = &literal[at + c.len_utf8()..];
                match rest.chars().next() {
                    Some(next) if is_quote(next) => {
                        text.push(next);
                        chars.next();
                    }
                    _ => return Some((text, rest)),
                }
            } else {
                text.push(c);
            }
        }
        None
    }

    proptest::proptest! {
        #[test]
        fn a_string_reads_as_what_was_written(text in "[ -~\u{2018}-\u{201f}äé日$`'\"]{0,40}") {
            let literal = quoted(&text);
            proptest::prop_assert_eq!(read(&literal), Some((text, "")));
        }
    }

    #[test]
    fn what_cannot_stand_in_a_string_is_written_in_base64() {
        for text in ["a\nb", "\0", "\u{1b}[2J", "a\u{202e}b", "\r"] {
            let literal = quoted(text);
            let inside = literal
                .strip_prefix("([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('")
                .and_then(|rest| rest.strip_suffix("')))"))
                .unwrap();
            assert_eq!(base64::decode(inside).unwrap(), text.as_bytes());
        }
        assert_eq!(
            bytes(b"caf\xe9"),
            "([Convert]::FromBase64String('Y2Fm6Q=='))"
        );
    }

    #[test]
    fn a_plain_request_is_a_plain_command() {
        let headers =
            b"User-Agent: a\r\nX-Quote: it's $x \"y\"\r\nX-Twice: 1\r\nx-twice: 2\r\nX-Empty:\r\n";
        assert_eq!(
            written(
                &FORMAT,
                "brew",
                "/bin/a",
                headers,
                "{\"a\": \"’$(x)`n\"}".as_bytes()
            ),
            "# Fields of one name are joined: PowerShell cannot send a name twice\n\
             # A field is left out: PowerShell cannot send an empty one, or one that is not ASCII\n\
             # PowerShell adds Content-Type, which was not there\n\
             Invoke-WebRequest -Uri 'http://hooks.example.com/bin/a' `\n  -CustomMethod 'brew' `\n  -Headers @{\n\
             \x20   'User-Agent' = 'a'\n    'X-Quote' = 'it''s $x \"y\"'\n    'X-Twice' = '1, 2'\n} `\n  \
             -Body ([Text.Encoding]::UTF8.GetBytes('{\"a\": \"’’$(x)`n\"}')) `\n  -SkipHeaderValidation `\n  \
             -SkipHttpErrorCheck `\n  -MaximumRedirection 0\n"
        );
    }

    #[test]
    fn a_large_body_is_downloaded_first() {
        static LARGE: [u8; INLINE + 1] = [b'x'; INLINE + 1];
        let command = written(&FORMAT, "POST", "/bin", b"", &LARGE);
        assert!(
            command.contains("-OutFile 'request-12.bin'\nInvoke-WebRequest"),
            "{command}"
        );
        assert!(command.contains("-InFile 'request-12.bin'"), "{command}");
    }
}
