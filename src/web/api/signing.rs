//! Secrets and schemes in a change of settings.
//!
//! They are read by hand: serde's own messages hold the value that did not fit, and that may be a secret.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::json;
use crate::model::{OwnScheme, Secrets};
use crate::web::{Error, signing};

/// Secrets by the provider's name. A list replaces all of that provider, null or an empty list takes them away, and providers
/// that are not named stay as they are. What was answered of a secret (`…last4`) keeps it.
pub(super) type SecretsSchema = HashMap<String, Option<Vec<String>>>;

fn wrong(field: String, problem: impl Into<String>) -> Error {
    Error::Field {
        field,
        problem: problem.into(),
    }
}

/// Takes secrets that were sent into those that are kept.
pub(super) fn take_secrets(sent: Value, secrets: &mut Secrets) -> Result<(), Error> {
    let Value::Object(sent) = sent else {
        let problem = "expected an object of lists by the provider's name";
        return Err(wrong("secrets".to_owned(), problem));
    };
    let mut named: Vec<&str> = Vec::new();
    for (name, list) in sent {
        let field = format!("secrets.{name}");
        let provider = match signing::provider(&name) {
            Ok(provider) if named.contains(&provider.slug) => {
                return Err(wrong(field, "this provider is named twice"));
            }
            Ok(provider) => provider,
            Err(problem) => return Err(wrong(field, problem)),
        };
        let texts = texts(list).ok_or_else(|| wrong(field.clone(), "expected a list of texts"))?;
        let taken = signing::secrets(provider, secrets.of(provider.slug), texts)
            .map_err(|problem| wrong(field, problem))?;
        secrets.set(provider.slug, taken);
        named.push(provider.slug);
    }
    signing::check_size(secrets).map_err(|problem| wrong("secrets".to_owned(), problem))
}

/// A list of texts; null is an empty one.
fn texts(list: Value) -> Option<Vec<String>> {
    let list = match list {
        Value::Null => Vec::new(),
        Value::Array(list) => list,
        _ => return None,
    };
    list.into_iter()
        .map(|text| match text {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect()
}

/// The scheme that was sent; null is none.
pub(super) fn signature(sent: Value, kept: Option<&OwnScheme>) -> Result<Option<OwnScheme>, Error> {
    let mut fields: Map<String, Value> = match sent {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err(wrong("signature".to_owned(), "expected an object or null")),
    };
    let secret = fields.remove("secret");
    let secret = match (secret, kept) {
        (Some(Value::String(secret)), _) => secret,
        (None, Some(kept)) => kept.secret.masked(),
        (None, None) => return Err(wrong("signature.secret".to_owned(), "is missing")),
        _ => return Err(wrong("signature.secret".to_owned(), "expected a text")),
    };
    fields.insert("secret".to_owned(), String::new().into());
    let mut scheme: OwnScheme = json::read(Value::Object(fields), "signature")?;
    scheme.secret = crate::model::Secret::new(secret);
    signing::signature(kept, scheme)
        .map(Some)
        .map_err(|(field, problem)| wrong(format!("signature.{field}"), problem))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
        match outcome.unwrap_err() {
            Error::Field { field, problem } => {
                assert!(!problem.contains("s3cret"), "{problem}");
                field
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn secrets_are_merged_by_provider() {
        let mut secrets = Secrets::default();
        let mut send = |value| take_secrets(value, &mut secrets).map(|()| secrets.masked());
        send(json!({"stripe": ["whsec_0123-aaaa"], "github": ["github-secret-bbbb"]})).unwrap();
        let more = send(json!({"stripe": ["…aaaa", "whsec_0123-cccc"], "github": null}));
        let shown = serde_json::to_value(more.unwrap()).unwrap();
        assert_eq!(shown, json!({"stripe": ["…aaaa", "…cccc"]}));
        // An alias is the provider that it stands for.
        let more = send(json!({"stripe": [], "whatsapp": ["meta-secret-dddd"]})).unwrap();
        assert_eq!(
            serde_json::to_value(more).unwrap(),
            json!({"meta": ["…dddd"]})
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_not_told() {
        for (sent, field) in [
            (json!("s3cret"), "secrets"),
            (json!({"acme": ["s3cret"]}), "secrets.acme"),
            (json!({"stripe": "s3cret"}), "secrets.stripe"),
            (json!({"stripe": [{"s3cret": 1}]}), "secrets.stripe"),
            (json!({"stripe": [""]}), "secrets.stripe"),
            (json!({"discord": ["s3cret"]}), "secrets.discord"),
            (
                json!({"meta": ["s3cret"], "whatsapp": ["s3cret"]}),
                "secrets.whatsapp",
            ),
        ] {
            assert_eq!(refused(take_secrets(sent, &mut Secrets::default())), field);
        }
        for (sent, field) in [
            (json!("s3cret"), "signature"),
            (json!({"header": "X"}), "signature.secret"),
            (
                json!({"header": "X", "secret": ["s3cret"]}),
                "signature.secret",
            ),
            (
                json!({"header": "a b", "secret": "s3cret"}),
                "signature.header",
            ),
            (
                json!({"header": "X", "secret": "s3cret", "salt": 1}),
                "signature.salt",
            ),
            (
                json!({"header": "X", "secret": "s3cret", "signed": "{timestamp}{body}"}),
                "signature.timestamp_header",
            ),
        ] {
            assert_eq!(refused(signature(sent, None)), field);
        }
    }
}
