//! What a sender calls its body.

/// A media type as `Content-Type` names it (RFC 9110 section 8.3), of which only what viewers ask for is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// Type and subtype in lower case, without parameters: `application/json`.
    pub essence: String,
    /// The `charset` parameter, in lower case.
    pub charset: Option<String>,
}

impl MediaType {
    /// Reads a `Content-Type`; `None` when it names no type at all.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';');
        let essence = parts.next()?.trim().to_ascii_lowercase();
        if !essence.contains('/') {
            return None;
        }
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"').trim().to_ascii_lowercase();
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
        });
        Some(Self { essence, charset })
    }

    /// JSON, by its own name or by the `+json` ending (RFC 6839 section 3.1).
    pub fn is_json(&self) -> bool {
        matches!(&*self.essence, "application/json" | "text/json")
            || self.essence.ends_with("+json")
    }

    /// Pairs of an HTML form (`application/x-www-form-urlencoded`).
    pub fn is_form(&self) -> bool {
        self.essence == "application/x-www-form-urlencoded"
    }

    /// Whether bytes of this type are text by definition.
    pub fn is_text(&self) -> bool {
        self.essence.starts_with("text/")
            || self.is_json()
            || self.is_form()
            || self.essence.ends_with("+xml")
            || self.essence.ends_with("+yaml")
            || matches!(
                &*self.essence,
                "application/xml"
                    | "application/yaml"
                    | "application/javascript"
                    | "application/graphql"
                    | "application/jwt"
                    | "application/x-ndjson"
                    | "application/ndjson"
                    | "application/sql"
            )
    }
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
    fn what_is_no_type_is_none() {
        assert_eq!(MediaType::parse(""), None);
        assert_eq!(MediaType::parse("json; charset=utf-8"), None);
        assert_eq!(MediaType::parse("a/b; charset=").unwrap().charset, None);
    }
}
