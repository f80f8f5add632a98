//! Settings as they are asked for, before they are checked and taken.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{json, signing};
use crate::forward;
use crate::model::{Keep, Mask, OwnScheme, PlannedReply, Rule, Settings, Target};
use crate::reply::check;
use crate::web::Error;

/// Settings to change. What is left out stays as it is; in a new bin it has its default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingsChange)]
pub(super) struct Change {
    /// A name for people, at most 100 characters without control characters; may be empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 100, example = "Stripe test mode")]
    name: Option<String>,
    /// A name for the capture URL beside the id: 3 to 63 of `a–z`, `0–9` and `-`. Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", example = "stripe-staging")]
    alias: Option<NullOrText>,
    /// Whether replies carry CORS headers, so that a page of any origin may send here.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    cors: Option<bool>,
    /// How much is kept, and for how long.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    keep: Option<KeepChange>,
    /// How many bytes of a body are kept and accepted, at most the server's `--max-body`; 0 takes the server's.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    body_limit: Option<u64>,
    /// What readers of a share link do not see.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    mask: Option<MaskChange>,
    /// Secrets by the provider's name. A list replaces all of that provider, null or an empty list takes them away; providers
    /// that are not named stay as they are. What was answered of a secret (`…last4`) keeps it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<signing::SecretsSchema>, nullable = false)]
    secrets: Option<Value>,
    /// A signature of senders that are in no catalogue; null for none. Its secret may be what was answered of it, or left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OwnScheme>)]
    signature: Option<Value>,
    /// How many seconds a signed time may be from the arrival; null takes the provider's own number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, maximum = 31_536_000)]
    tolerance_s: Option<NullOrNumber>,
    /// Whether what providers ask before they send is answered as they want it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    handshakes: Option<bool>,
    /// What senders hear. It is replaced as a whole; what is left out has its default.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    reply: Option<PlannedReply>,
    /// Other replies to some requests. The list is replaced as a whole, and sequences begin anew.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    rules: Option<Vec<Rule>>,
    /// Where captures are sent on to as they come. The list is replaced as a whole.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 10)]
    targets: Option<Vec<Target>>,
    /// Whether a sender may ask for a status by `hookwell-status=503` in the query.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    status_by_query: Option<bool>,
}

/// What is to be masked. A list that is left out stays as it is; one that is given replaces the whole list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MaskChange {
    /// Names of header fields and trailers, in any case.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    headers: Option<Vec<String>>,
    /// Paths of values in JSON bodies, such as `card.number`, `items.*.token` or `**.password`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    json: Option<Vec<String>>,
    /// Names of query parameters and of form fields, in any case.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    query: Option<Vec<String>>,
}

impl MaskChange {
    fn apply(self, mask: &mut Mask) -> Result<(), Error> {
        let changed = Mask {
            headers: self.headers.unwrap_or_else(|| mask.headers.clone()),
            json: self.json.unwrap_or_else(|| mask.json.clone()),
            query: self.query.unwrap_or_else(|| mask.query.clone()),
        };
        for (name, list) in changed.lists() {
            if let Some(problem) = Mask::problem(name, list) {
                return Err(Error::Field {
                    field: format!("mask.{name}"),
                    problem,
                });
            }
        }
        *mask = changed;
        Ok(())
    }
}

/// Text, or null for none: null is a value here, not the absence of the field.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct NullOrText(Option<String>);

/// A number, or null for none.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct NullOrNumber(Option<u64>);

/// Limits to change. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeepChange {
    /// How many captures; 0 for any number.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 1_000_000_000)]
    captures: Option<u64>,
    /// How many bytes of bodies and headers; 0 for any number.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 1_125_899_906_842_624_i64)]
    bytes: Option<u64>,
    /// How many days the bin lives after its last capture (or its making); 0 for ever.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 36_500)]
    days: Option<u32>,
}

/// What a bin is made with: settings at the top, or under `settings`, or both.
#[derive(Debug, Default)]
pub(super) struct NewBin {
    top: Change,
    settings: Option<Change>,
}

/// That of a change with `settings` beside its fields. A derived one would be `allOf` two objects of which the first forbids
/// the second's field.
impl PartialSchema for NewBin {
    fn schema() -> RefOr<Schema> {
        let mut schema = Change::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let settings = Ref::from_schema_name(Change::name());
            let description =
                "What a bin is made with: settings at the top, or under `settings`, or both.";
            object.description = Some(description.to_owned());
            object
                .properties
                .insert("settings".to_owned(), settings.into());
        }
        schema
    }
}

