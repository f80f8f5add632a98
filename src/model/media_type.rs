//! What a sender calls its body: media types (RFC 9110 section 8.3).

/// What a form of names and values is called.
const FORM: &str = "application/x-www-form-urlencoded";

/// Type and subtype as they stand in a `Content-Type`, without parameters.
pub fn essence(content_type: &[u8]) -> &[u8] {
    let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
    content_type.get(..end).unwrap_or_default().trim_ascii()
}

/// Whether a `Content-Type` calls the body a form of names and values.
pub fn is_form(content_type: &[u8]) -> bool {
    essence(content_type).eq_ignore_ascii_case(FORM.as_bytes())
}

/// A media type as `Content-Type` names it (RFC 9110 section 8.3), of which only what is asked for is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// Type and subtype in lower case, without parameters: `application/json`.
    pub essence: String,
    /// The `charset` parameter, in lower case.
    pub charset: Option<String>,
    /// The `boundary` parameter, that stands between the parts of a multipart.
    pub boundary: Option<String>,
}

impl MediaType {
    /// Reads a `Content-Type`; `None` when it names no type at all.
    pub fn parse(value: &str) -> Option<Self> {
        let (essence, rest) = value.split_once(';').unwrap_or((value, ""));
        let essence = essence.trim().to_ascii_lowercase();
        if !essence.contains('/') {
            return None;
        }
        Some(Self {
            essence,
            charset: parameter(rest, "charset").map(|charset| charset.to_ascii_lowercase()),
            boundary: parameter(rest, "boundary"),
        })
    }

    /// JSON, by its own name or by the `+json` ending (RFC 6839 section 3.1).
    pub fn is_json(&self) -> bool {
        self.essence.ends_with("/json") || self.essence.ends_with("+json")
    }

    /// JSON values, one a line.
    pub fn is_json_lines(&self) -> bool {
        matches!(
            &*self.essence,
            "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/x-jsonl"
                | "application/json-lines"
                | "application/jsonlines"
                | "application/x-jsonlines"
                | "application/json-seq"
                | "text/x-ndjson"
        )
    }

    /// Pairs of an HTML form (`application/x-www-form-urlencoded`).
    pub fn is_form(&self) -> bool {
        self.essence == FORM
    }

    /// XML, by its own name or by the `+xml` ending (RFC 7303 section 8).
    pub fn is_xml(&self) -> bool {
        matches!(&*self.essence, "application/xml" | "text/xml") || self.essence.ends_with("+xml")
    }

    /// Several bodies in one (RFC 2046 section 5.1).
    pub fn is_multipart(&self) -> bool {
        self.essence.starts_with("multipart/")
    }

    /// Whether bytes of this type are text by definition.
    pub fn is_text(&self) -> bool {
        self.essence.starts_with("text/")
            || self.is_json()
            || self.is_json_lines()
            || self.is_form()
            || self.is_xml()
            || self.essence.ends_with("+yaml")
            || matches!(
                &*self.essence,
                "application/yaml"
                    | "application/javascript"
                    | "application/graphql"
                    | "application/jwt"
                    | "application/sql"
            )
    }
}

/// The first parameter of that name that has a value (RFC 9110 section 5.6.6), in any case; out of its quotes where it is in
/// quotes.
pub fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let (have, after) = rest.split_at_checked(end)?;
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, after) = value(after);
        if have.trim().eq_ignore_ascii_case(name) && !value.is_empty() {
            return Some(value);
        }
        rest = after;
    }
}

/// A value, and what follows it.
fn value(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            // A browser sends a file name's `\` as it is, so only what needs to be escaped is taken for an escape.
            '\\' if rest.as_str().starts_with(['"', '\\']) => value.extend(rest.next()),
            c => value.push(c),
        }
    }
    let rest = rest.as_str();
    let after = rest.find(';').and_then(|at| rest.get(at..));
    (value, after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_change_the_type() {
        let media_type = MediaType::parse("Application/JSON; v=\"a\"; Charset=\"UTF-8\"").unwrap();
        assert_eq!(
            (&*media_type.essence, media_type.charset.as_deref()),
            ("application/json", Some("utf-8"))
        );
        assert!(media_type.is_json() && media_type.is_text());
    }

    #[test]
    fn json_is_known_by_its_ending() {
        for (text, is_json) in [
            ("application/vnd.api+json;x=1", true),
            ("text/json", true),
            ("application/jsonp", false),
            ("text/plain", false),
        ] {
            assert_eq!(MediaType::parse(text).unwrap().is_json(), is_json, "{text}");
        }
    }

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        for (text, want) in [
            ("boundary=x", Some("x")),
            ("; a=\";boundary=no\"; Boundary = x ; c", Some("x")),
            ("charset=utf-8;boundary=\"a;b\\\"c\"", Some("a;b\"c")),
            ("boundary=\"unclosed", Some("unclosed")),
            ("boundary", None),
            ("boundary=; boundary=y", Some("y")),
            ("flag; boundary=\"C:\\dir\\x\"", Some("C:\\dir\\x")),
            ("xboundary=z", None),
            ("=;;==\"", None),
        ] {
            assert_eq!(parameter(text, "boundary").as_deref(), want, "{text}");
        }
    }

    #[test]
    fn forms_are_known_in_any_case_and_with_parameters() {
        for (value, is) in [
            (
                &b"Application/X-WWW-Form-URLencoded ; charset=\xff"[..],
                true,
            ),
            (b"application/x-www-form-urlencoded-not", false),
            (b"", false),
            (b";", false),
        ] {
            assert_eq!(is_form(value), is, "{value:?}");
        }
    }

    #[test]
    fn what_is_no_type_is_none() {
        assert_eq!(MediaType::parse(""), None);
        assert_eq!(MediaType::parse("json; charset=utf-8"), None);
        assert_eq!(MediaType::parse("a/b; charset=").unwrap().charset, None);
    }
}
