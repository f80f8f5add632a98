//! Settings as they are asked for, before they are checked and taken.
//!
//! Stands between JSON and [`Settings`]: a [`Change`] is read, each of its fields checked by who knows what it may be, and taken. What is
//! wrong is named by its path, as the sender wrote it; then nothing of the change is kept. [`new_bin`] is what a bin is made with,
//! [`keep`] and [`mask`] are settings that are objects themselves. It knows neither the store nor who asks.
//!
//! To add a setting: a field of [`Change`] with its docstring, which is its description in `/api/v1/openapi.json`, and its line in
//! [`Change::apply`].

mod keep;
mod mask;
mod new_bin;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

pub(super) use new_bin::NewBin;

use self::keep::KeepChange;
use self::mask::MaskChange;
use super::{json, signing};
use crate::forward;
use crate::model::{OwnScheme, PlannedReply, Rule, Settings, Target};
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

/// Text, or null for none: null is a value here, not the absence of the field.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct NullOrText(Option<String>);

/// A number, or null for none.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct NullOrNumber(Option<u64>);

/// Keeps "not there" apart from "null": a field that is there is always `Some`, and null is only for a type that has it.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(source).map(Some)
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
