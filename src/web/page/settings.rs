//! What the owner of a bin can set. Each section is a form of its own; what cannot be taken is said under its field.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::bin::BinHead;
use super::form::Form;
use super::plan::Planning;
use super::signing::Signing;
use super::{Error, Page, query, targets, text};
use crate::model::{Keep, Mask, Settings, Timestamp, Usage};
use crate::store;
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

const MIB: u64 = 1 << 20;

#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    bin: BinHead,
    /// What stands before the alias in the capture URL, and behind it.
    url_before: String,
    url_after: String,
    /// Without the alias: the id's own capture URL, which works either way.
    id: String,
    form: Change,
    problems: Problems,
    pub(super) planning: Planning,
    pub(super) signing: Signing,
    targets: Vec<targets::Row>,
    /// When the page was drawn, and how that is said.
    drawn_at: Timestamp,
    drawn_at_said: String,
    usage: Usage,
    /// The largest body that the server takes; `None` for any.
    max_body: Option<String>,
    /// The section that was just saved.
    saved: String,
}

/// What a section's form sends; the fields of other sections are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    section: Section,
    name: String,
    alias: String,
    captures: String,
    mib: String,
    days: String,
    body_mib: String,
    mask_headers: String,
    mask_json: String,
    mask_query: String,
}

/// A part of the page with a form of its own.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Section {
    #[default]
    General,
    Address,
    Limits,
    Mask,
}

impl Section {
    fn as_str(self) -> &'static str {
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
struct Problems {
    name: Option<String>,
    alias: Option<String>,
    captures: Option<String>,
    mib: Option<String>,
    days: Option<String>,
    body_mib: Option<String>,
    mask_headers: Option<String>,
    mask_json: Option<String>,
    mask_query: Option<String>,
}

/// The page.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    uri: Uri,
) -> Result<Response, Error> {
    let saved = query::value(&uri, "saved").unwrap_or_default().to_owned();
    let form = Change::from_settings(&bin.bin.settings);
    let mut page = draw(&app, &bin, &site, form, Problems::default(), saved).await?;
    let chosen = query::value(&uri, "provider").unwrap_or_default();
    page.signing = Signing::of(&bin.bin.settings, chosen);
    let preset = query::value(&uri, "preset").unwrap_or_default();
    page.planning = Planning::of(&bin.bin.settings, preset);
    Ok(Page(page).into_response())
}

