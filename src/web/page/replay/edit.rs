//! What was changed of a request in text fields, told from what they changed by themselves.
//!
//! A text field gives line ends back as CR LF, whatever they were (the HTML standard, "constructing the entry list"), and knows no
//! bytes that are no text. So what reads as before is as before, byte for byte, line by line of the header fields; and the line ends
//! of a body that was changed are those that it had.

use bytes::Bytes;

use crate::forward::Edit;
use crate::model::head::text;
use crate::model::{Capture, Headers};
use crate::outbound::{field_problem, is_token};
use crate::viewer::words::counted;
use crate::web::Error;

/// How many bytes of a body can be edited: what a form may have, were each of them coded.
const BODY: usize = 16 * 1024;

/// How many header fields can be typed.
const FIELDS: usize = 500;

/// The body as it is edited, and what is to be said of it; `None` where it is none that can be.
pub(super) fn body(capture: &Capture) -> (Option<String>, String) {
    let bytes = &capture.body;
    let size = counted(bytes.len() as u64, "byte");
    if bytes.len() > BODY {
        let most = counted(BODY as u64, "byte");
        let note = format!(
            "Its {size} are more than can be edited here ({most}): they are sent as they are."
        );
        return (None, note);
    }
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    match std::str::from_utf8(bytes) {
        Ok(body) if body.chars().all(is_text) => {
            let note = match ends(body) {
                End::Unix => "",
                End::Network => "Its lines end in CR LF, and do so when it is changed.",
                End::Mixed => "Its lines end in different ways: when it is changed, all end in LF.",
            };
            (Some(body.to_owned()), note.to_owned())
        }
        _ => (
            None,
            format!("Its {size} are no text: they are sent as they are."),
        ),
    }
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Unix,
    Network,
    Mixed,
}

fn ends(body: &str) -> End {
    let network = body.matches("\r\n").count();
    let (line_feeds, returns) = (body.matches('\n').count(), body.matches('\r').count());
    if returns == 0 {
        End::Unix
    } else if network == line_feeds && network == returns {
        End::Network
    } else {
        End::Mixed
    }
}

/// The text as a text field has it: every line end is one LF.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Header fields as lines of `Name: value`.
pub(super) fn lines(headers: &Headers) -> String {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| line(name, value))
        .collect();
    lines.join("\n")
}

fn line(name: &[u8], value: &[u8]) -> String {
    format!("{}: {}", text(name), text(value))
}

/// What was changed.
///
/// # Errors
/// [`Error::Invalid`] when a field has what no request can have.
pub(super) fn of(
    capture: &Capture,
    method: Option<&str>,
    headers: Option<&str>,
    body: Option<&str>,
) -> Result<Edit, Error> {
    let head = &capture.line.envelope.head;
    let method = method
        .map(str::trim)
        .filter(|method| *method != head.method);
    if method.is_some_and(|method| !is_token(method)) {
        return Err(invalid(
            "method",
            "expected a method such as POST".to_owned(),
        ));
    }
    let headers = headers.map(plain);
    let headers = headers.filter(|typed| *typed != plain(&lines(&head.headers)));
    Ok(Edit {
        method: method.map(str::to_owned),
        headers: headers
            .map(|typed| fields(&typed, &head.headers))
            .transpose()?,
        set: Vec::new(),
        body: body.and_then(|typed| changed(typed, &capture.body)),
    })
}

fn invalid(field: &'static str, problem: String) -> Error {
    Error::Invalid { field, problem }
}

/// The fields of lines; one that was there before keeps its bytes.
fn fields(typed: &str, before: &Headers) -> Result<Headers, Error> {
    let before: Vec<_> = before
        .iter()
        .map(|(name, value)| (line(name, value), name, value))
        .collect();
    let mut fields = Vec::new();
    for typed in typed.split('\n').filter(|line| !line.trim().is_empty()) {
        if let Some((_, name, value)) = before.iter().find(|(line, _, _)| line == typed) {
            fields.push((*name, *value));
            continue;
        }
        let Some((name, value)) = typed.split_once(':') else {
            let problem = format!("expected a line such as Name: value, not {typed:?}");
            return Err(invalid("headers", problem));
        };
        let (name, value) = (name.trim(), value.trim());
        if let Some(problem) = field_problem(name, value) {
            return Err(invalid("headers", problem));
        }
        fields.push((name.as_bytes(), value.as_bytes()));
    }
    if fields.len() > FIELDS {
        return Err(invalid("headers", format!("at most {FIELDS} fields")));
    }
    Ok(Headers::from_fields(fields))
}

/// The body that was typed; `None` when it reads as before, or what is there cannot be edited.
fn changed(typed: &str, before: &Bytes) -> Option<Bytes> {
    let before = std::str::from_utf8(before).ok()?;
    let typed = plain(typed);
    if before.len() > BODY || typed == plain(before) {
        return None;
    }
    Some(match ends(before) {
        End::Network => typed.replace('\n', "\r\n").into(),
        End::Unix | End::Mixed => typed.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_reads_as_before_is_as_before() {
        let change = |before: &'static str, typed: &str| {
            changed(typed, &Bytes::from_static(before.as_bytes()))
                .map(|body| String::from_utf8(body.to_vec()).unwrap())
        };
        for before in ["", "a\nb\n", "a\r\nb", "a\rb\r\n\nc", "\n\na"] {
            let typed = plain(before).replace('\n', "\r\n");
            assert_eq!(change(before, &typed), None, "{before:?}");
        }
        assert_eq!(change("a\nb", "a\r\nc").unwrap(), "a\nc");
        assert_eq!(change("a\r\nb", "a\r\nc").unwrap(), "a\r\nc");
        assert_eq!(change("a\rb\n", "a\r\nb\r\nc").unwrap(), "a\nb\nc");
        assert_eq!(changed("x", &Bytes::from_static(b"\xff")), None);
    }

    #[test]
    fn lines_that_were_not_touched_keep_their_bytes() {
        let before: [(&[u8], &[u8]); 3] =
            [(b"X-Odd", b"caf\xe9"), (b"x-two", b"1"), (b"x-two", b"")];
        let before = Headers::from_fields(before);
        let shown = lines(&before);
        assert_eq!(shown, "X-Odd: caf\u{e9}\nx-two: 1\nx-two: ");
        let typed = shown.replace("x-two: 1", "X-New:  2 \n\nX-Empty:");
        let after = fields(&typed, &before).unwrap();
        let after: Vec<_> = after.iter().collect();
        let want: [(&[u8], &[u8]); 4] = [
            (b"X-Odd", b"caf\xe9"),
            (b"X-New", b"2"),
            (b"X-Empty", b""),
            (b"x-two", b""),
        ];
        assert_eq!(after, want);
        for wrong in ["no colon", ": x", "a b: c", "x: a\u{1}b"] {
            fields(wrong, &before).unwrap_err();
        }
    }
}