impl ToSchema for NewBin {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Change::name().into(), Change::schema()));
        Change::schemas(schemas);
    }
}

/// Keeps "not there" apart from "null": a field that is there is always `Some`, and null is only for a type that has it.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(source).map(Some)
}

impl NewBin {
    /// Reads a body; none at all takes every default.
    pub(super) fn read(body: Option<Value>) -> Result<Self, Error> {
        let Some(mut body) = body else {
            return Ok(Self::default());
        };
        let settings = body
            .as_object_mut()
            .and_then(|fields| fields.remove("settings"));
        Ok(Self {
            settings: settings
                .map(|settings| json::read(settings, "settings"))
                .transpose()?,
            top: json::read(body, "")?,
        })
    }

    /// The settings of the new bin. What stands at the top outranks what stands under `settings`.
    pub(super) fn settings(self, max_body: u64) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        if let Some(change) = self.settings {
            change.apply(&mut settings, max_body)?;
        }
        self.top.apply(&mut settings, max_body)?;
        Ok(settings)
    }
}

impl Change {
    /// Reads the body of a change.
    pub(super) fn read(body: Option<Value>) -> Result<Self, Error> {
        let body = body.ok_or_else(|| {
            Error::BadRequest("send the settings to change as a JSON object".to_owned())
        })?;
        json::read(body, "")
    }

    /// Takes what was asked for into the settings, where it may be.
    pub(super) fn apply(self, settings: &mut Settings, max_body: u64) -> Result<(), Error> {
        if let Some(name) = self.name {
            settings.name = check_name(name)?;
        }
        if let Some(NullOrText(alias)) = self.alias {
            settings.alias = alias
                .map(|text| text.parse())
                .transpose()
                .map_err(|error| invalid("alias", &error))?;
        }
        if let Some(cors) = self.cors {
            settings.cors = cors;
        }
        if let Some(keep) = self.keep {
            keep.apply(&mut settings.keep)?;
        }
        if let Some(limit) = self.body_limit {
            if max_body != 0 && limit > max_body {
                return Err(invalid(
                    "body_limit",
                    &format_args!("at most {max_body}, the server's --max-body"),
                ));
            }
            settings.body_limit = limit;
        }
        if let Some(mask) = self.mask {
            mask.apply(&mut settings.mask)?;
        }
        if let Some(secrets) = self.secrets {
            signing::take_secrets(secrets, &mut settings.secrets)?;
        }
        if let Some(sent) = self.signature {
            settings.signature = signing::signature(sent, settings.signature.as_ref())?;
        }
        if let Some(NullOrNumber(seconds)) = self.tolerance_s {
            let seconds = seconds.map(crate::web::signing::tolerance).transpose();
            settings.tolerance_s = seconds.map_err(|problem| invalid("tolerance_s", &problem))?;
        }
        if let Some(handshakes) = self.handshakes {
            settings.handshakes = handshakes;
        }
        if let Some(reply) = self.reply {
            check::own(&reply).map_err(|problem| planned("reply.", problem))?;
            settings.reply = reply;
        }
        if let Some(rules) = self.rules {
            check::rules(&rules).map_err(|problem| planned("", problem))?;
            settings.rules = rules;
        }
        if let Some(targets) = self.targets {
            forward::check(&targets).map_err(|wrong| Error::Field {
                field: wrong.field,
                problem: wrong.problem,
            })?;
            settings.targets = targets;
        }
        if let Some(status_by_query) = self.status_by_query {
            settings.status_by_query = status_by_query;
        }
        Ok(())
    }
}

impl KeepChange {
    fn apply(&self, keep: &mut Keep) -> Result<(), Error> {
        if let Some(captures) = self.captures {
            if captures > Keep::MOST_CAPTURES {
                return Err(at_most("keep.captures", Keep::MOST_CAPTURES));
            }
            keep.captures = captures;
        }
        if let Some(bytes) = self.bytes {
            if bytes > Keep::MOST_BYTES {
                return Err(at_most("keep.bytes", Keep::MOST_BYTES));
            }
            keep.bytes = bytes;
        }
        if let Some(days) = self.days {
            if days > Keep::MOST_DAYS {
                return Err(at_most("keep.days", u64::from(Keep::MOST_DAYS)));
            }
            keep.days = days;
        }
        Ok(())
    }
}

/// What is wrong with a planned reply.
fn planned(within: &str, check::Problem { field, problem }: check::Problem) -> Error {
    Error::Field {
        field: format!("{within}{field}"),
        problem,
    }
}

