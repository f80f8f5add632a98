//! `CloudEvents`: the attributes of an event, from the header fields or from the body.
//!
//! In binary mode they are fields that begin with `ce-`, in structured mode the members of a JSON object
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md> section 3).

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Subject, Table};
use crate::model::Headers;

/// How many attributes are shown.
const ATTRIBUTES: usize = 100;

/// How large a body may be to be looked at for attributes, in bytes.
const BODY: usize = 1024 * 1024;

/// Attributes that every event has; without them it is none.
const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];

/// An event's attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEvent {
    /// Its type.
    pub kind: String,
    /// Where it comes from.
    pub source: String,
    /// How it was carried: `binary mode`, `structured mode`.
    pub mode: &'static str,
    /// All attributes, without the data.
    pub attributes: Table,
}

/// The event that a request carries, if it does.
pub fn of(headers: &Headers, subject: &Subject<'_>) -> Option<CloudEvent> {
    let is_structured =
        subject.is_called(|media_type| media_type.essence == "application/cloudevents+json");
    if is_structured && subject.coding.is_none() && subject.bytes.len() <= BODY {
        return event(&members(subject.bytes)?, "structured mode");
    }
    let fields = headers.iter().filter_map(|(name, value)| {
        let (prefix, name) = name.split_at_checked(3)?;
        // Section 3.1.3.2: what is not printable ASCII, and `%`, is percent-encoded as UTF-8.
        let value: Vec<u8> = percent_encoding::percent_decode(value).collect();
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        prefix.eq_ignore_ascii_case(b"ce-").then_some((name, value))
    });
    event(&fields.take(ATTRIBUTES).collect::<Vec<_>>(), "binary mode")
}

fn event(pairs: &[(String, Vec<u8>)], mode: &'static str) -> Option<CloudEvent> {
    let find = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted);
    if !REQUIRED.iter().all(|name| find(name).is_some()) {
        return None;
    }
    let text =
        |name: &str| find(name).map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let (kind, source) = (text("type")?, text("source")?);
    let rows = pairs
        .iter()
        .map(|(name, value)| (Cow::Borrowed(name.as_bytes()), Cow::Borrowed(&**value)));
    Some(CloudEvent {
        kind,
        source,
        mode,
        attributes: Table::new(rows, ATTRIBUTES, false),
    })
}

/// The members of an object but for the data: strings as what they say, other values as they stand.
fn members(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Vec<u8>)>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                if members.len() < ATTRIBUTES && !matches!(&*name, "data" | "data_base64") {
                    let text = serde_json::from_str::<String>(value.get());
                    let text = text.unwrap_or_else(|_| value.get().to_owned());
                    members.push((name, text.into_bytes()));
                }
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.deserialize_map(Members).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn seen(lines: &'static str, content_type: &str, body: &str) -> Option<Vec<String>> {
        let headers = Headers::from_wire(Bytes::from_static(lines.as_bytes()));
        let event = of(&headers, &Subject::new(body.as_bytes(), Some(content_type)))?;
        let rows = event.attributes.fields.iter();
        let rows = rows.map(|field| format!("{}={}", field.name.plain(), field.value.plain()));
        Some(std::iter::once(event.mode.to_owned()).chain(rows).collect())
    }

    #[test]
    fn attributes_come_from_fields_or_from_the_body() {
        let fields = "CE-SpecVersion: 1.0\r\nce-id: 7\r\nce-source: /shop\r\nCe-Type: order.made\r\nce-note: gr%C3%BCn\r\nce: no\r\n";
        assert_eq!(
            seen(fields, "application/json", "{}").unwrap(),
            [
                "binary mode",
                "specversion=1.0",
                "id=7",
                "source=/shop",
                "type=order.made",
                "note=grün"
            ]
        );
        let body = r#"{"specversion":"1.0","type":"a\u0062","source":"/s","id":"1","data":{"x":1},"n":1.10}"#;
        let structured = "application/cloudevents+json; charset=utf-8";
        assert_eq!(
            seen("", structured, body).unwrap(),
            [
                "structured mode",
                "specversion=1.0",
                "type=ab",
                "source=/s",
                "id=1",
                "n=1.10"
            ]
        );
    }

    #[test]
    fn what_lacks_a_required_attribute_is_no_event() {
        assert_eq!(seen("ce-id: 7\r\n", "application/json", "{}"), None);
        for body in ["", "[]", "{}", r#"{"specversion":"1.0"}"#, "{\"id\":"] {
            assert_eq!(
                seen("", "application/cloudevents+json", body),
                None,
                "{body}"
            );
        }
    }
}
