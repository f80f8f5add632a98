//! A curl command that sends the same bytes again.
//!
//! curl adds header fields, drops others, rewrites paths and reads `@` as a file: every flag here keeps it from one of these.
//! `tests/it/export.rs` runs the commands and looks at what comes out of the socket.

use super::sending::{INLINE, Notes, fields, has_dot_segment};
use super::shell::quoted;
use super::{Format, Kind, Source, TEXT, body_file};
use crate::model::Version;

/// For a shell with `$'…'` quotes, such as bash and zsh.
pub static FORMAT: Format = Format {
    name: "curl",
    label: "cURL",
    extension: "sh",
    kind: Kind::Command,
    media_type: TEXT,
    write: |source| write(source).into_bytes(),
};

/// The same with its quotes and escapes: Linux takes 128 KiB in one argument.
const INLINE_QUOTED: usize = 100_000;

/// From this size on curl asks with `Expect: 100-continue` before it sends a body.
const ASKS_FIRST: usize = 1024 * 1024;

/// How the body is given to curl.
enum Data {
    None,
    Inline(String),
    File(String),
}

fn write(source: &Source<'_>) -> String {
    let data = data(source);
    let mut parts = address(source);
    parts.extend(method(source, &data));
    parts.extend(version(source));
    parts.extend(headers(source, &data));
    match &data {
        Data::None => {}
        Data::Inline(text) => parts.push(format!("--data-raw {text}")),
        Data::File(name) => parts.push(format!("--data-binary @{name}")),
    }
    let mut notes = Notes::of(source, "curl");
    if let Data::File(_) = &data {
        notes.add_key();
    }
    let mut command = notes.text("#");
    if let Data::File(name) = &data {
        let url = quoted(source.body_url.as_bytes());
        command.push_str(&["curl -fsSo ", name, " ", &url, " &&\n"].concat());
    }
    command.push_str("curl ");
    command.push_str(&parts.join(" \\\n  "));
    command.push('\n');
    command
}

/// The URL, and what keeps curl from rewriting it.
fn address(source: &Source<'_>) -> Vec<String> {
    let target = source.capture.line.envelope.head.target.as_str();
    let address = format!("{}{target}", source.base);
    if !survives_curl(target) {
        // The whole target is given by itself then, with the path that the base may have.
        let host = source.base.find("://").map_or(0, |at| at + 3);
        let path = source
            .base
            .get(host..)
            .and_then(|rest| rest.get(rest.find('/')?..));
        let whole = format!("{}{target}", path.unwrap_or_default());
        return vec![
            quoted(format!("{}/", source.base).as_bytes()),
            format!("--request-target {}", quoted(whole.as_bytes())),
        ];
    }
    let mut parts = vec![quoted(address.as_bytes())];
    if address.contains(['[', ']', '{', '}']) {
        parts.push("--globoff".to_owned());
    }
    if has_dot_segment(target) {
        parts.push("--path-as-is".to_owned());
    }
    parts
}

/// Whether curl sends the target as it is when it stands in the URL.
fn survives_curl(target: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%?[]{}".contains(&byte);
    target.starts_with('/')
        && !target.starts_with("//")
        && !target.ends_with('?')
        && target.bytes().all(is_plain)
}

/// The method, where curl would choose another.
fn method(source: &Source<'_>, data: &Data) -> Option<String> {
    let method = source.capture.line.envelope.head.method.as_str();
    match (method, data) {
        ("GET", Data::None) | ("POST", Data::Inline(_) | Data::File(_)) => None,
        ("HEAD", Data::None) => Some("--head".to_owned()),
        _ => Some(format!("-X {}", quoted(method.as_bytes()))),
    }
}

fn version(source: &Source<'_>) -> Option<String> {
    let is_tls = source.base.starts_with("https://");
    let flag = match (source.capture.line.envelope.head.version, is_tls) {
        (Version::Http10, _) => "--http1.0",
        // Over TLS curl would speak HTTP/2, which has no case in names.
        (Version::Http11, true) => "--http1.1",
        (Version::Http2, false) => "--http2-prior-knowledge",
        _ => return None,
    };
    Some(flag.to_owned())
}