/// Takes one section's form.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    Form(form): Form<Change>,
) -> Result<Response, Error> {
    let mut settings = bin.bin.settings.clone();
    let mut problems = form.apply(&mut settings, app.config.limits.max_body);
    if problems == Problems::default() {
        match app.store.update_bin(&bin.bin, settings).await {
            Ok(_) => {
                return Ok(saved(&bin, form.section.as_str()));
            }
            Err(store::Error::AliasTaken) => {
                problems.alias = Some("Another bin has this alias. Choose another.".to_owned());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let form = form.beside(&bin.bin.settings);
    let page = draw(&app, &bin, &site, form, problems, String::new()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// The page with a section as it was sent, which could not be taken: `change` puts it in.
pub(super) async fn refuse(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    change: impl FnOnce(&mut SettingsPage),
) -> Result<Response, Error> {
    let form = Change::from_settings(&bin.bin.settings);
    let mut page = draw(app, bin, site, form, Problems::default(), String::new()).await?;
    change(&mut page);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// The way back to a section that was saved.
pub(super) fn saved(bin: &BinByKey, section: &str) -> Response {
    Redirect::to(&format!(
        "/b/{}/settings?saved={section}#{section}",
        bin.key
    ))
    .into_response()
}

async fn draw(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    form: Change,
    problems: Problems,
    saved: String,
) -> Result<SettingsPage, Error> {
    let address = bin.bin.address();
    let url = site.capture_url(&bin.bin);
    let now = app.clock.now();
    let (before, after) = url.split_once(&address).unwrap_or((&url, ""));
    Ok(SettingsPage {
        bin: BinHead::new(bin, site),
        url_before: before.to_owned(),
        url_after: after.to_owned(),
        id: bin.bin.id.to_string(),
        form,
        problems,
        planning: Planning::of(&bin.bin.settings, ""),
        signing: Signing::of(&bin.bin.settings, ""),
        targets: targets::Row::all(app, bin).await?,
        drawn_at: now,
        drawn_at_said: text::time(now, now),
        usage: app.store.usage(&bin.bin).await?,
        max_body: match app.config.limits.max_body {
            0 => None,
            bytes => Some(mebibytes(bytes)),
        },
        saved,
    })
}

impl Change {
    fn from_settings(settings: &Settings) -> Self {
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
    fn beside(self, settings: &Settings) -> Self {
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
    fn apply(&self, settings: &mut Settings, max_body: u64) -> Problems {
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
                    words(&self.mask_headers),
                    &mut mask.headers,
                    &mut problems.mask_headers,
                );
                take(
                    words(&self.mask_json),
                    &mut mask.json,
                    &mut problems.mask_json,
                );
                take(
                    words(&self.mask_query),
                    &mut mask.query,
                    &mut problems.mask_query,
                );
            }
        }
        problems
    }

    fn apply_limits(&self, settings: &mut Settings, max_body: u64, problems: &mut Problems) {
        let keep = &mut settings.keep;
        let captures = whole(&self.captures, Keep::MOST_CAPTURES);
        take(captures, &mut keep.captures, &mut problems.captures);
        let bytes = mib(&self.mib, keep.bytes, Keep::MOST_BYTES);
        take(bytes, &mut keep.bytes, &mut problems.mib);
        let days = whole(&self.days, u64::from(Keep::MOST_DAYS))
            .map(|days| u32::try_from(days).unwrap_or(Keep::MOST_DAYS));
        take(days, &mut keep.days, &mut problems.days);
        let most = if max_body == 0 { u64::MAX } else { max_body };
        let body = mib(&self.body_mib, settings.body_limit, most);
        take(body, &mut settings.body_limit, &mut problems.body_mib);
    }
}

fn take<T>(outcome: Result<T, String>, place: &mut T, problem: &mut Option<String>) {
    match outcome {
        Ok(value) => *place = value,
        Err(text) => *problem = Some(text),
    }
}

/// Names or paths, with blanks or commas between.
fn words(text: &str) -> Result<Vec<String>, String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    match Mask::problem(&words) {
        Some(problem) => Err(sentence(&format_args!("{problem}."))),
        None => Ok(words),
    }
}

/// A bin's name as it is kept.
pub(super) fn check_name(name: &str) -> Result<String, String> {
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

/// A whole number up to `most`.
fn whole(text: &str, most: u64) -> Result<u64, String> {
    let text = text.trim().replace(',', "");
    match text.parse() {
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(format!(
            "{} is the most, or 0 for no limit.",
            text::count(most)
        )),
        Err(_) => Err("Write a whole number, or 0 for no limit.".to_owned()),
    }
}

/// A size that is typed in MiB, with up to three decimals. What reads like the present value is the present value, which may
/// be finer than the field shows.
fn mib(text: &str, present: u64, most: u64) -> Result<u64, String> {
    let text = text.trim().replace(',', "");
    if text == mebibytes(present) {
        return Ok(present);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let thousandths = format!("{fraction:0<3}");
    let read = (fraction.len() <= 3)
        .then(|| Some((whole.parse::<u64>().ok()?, thousandths.parse::<u64>().ok()?)))
        .flatten();
    let Some((whole, thousandths)) = read else {
        return Err("Write a number of MiB such as 256 or 0.5, or 0 for no limit.".to_owned());
    };
    match whole.checked_mul(MIB) {
        Some(bytes) if bytes.saturating_add(thousandths * MIB / 1000) <= most => {
            Ok(bytes + thousandths * MIB / 1000)
        }
        _ => Err(format!(
            "{} MiB is the most, as the server was started.",
            mebibytes(most)
        )),
    }
}

/// Bytes in MiB, with at most three decimals. A little is never written as 0, which means no limit.
fn mebibytes(bytes: u64) -> String {
    let thousandths = u128::from(bytes) * 1000 / u128::from(MIB);
    let thousandths = thousandths.max(u128::from(bytes.min(1)));
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A lower-case message as a sentence.
fn sentence(message: &dyn std::fmt::Display) -> String {
    text::sentence(&message.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for bytes in [0, 512 * 1024, 10 * MIB, 256 * MIB] {
            assert_eq!(mib(&mebibytes(bytes), 1, u64::MAX), Ok(bytes));
        }
        assert_eq!(mebibytes(10 * MIB), "10");
        assert_eq!(mebibytes(MIB / 2), "0.5");
        assert_eq!(mib("1,024", 0, u64::MAX), Ok(1 << 30));
        // Finer than three decimals: kept when it was not touched.
        assert_eq!(mib("0.001", 1100, u64::MAX), Ok(1100));
        for text in ["", "-1", "x", "1.2345", "1.x", "99999999999999999999"] {
            assert!(mib(text, 7, u64::MAX).is_err(), "{text}");
        }
        assert!(mib("11", 0, 10 * MIB).unwrap_err().starts_with("10 MiB"));
    }

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
