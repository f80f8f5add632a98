//! A command of `HTTPie` (3.2.2 or later) that sends the same request again. Earlier ones, on urllib3 1, send `User-Agent` and
//! `Accept-Encoding` of their own where the request has none.

use super::sending::{
    INLINE, Notes, address, fields, has, has_dot_segment, has_needless_escape, is_canonical, path,
};
use super::shell::quoted;
use super::{Format, Kind, Source, TEXT, body_file};

/// For a shell with `$'…'` quotes, such as bash and zsh.
pub static FORMAT: Format = Format {
    name: "httpie",
    label: "HTTPie",
    extension: "sh",
    kind: Kind::Command,
    media_type: TEXT,
    write: |source| write(source).into_bytes(),
};

/// What a request item is taken apart at.
const SEPARATORS: [char; 4] = [':', ';', '=', '@'];

fn write(source: &Source<'_>) -> String {
    let head = &source.capture.line.envelope.head;
    let mut notes = Notes::of_http_1_1(source, "HTTPie");
    let method = head.method.as_str();
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        notes.cannot("Nothing is sent", &format!("send the method {method}"));
        return notes.text("#");
    }
    let body = &source.capture.body;
    let text = std::str::from_utf8(body)
        .ok()
        .filter(|text| text.len() <= INLINE && !text.contains('\0'));
    // Options come before the method: between it and the items they would end the list of these.
    let mut parts = vec!["http --ignore-stdin".to_owned()];
    if !is_canonical(&head.target) || has_needless_escape(query(&head.target)) {
        notes.cannot(
            "The address may arrive in another spelling",
            "leave it as it is",
        );
    }
    if has_dot_segment(&head.target) || has_needless_escape(path(&head.target)) {
        parts.push("--path-as-is".to_owned());
    }
    let mut download = String::new();
    let mut file = None;
    match text {
        _ if body.is_empty() => {}
        Some(text) => {
            // What begins as an option is only taken for a value in the same word.
            let gap = if text.starts_with('-') { '=' } else { ' ' };
            parts.push(format!("--raw{gap}{}", quoted(text.as_bytes())));
        }
        None => {
            notes.add_key();
            let name = body_file(source.capture.line.n);
            let url = quoted(source.body_url.as_bytes());
            download = [
                "http --ignore-stdin --body --output ",
                &name,
                " ",
                &url,
                " &&\n",
            ]
            .concat();
            file = Some(format!("@{name}"));
        }
    }
    // A name may begin as an option does, too: behind this nothing is one.
    let is_odd = |&(name, _): &(&[u8], &[u8])| name.starts_with(b"-");
    let end = if fields(source).iter().any(is_odd) {
        "-- "
    } else {
        ""
    };
    let url = quoted(address(source).as_bytes());
    parts.push(format!("{end}{method} {url}"));
    parts.extend(items(source, &mut notes));
    parts.extend(file);
    format!("{}{download}{}\n", notes.text("#"), parts.join(" \\\n  "))
}

fn query(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

/// The fields as request items, and what takes away those that would be added.
fn items(source: &Source<'_>, notes: &mut Notes) -> Vec<String> {
    let fields = fields(source);
    if !is_in_order(&fields, !source.capture.body.is_empty()) {
        notes.cannot(
            "Fields may arrive in another order",
            "keep theirs, or send those of one name apart",
        );
    }
    let mut items = Vec::new();
    let mut is_unsendable = false;
    for (name, value) in &fields {
        // A backslash before a separator is always taken as an escape.
        let text = std::str::from_utf8(value).ok().filter(|text| {
            let is_escape = |(_, c): (usize, char)| SEPARATORS.contains(&c);
            !text
                .match_indices('\\')
                .any(|(at, _)| text[at + 1..].char_indices().next().is_some_and(is_escape))
        });
        let Some(text) = text else {
            is_unsendable = true;
            continue;
        };
        let escape = if text.starts_with(SEPARATORS) {
            "\\"
        } else {
            ""
        };
        let item = if text.is_empty() {
            [name, &b";"[..]].concat()
        } else {
            [name, &b":"[..], escape.as_bytes(), text.as_bytes()].concat()
        };
        items.push(quoted(&item));
    }
    if is_unsendable {
        notes.cannot(
            "A field is left out",
            "send bytes that are not UTF-8, or a backslash before one of : ; = @, in a field",
        );
    }
    for name in [
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Connection",
        "Content-Type",
    ] {
        if !has(&fields, name) {
            items.push(format!("{name}:"));
        }
    }
    items
}

/// Whether the fields come in the order in which `HTTPie` sends them: those first that it has a default for, and those of one name
/// together.
fn is_in_order(fields: &[(&[u8], &[u8])], has_body: bool) -> bool {
    let defaults = ["user-agent", "accept-encoding", "accept", "content-type"];
    // For a request without a body it has no media type.
    let defaults = if has_body {
        &defaults[..]
    } else {
        &defaults[..3]
    };
    let place = |name: &[u8]| {
        let is_it = |have: &&[u8]| have.eq_ignore_ascii_case(name);
        let default = defaults.iter().position(|have| is_it(&have.as_bytes()));
        let first = fields.iter().position(|(have, _)| is_it(have));
        (default.unwrap_or(defaults.len()), first)
    };
    fields.is_sorted_by_key(|(name, _)| place(name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::written;
    use super::*;

    #[test]
    fn a_plain_request_is_a_plain_command() {
        let headers =
            b"Host: h\r\nUser-Agent: Stripe/1.0\r\nAccept-Encoding: gzip\r\nAccept: */*\r\n\
            Content-Type: application/json\r\nX-Odd: =1\r\nX-Empty:\r\n";
        assert_eq!(
            written(
                &FORMAT,
                "POST",
                "/bin/a?env=staging",
                headers,
                br#"{"a":"'"}"#
            ),
            r#"http --ignore-stdin \
  --raw '{"a":"'\''"}' \
  POST 'http://hooks.example.com/bin/a?env=staging' \
  'User-Agent:Stripe/1.0' \
  'Accept-Encoding:gzip' \
  'Accept:*/*' \
  'Content-Type:application/json' \
  'X-Odd:\=1' \
  'X-Empty;' \
  Connection:
"#
        );
    }

    #[test]
    fn no_text_of_a_sender_is_an_option() {
        let headers = b"-o: /tmp/x\r\n-d: 1\r\n";
        let command = written(&FORMAT, "POST", "/bin", headers, b"--all");
        assert!(
            command.contains(
                "  --raw=--all \\\n  -- POST 'http://hooks.example.com/bin' \\\n  '-o:/tmp/x' \\\n  '-d:1' \\\n"
            ),
            "{command}"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_said() {
        let command = written(&FORMAT, "M-SEARCH", "/bin", b"", b"");
        assert_eq!(
            command,
            "# Nothing is sent: HTTPie cannot send the method M-SEARCH\n"
        );
        let command = written(
            &FORMAT,
            "GET",
            "/bin?a[]",
            b"X: caf\xe9\r\nY: a\\:b\r\n",
            b"",
        );
        assert!(
            command.starts_with("# The address may arrive in another spelling"),
            "{command}"
        );
        assert!(command.contains("# A field is left out"), "{command}");
        assert!(
            !command.contains("caf") && !command.contains("a\\"),
            "{command}"
        );
        let command = written(&FORMAT, "GET", "/bin", b"X: 1\r\nAccept: a\r\n", b"");
        assert!(
            command.starts_with("# Fields may arrive in another order"),
            "{command}"
        );
    }
}
