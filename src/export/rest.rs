//! Requests of a `.http` file, as REST Client of Visual Studio Code and the HTTP clients of `JetBrains` read it: `###` before each.
//!
//! Those editors trim a body, replace `{{names}}` in it and read some of its lines as their own: a body that has any of this, or is
//! large or not text, is named as a file beside it.

use super::sending::{INLINE, Notes, address, fields};
use super::shell::is_escaped;
use super::{Source, body_file};

/// One request, with the line before it.
pub fn request(source: &Source<'_>) -> Vec<u8> {
    let line = &source.capture.line;
    let head = &line.envelope.head;
    let body = &source.capture.body;
    let mut notes = Notes::of_http_1_1(source, "a .http file");
    let address = address(source);
    let fields = fields(source);
    let odd = |text: &str| {
        text.contains("{{") || text.contains(|c| is_escaped(c) && c != '\t') || text.contains('\n')
    };
    let mut lines = String::new();
    let mut is_left_out = false;
    for (name, value) in &fields {
        match std::str::from_utf8(value) {
            Ok(value) if !odd(value) => {
                lines.push_str(&format!("{}: {value}\n", String::from_utf8_lossy(name)));
            }
            _ => is_left_out = true,
        }
    }
    if is_left_out {
        notes.cannot(
            "A field is left out",
            "send {{, or what is not text, in a field",
        );
    }
    if odd(&address) {
        notes.cannot(
            "The address may arrive in another spelling",
            "leave it as it is",
        );
    }
    let mut given = String::new();
    match std::str::from_utf8(body) {
        _ if body.is_empty() => {}
        Ok(text) if is_plain(text) => given = format!("\n{text}\n"),
        _ => {
            let name = body_file(line.n);
            notes.add_key();
            notes.add(&format!(
                "The body, to be put beside this file: {}",
                source.body_url
            ));
            given = format!("\n< ./{name}\n");
        }
    }
    let visible: String = head
        .path()
        .chars()
        .filter(|&c| !is_escaped(c) && c != '\n')
        .take(100)
        .collect();
    format!(
        "### Request {} {} {visible}\n{}{} {} HTTP/1.1\n{lines}{given}\n",
        line.n,
        line.envelope.received_at,
        notes.text("#"),
        head.method,
        address.replace(|c: char| is_escaped(c) || c == '\n', "")
    )
    .into_bytes()
}

/// Whether an editor takes the text as it is.
fn is_plain(text: &str) -> bool {
    let is_own = |line: &str| {
        ["#", "//", "<", ">", "@", "?", "&"]
            .iter()
            .any(|mark| line.trim_start().starts_with(mark))
    };
    text.len() <= INLINE
        && text.trim() == text
        && !text.contains("{{")
        && !text.contains(is_escaped)
        && !text.lines().any(is_own)
}

#[cfg(test)]
mod tests {
    use super::super::tests::capture;
    use super::*;

    fn written(headers: &'static [u8], body: &'static [u8]) -> String {
        let capture = capture("POST", "/bin/a?b", headers, body);
        let bytes = request(&Source {
            capture: &capture,
            base: "http://hooks.example.com",
            body_url: "http://hooks.example.com/body",
        });
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_plain_request_stands_as_it_is() {
        assert_eq!(
            written(b"Host: h\r\nX-A: 1\r\nX-A: 2\r\n", b"{\n  \"a\": 1\n}"),
            "### Request 12 1970-01-01T00:00:00.000000Z POST /a\nPOST http://hooks.example.com/bin/a?b HTTP/1.1\n\
             X-A: 1\nX-A: 2\n\n{\n  \"a\": 1\n}\n\n"
                .replace("Z POST /a", "Z /a")
        );
    }

    #[test]
    fn a_body_that_an_editor_would_read_as_its_own_is_a_file() {
        for body in [
            &b"### x"[..],
            b"a\n# b",
            b"{{x}}",
            b"a\n",
            b"\xff",
            b"< x",
            b"a\r\nb",
            b"// x",
        ] {
            let text = written(b"", body);
            assert!(text.ends_with("\n\n< ./request-12.bin\n\n"), "{text}");
            assert_eq!(text.matches("###").count(), 1, "{text}");
        }
    }
}
