//! A Python script with the library requests that sends the same request again.
//!
//! The request is prepared by itself, so that nothing of a session is added to it; a field that urllib3 would add below is taken
//! away with its own `SKIP_HEADER`, and fields that repeat are given to it in its own container.

use super::sending::{
    INLINE, Notes, address, fields, has, has_dot_segment, has_needless_escape, is_canonical,
};
use super::{Format, Kind, Source, TEXT, script};

/// For requests 2.28 or later.
pub static FORMAT: Format = Format {
    name: "python",
    label: "Python requests",
    extension: "py",
    kind: Kind::Command,
    media_type: TEXT,
    write: |source| write(source).into_bytes(),
};

/// What urllib3 adds when nothing is said.
const ADDED: [&str; 2] = ["User-Agent", "Accept-Encoding"];

fn write(source: &Source<'_>) -> String {
    let head = &source.capture.line.envelope.head;
    let body = &source.capture.body;
    let fields = fields(source);
    let mut notes = Notes::of_http_1_1(source, "requests");
    if !is_canonical(&head.target) {
        notes.cannot(
            "The address may arrive in another spelling",
            "leave it as it is",
        );
    }
    let repeats = |at: usize, name: &[u8]| {
        let before = fields.get(..at).unwrap_or_default();
        before
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    };
    let mut lines = String::new();
    let mut repeated = String::new();
    for (at, (name, value)) in fields.iter().enumerate() {
        let (name, value) = (string(name), value_literal(value));
        if repeats(at, fields.get(at).map_or(&[][..], |(name, _)| name)) {
            repeated.push_str(&format!("request.headers.add({name}, {value})\n"));
        } else {
            lines.push_str(&format!("        {name}: {value},\n"));
        }
    }
    let skipped: Vec<&str> = ADDED
        .into_iter()
        .filter(|name| !has(&fields, name))
        .collect();
    for name in &skipped {
        lines.push_str(&format!("        \"{name}\": SKIP_HEADER,\n"));
    }
    if !repeated.is_empty() {
        repeated.insert_str(0, "request.headers = HTTPHeaderDict(request.headers)\n");
        notes.cannot(
            "Fields of one name stand together, as the first is spelt",
            "send them apart",
        );
    }
    let url = string(address(source).as_bytes());
    let data = if body.is_empty() {
        String::new()
    } else if body.len() > INLINE {
        notes.add_key();
        format!(
            "    data=requests.get({}).content,\n",
            string(source.body_url.as_bytes())
        )
    } else {
        format!("    data=b\"{}\",\n", script::bytes(body))
    };
    let mut script = notes.text("#");
    script.push_str("import requests\n");
    if !repeated.is_empty() {
        script.push_str("from urllib3._collections import HTTPHeaderDict\n");
    }
    if !skipped.is_empty() {
        script.push_str("from urllib3.util import SKIP_HEADER\n");
    }
    let method = string(head.method.as_bytes());
    script.push_str(&format!(
        "\nrequest = requests.Request(\n    {method},\n    {url},\n"
    ));
    if !lines.is_empty() {
        script.push_str(&format!("    headers={{\n{lines}    }},\n"));
    }
    script.push_str(&format!("{data}).prepare()\n"));
    // Preparing writes capital letters, and resolves what a path has of dots.
    if head.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        script.push_str(&format!("request.method = {method}\n"));
    }
    let is_rewritten = has_dot_segment(&head.target) || has_needless_escape(&head.target);
    if is_rewritten {
        script.push_str(&format!("request.url = {url}\n"));
    }
    script.push_str(&repeated);
    script.push_str("response = requests.Session().send(request, allow_redirects=False)\n");
    script.push_str("print(response.status_code, response.text)\n");
    script
}

/// A text as a literal; what is not ASCII, which only an address can have, is written by its bytes and read back.
fn string(bytes: &[u8]) -> String {
    if bytes.is_ascii() {
        format!("\"{}\"", script::bytes(bytes))
    } else {
        format!("b\"{}\".decode()", script::bytes(bytes))
    }
}

/// The value of a field: text where it is ASCII, else bytes.
fn value_literal(value: &[u8]) -> String {
    let prefix = if value.is_ascii() { "" } else { "b" };
    format!("{prefix}\"{}\"", script::bytes(value))
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    #[test]
    fn a_plain_request_is_a_plain_script() {
        let headers = b"User-Agent: a\r\nAccept-Encoding: gzip\r\nX-Odd: caf\xe9\r\n";
        assert_eq!(
            written(&FORMAT, "POST", "/bin/a", headers, b"it's \"x\"\0\n"),
            r#"import requests

request = requests.Request(
    "POST",
    "http://hooks.example.com/bin/a",
    headers={
        "User-Agent": "a",
        "Accept-Encoding": "gzip",
        "X-Odd": b"caf\xe9",
    },
    data=b"it's \"x\"\x00\n",
).prepare()
response = requests.Session().send(request, allow_redirects=False)
print(response.status_code, response.text)
"#
        );
    }
}