fn data(source: &Source<'_>) -> Data {
    let body = &source.capture.body;
    let head = &source.capture.line.envelope.head;
    if body.is_empty() {
        // A length of 0 that was written out is written out again; an answer to HEAD must not be waited for.
        let says_empty = head.headers.get("content-length").is_some() && head.method != "HEAD";
        return if says_empty {
            Data::Inline("''".to_owned())
        } else {
            Data::None
        };
    }
    if body.len() <= INLINE && !body.contains(&0) && std::str::from_utf8(body).is_ok() {
        let text = quoted(body);
        if text.len() <= INLINE_QUOTED {
            return Data::Inline(text);
        }
    }
    Data::File(body_file(source.capture.line.n))
}

fn headers(source: &Source<'_>, data: &Data) -> Vec<String> {
    let head = &source.capture.line.envelope.head;
    let mut parts = Vec::new();
    let mut field = |text: &[u8]| parts.push(format!("-H {}", quoted(text)));
    for (name, value) in fields(source) {
        if value.is_empty() {
            field(&[name, b";"].concat());
        } else {
            field(&[name, b": ", value].concat());
        }
    }
    // What curl adds by itself when nothing is said.
    let has = |name| head.headers.get(name).is_some();
    let sends = !matches!(data, Data::None);
    let asks_first = source.capture.body.len() >= ASKS_FIRST;
    for (name, is_added) in [
        // Only HTTP/1.0 may be without it; HTTP/2 names the host elsewhere.
        ("Host", head.version == Version::Http10),
        ("User-Agent", true),
        ("Accept", true),
        ("Content-Type", sends),
        ("Expect", asks_first),
    ] {
        // An `Expect` of the sender's was left out, so it is never there.
        if is_added && (name == "Expect" || !has(name)) {
            field(format!("{name}:").as_bytes());
        }
    }
    // An answer to HEAD has no body, which curl does not expect when it sends one itself: it waits for the end of the
    // connection then.
    if head.method == "HEAD" && sends {
        field(b"Connection: close");
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tests::capture;
    use super::*;

    fn command(method: &str, target: &str, headers: &'static [u8], body: &'static [u8]) -> String {
        write(&Source {
            capture: &capture(method, target, headers, body),
            base: "http://hooks.example.com",
            body_url: "http://hooks.example.com/body",
        })
    }

    #[test]
    fn a_plain_request_is_a_plain_command() {
        let headers = b"Host: hooks.example.com\r\nUser-Agent: Stripe/1.0\r\nAccept: */*\r\nContent-Type: application/json\r\n\
            Content-Length: 9\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n";
        assert_eq!(
            command("POST", "/bin/a?env=staging", headers, br#"{"a":"'"}"#),
            r#"curl 'http://hooks.example.com/bin/a?env=staging' \
  -H 'User-Agent: Stripe/1.0' \
  -H 'Accept: */*' \
  -H 'Content-Type: application/json' \
  --data-raw '{"a":"'\''"}'
"#
        );
    }

    #[test]
    fn what_curl_would_add_is_taken_away() {
        assert_eq!(
            command("DELETE", "/bin", b"X-Empty:\r\n", b""),
            "curl http://hooks.example.com/bin \\\n  -X DELETE \\\n  -H 'X-Empty;' \\\n  -H 'User-Agent:' \\\n  -H 'Accept:'\n"
                .replace("http://hooks.example.com/bin", "'http://hooks.example.com/bin'")
        );
    }

    #[test]
    fn a_body_that_no_shell_can_hold_is_downloaded_first() {
        let command = command("POST", "/bin", b"Accept: a\r\nUser-Agent: b\r\n", b"\0");
        let download =
            "\ncurl -fsSo request-12.bin 'http://hooks.example.com/body' &&\ncurl 'http://";
        assert!(command.contains(download), "{command}");
        assert!(
            command.contains("--data-binary @request-12.bin"),
            "{command}"
        );
    }
}