fn check_name(name: String) -> Result<String, Error> {
    if name.chars().count() > Settings::NAME_CHARACTERS {
        return Err(invalid(
            "name",
            &format_args!("at most {} characters", Settings::NAME_CHARACTERS),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid("name", &"without control characters"));
    }
    Ok(name)
}

fn invalid(field: &'static str, problem: &dyn std::fmt::Display) -> Error {
    Error::Invalid {
        field,
        problem: problem.to_string(),
    }
}

fn at_most(field: &'static str, limit: u64) -> Error {
    invalid(field, &format_args!("at most {limit}, or 0 for no limit"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MAX_BODY: u64 = 1 << 20;

    fn changed(change: Value) -> Result<Settings, Error> {
        let mut settings = Settings {
            name: "old".to_owned(),
            alias: "old-alias".parse().ok(),
            ..Settings::default()
        };
        Change::read(Some(change))?.apply(&mut settings, MAX_BODY)?;
        Ok(settings)
    }

    fn refused(change: Value) -> (String, String) {
        match changed(change).unwrap_err() {
            Error::Invalid { field, problem } => (field.to_owned(), problem),
            Error::Field { field, problem } => (field, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_change_touches_only_what_it_names() {
        let settings = changed(json!({"keep": {"days": 0}, "cors": false})).unwrap();
        assert_eq!(settings.name, "old");
        assert_eq!(settings.alias.unwrap().as_str(), "old-alias");
        assert!(!settings.cors);
        assert_eq!(
            settings.keep,
            Keep {
                days: 0,
                ..Keep::default()
            }
        );
    }

    #[test]
    fn null_takes_the_alias_away_and_is_no_value_for_anything_else() {
        assert_eq!(changed(json!({"alias": null})).unwrap().alias, None);
        assert_eq!(refused(json!({"name": null})).0, "name");
        assert_eq!(refused(json!({"keep": {"bytes": null}})).0, "keep.bytes");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        for (change, field) in [
            (json!({"nmae": "x"}), "nmae"),
            (json!({"keep": {"dayz": 1}}), "keep.dayz"),
            (json!({"keep": {"days": "7"}}), "keep.days"),
            (json!({"keep": {"days": -1}}), "keep.days"),
            (json!({"keep": {"days": 36_501}}), "keep.days"),
            (
                json!({"keep": {"captures": 1_000_000_001}}),
                "keep.captures",
            ),
            (json!({"keep": {"bytes": u64::MAX}}), "keep.bytes"),
            (json!({"keep": 7}), "keep"),
            (json!({"cors": "yes"}), "cors"),
            (json!({"name": 5}), "name"),
            (json!({"name": "é".repeat(101)}), "name"),
            (json!({"name": "a\u{7}"}), "name"),
            (json!({"alias": "Nope!"}), "alias"),
            (json!({"alias": "api"}), "alias"),
            (json!({"body_limit": MAX_BODY + 1}), "body_limit"),
            (json!({"body_limit": 1.5}), "body_limit"),
            (json!({"secrets": []}), "secrets"),
            (json!({"signature": 7}), "signature"),
            (json!({"tolerance_s": -1}), "tolerance_s"),
            (json!({"tolerance_s": 31_536_001}), "tolerance_s"),
            (json!({"handshakes": null}), "handshakes"),
        ] {
            assert_eq!(refused(change.clone()).0, field, "{change}");
        }
        assert!(changed(json!({"name": "é".repeat(100)})).is_ok());
    }

    #[test]
    fn a_new_bin_takes_settings_from_the_top_and_from_settings() {
        let body = json!({"name": "top", "settings": {"name": "inner", "cors": false}});
        let settings = NewBin::read(Some(body))
            .unwrap()
            .settings(MAX_BODY)
            .unwrap();
        assert_eq!((settings.name.as_str(), settings.cors), ("top", false));
        let plain = NewBin::read(None).unwrap().settings(MAX_BODY).unwrap();
        assert_eq!(plain, Settings::default());
        let error = NewBin::read(Some(json!({"settings": {"keep": {"x": 1}}}))).unwrap_err();
        assert!(matches!(error, Error::Field { field, .. } if field == "settings.keep.x"));
        for wrong in [json!([]), json!("x"), json!({"settings": null})] {
            let error = NewBin::read(Some(wrong)).unwrap_err();
            assert!(matches!(error, Error::Unprocessable(_)));
        }
    }
}
