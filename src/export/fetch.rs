//! A `fetch` call that sends the same request again, from Node.js or from the console of a browser.
//!
//! `fetch` (<https://fetch.spec.whatwg.org/>) is not made for exactness: it joins repeated fields, adds some of its own, and takes
//! no body with GET and HEAD. What of that meets a request is said before the call.
//!
//! That is so for Node.js; a browser, in whose console the call can be pasted too, also keeps names such as `Cookie` and `Origin` to
//! itself (<https://fetch.spec.whatwg.org/#forbidden-request-header>).

use std::borrow::Cow;

use super::sending::{INLINE, Notes, address, fields, has, has_dot_segment, joined};
use super::shell::is_escaped;
use super::{Format, Kind, Source, TEXT, script};
use crate::model::base64;

/// JavaScript, as a module has it: with `await` at the top.
pub static FORMAT: Format = Format {
    name: "fetch",
    label: "fetch (JavaScript)",
    extension: "mjs",
    kind: Kind::Command,
    media_type: TEXT,
    write: |source| write(source).into_bytes(),
};

fn write(source: &Source<'_>) -> String {
    let head = &source.capture.line.envelope.head;
    let body = &source.capture.body;
    let method = head.method.as_str();
    let mut notes = Notes::of_http_1_1(source, "fetch");
    let upper = method.to_ascii_uppercase();
    if matches!(&*upper, "CONNECT" | "TRACE" | "TRACK") {
        notes.cannot("Nothing is sent", &format!("send the method {method}"));
        return notes.text("//");
    }
    if matches!(&*upper, "GET" | "HEAD") && !body.is_empty() {
        notes.cannot("Nothing is sent", &format!("send a body with {method}"));
        return notes.text("//");
    }
    if method != upper
        && matches!(
            &*upper,
            "DELETE" | "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT"
        )
    {
        notes.cannot(
            "The method arrives in capital letters",
            "send it in small ones",
        );
    }
    if !is_kept(&head.target) {
        notes.cannot(
            "The address may arrive in another spelling",
            "leave it as it is",
        );
    }
    let fields = fields(source);
    let (joined, any) = joined(&fields);
    if any {
        notes.cannot("Fields of one name are joined", "send a name twice");
    }
    note_changed_fields(&fields, &mut notes);
    let mut options = vec![format!(
        "  method: \"{}\",\n",
        script::bytes(method.as_bytes())
    )];
    if !joined.is_empty() {
        let field = |(name, value): &(&[u8], Cow<'_, [u8]>)| {
            format!(
                "    [\"{}\", \"{}\"],\n",
                script::bytes(name),
                script::bytes(value)
            )
        };
        let lines: String = joined.iter().map(field).collect();
        options.push(format!("  headers: [\n{lines}  ],\n"));
    }
    let mut before = String::new();
    if body.len() > INLINE {
        notes.add_key();
        let url = text_literal(source.body_url);
        before = format!("const body = await (await fetch(\"{url}\")).arrayBuffer();\n");
        options.push("  body,\n".to_owned());
    } else if !body.is_empty() {
        options.push(format!("  body: {},\n", literal(body)));
    }
    options.push("  redirect: \"manual\",\n".to_owned());
    let url = text_literal(&address(source));
    format!(
        "{}{before}const response = await fetch(\"{url}\", {{\n{}}});\nconsole.log(response.status, await response.text());\n",
        notes.text("//"),
        options.concat()
    )
}

/// Says which fields the standard's steps add or change, and which ones Node.js does.
fn note_changed_fields(fields: &[(&[u8], &[u8])], notes: &mut Notes) {
    for name in [
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Sec-Fetch-Mode",
    ] {
        if !has(fields, name) {
            notes.add(&format!("fetch adds {name}, which was not there"));
        }
    }
    if has(fields, "Range") && has(fields, "Accept-Encoding") {
        notes.add("fetch adds identity to Accept-Encoding, since there is Range");
    }
    let is_changed = |&(name, value): &(&[u8], &[u8])| {
        name.eq_ignore_ascii_case(b"sec-fetch-mode")
            && (name, value) != (b"sec-fetch-mode", b"cors")
    };
    if fields.iter().any(is_changed) {
        notes.cannot(
            "It is sec-fetch-mode: cors that arrives",
            "leave it as it was",
        );
    }
    // Node.js keeps them as properties of an object.
    let is_property = |name: &[u8]| name == b"__proto__" || name.iter().all(u8::is_ascii_digit);
    if fields.iter().any(|(name, _)| is_property(name)) {
        notes.cannot(
            "A field named __proto__ or by a number is left out or comes first",
            "keep such names in their place",
        );
    }
}

/// Whether the URL standard's parser leaves the target as it is (<https://url.spec.whatwg.org/#percent-encoded-bytes>).
fn is_kept(target: &str) -> bool {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let in_path = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>`{}^\\".contains(&byte);
    let in_query = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>'".contains(&byte);
    path.starts_with('/')
        && path.bytes().all(in_path)
        && query.is_none_or(|query| !query.is_empty() && query.bytes().all(in_query))
        && !has_dot_segment(target)
}

/// The body as an expression: bytes, since a text would bring a Content-Type of its own.
fn literal(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => format!("new TextEncoder().encode(\"{}\")", text_literal(text)),
        Err(_) => format!(
            "Uint8Array.from(atob(\"{}\"), (c) => c.charCodeAt(0))",
            base64::encode(body)
        ),
    }
}

/// The inside of a string literal: what a reader would not see is escaped by its UTF-16 units.
fn text_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\\' => literal.push_str("\\\\"),
            '"' => literal.push_str("\\\""),
            c if is_escaped(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    literal.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => literal.push(c),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    #[test]
    fn a_plain_request_is_a_plain_call() {
        let headers =
            b"User-Agent: a\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nAccept-Language: *\r\n\
            sec-fetch-mode: cors\r\nX-Odd: caf\xe9\r\n";
        assert_eq!(
            written(
                &FORMAT,
                "POST",
                "/bin/a?b[]=1",
                headers,
                "\"ü\u{202e}\n".as_bytes()
            ),
            r#"const response = await fetch("http://hooks.example.com/bin/a?b[]=1", {
  method: "POST",
  headers: [
    ["User-Agent", "a"],
    ["Accept", "*/*"],
    ["Accept-Encoding", "gzip"],
    ["Accept-Language", "*"],
    ["sec-fetch-mode", "cors"],
    ["X-Odd", "caf\xe9"],
  ],
  body: new TextEncoder().encode("\"ü\u202e\n"),
  redirect: "manual",
});
console.log(response.status, await response.text());
"#
        );
    }

    #[test]
    fn what_cannot_be_sent_is_said() {
        for (method, body) in [("TRACE", &b""[..]), ("GET", b"x"), ("head", b"x")] {
            let call = written(&FORMAT, method, "/bin", b"", body);
            assert!(call.starts_with("// ") && !call.contains("await"), "{call}");
        }
        let call = written(&FORMAT, "post", "/bin/../a", b"X: 1\r\nx: 2\r\n", b"");
        for note in [
            "// The method arrives in capital letters",
            "// The address may arrive in another spelling",
            "// Fields of one name are joined",
            "// fetch adds User-Agent",
            "[\"X\", \"1, 2\"]",
        ] {
            assert!(call.contains(note), "{note}: {call}");
        }
    }
}
