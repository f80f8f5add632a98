//! What a section's form sends: taken into the settings, or what is wrong with it.

use serde::Deserialize;

use super::super::text;
use super::limits::mebibytes;
use crate::model::{Mask, Settings};

/// What a section's form sends; the fields of other sections are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::page) struct Change {
    pub(super) section: Section,
    pub(super) name: String,
    pub(super) alias: String,
    pub(super) captures: String,
    pub(super) mib: String,
    pub(super) days: String,
    pub(super) body_mib: String,
    pub(super) mask_headers: String,
    pub(super) mask_json: String,
    pub(super) mask_query: String,
}

/// A part of the page with a form of its own.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Section {
    #[default]
    General,
    Address,
    Limits,
    Mask,
}

impl Section {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Address => "address",
            Self::Limits => "limits",
            Self::Mask => "mask",
        }
    }
}

/// What is wrong with a field, in a sentence that says what would be right.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Problems {
    pub(super) name: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) captures: Option<String>,
    pub(super) mib: Option<String>,
    pub(super) days: Option<String>,
    pub(super) body_mib: Option<String>,
    pub(super) mask_headers: Option<String>,
    pub(super) mask_json: Option<String>,
    pub(super) mask_query: Option<String>,
}

impl Change {
    pub(super) fn from_settings(settings: &Settings) -> Self {
        Self {
            section: Section::default(),
            name: settings.name.clone(),
            alias: settings
                .alias
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            captures: settings.keep.captures.to_string(),
            mib: mebibytes(settings.keep.bytes),
            days: settings.keep.days.to_string(),
            body_mib: mebibytes(settings.body_limit),
            mask_headers: settings.mask.headers.join(" "),
            mask_json: settings.mask.json.join(" "),
            mask_query: settings.mask.query.join(" "),
        }
    }

    /// What was typed in its own section, and what is set in the others.
    pub(super) fn beside(self, settings: &Settings) -> Self {
        let mut all = Self::from_settings(settings);
        all.section = self.section;
        match self.section {
            Section::General => all.name = self.name,
            Section::Address => all.alias = self.alias,
            Section::Limits => {
                all.captures = self.captures;
                all.mib = self.mib;
                all.days = self.days;
                all.body_mib = self.body_mib;
            }
            Section::Mask => {
                all.mask_headers = self.mask_headers;
                all.mask_json = self.mask_json;
                all.mask_query = self.mask_query;
            }
        }
        all
    }

    /// Takes the section's fields into the settings; what cannot be taken is named.
    pub(super) fn apply(&self, settings: &mut Settings, max_body: u64) -> Problems {
        let mut problems = Problems::default();
        match self.section {
            Section::General => take(
                check_name(&self.name),
                &mut settings.name,
                &mut problems.name,
            ),
            Section::Address => {
                let alias = match self.alias.trim() {
                    "" => Ok(None),
                    alias => alias.parse().map(Some).map_err(|error| sentence(&error)),
                };
                take(alias, &mut settings.alias, &mut problems.alias);
            }
            Section::Limits => self.apply_limits(settings, max_body, &mut problems),
            Section::Mask => {
                let mask = &mut settings.mask;
                take(
                    words("headers", &self.mask_headers),
                    &mut mask.headers,
                    &mut problems.mask_headers,
                );
                take(
                    words("json", &self.mask_json),
                    &mut mask.json,
                    &mut problems.mask_json,
                );
                take(
                    words("query", &self.mask_query),
                    &mut mask.query,
                    &mut problems.mask_query,
                );
            }
        }
        problems
    }
}

pub(super) fn take<T>(outcome: Result<T, String>, place: &mut T, problem: &mut Option<String>) {
    match outcome {
        Ok(value) => *place = value,
        Err(text) => *problem = Some(text),
    }
}

/// Names or paths of one of a [mask's lists](Mask::lists), with blanks or commas between.
fn words(list: &str, text: &str) -> Result<Vec<String>, String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    match Mask::problem(list, &words) {
        Some(problem) => Err(sentence(&format_args!("{problem}."))),
        None => Ok(words),
    }
}

/// A bin's name as it is kept.
pub(in crate::web::page) fn check_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    let characters = name.chars().count();
    if characters > Settings::NAME_CHARACTERS {
        Err(format!(
            "This is {characters} characters long, {} are the most.",
            Settings::NAME_CHARACTERS
        ))
    } else if name.chars().any(char::is_control) {
        Err("There is a control character in it, perhaps a line end from pasting.".to_owned())
    } else {
        Ok(name.to_owned())
    }
}

/// A lower-case message as a sentence.
fn sentence(message: &dyn std::fmt::Display) -> String {
    text::sentence(&message.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::limits::MIB;
    use super::*;
    use crate::model::Keep;

    #[test]
    fn only_the_section_that_was_sent_is_changed() {
        let mut settings = Settings::default();
        let form = Change {
            section: Section::Limits,
            captures: "5".to_owned(),
            mib: "1".to_owned(),
            days: "0".to_owned(),
            body_mib: "2".to_owned(),
            name: "not this one".to_owned(),
            ..Change::default()
        };
        assert_eq!(form.apply(&mut settings, 0), Problems::default());
        let want = Settings {
            keep: Keep {
                captures: 5,
                bytes: MIB,
                days: 0,
            },
            body_limit: 2 * MIB,
            ..Settings::default()
        };
        assert_eq!(settings, want);
    }

    #[test]
    fn a_wrong_field_is_named_and_nothing_typed_is_lost() {
        let mut settings = Settings::default();
        let form = Change {
            section: Section::Address,
            alias: "No Spaces".to_owned(),
            ..Change::default()
        };
        let problems = form.apply(&mut settings, 0);
        assert!(problems.alias.unwrap().starts_with("An alias has 3 to 63"));
        assert_eq!(settings, Settings::default());
        let again = form.beside(&settings);
        assert_eq!(
            (again.alias.as_str(), again.mib.as_str()),
            ("No Spaces", "256")
        );
    }
}
