//! What senders hear: the sections of the settings about the bin's reply and its rules.
//!
//! Stands behind the [settings], which draw the sections and whose page comes back when one of their forms cannot be
//! taken. [`ReplyForm`] is a reply as it is typed, [`RuleForm`] a rule with its replies; [`check`] says what may be planned, and it
//! alone. Nothing here knows how a reply is chosen or made.
//!
//! Each rule is a form of its own, with one empty reply at its end to add another: what has no status is left out. To add a field to a
//! reply: its text in [`ReplyForm`], read in `read`, understood in `planned`, and an input in `templates/part/planning.html`.

mod fields;
mod reply;
mod rule;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

pub(super) use reply::ReplyForm;
pub(super) use rule::RuleForm;

use self::fields::Fields;
use self::reply::told;
use super::Error;
use super::settings::{self, saved};
use crate::model::{Fault, PlannedReply, Rule, Settings};
use crate::reply::{check, preset};
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// What the sections show.
#[derive(Debug, Default)]
pub(super) struct Planning {
    pub(super) reply: ReplyForm,
    pub(super) cors: bool,
    pub(super) status_by_query: bool,
    pub(super) rules: Vec<RuleForm>,
    /// A rule that is being written.
    pub(super) new: RuleForm,
}

impl Planning {
    /// The sections as the settings are, with a new rule from a preset where one is named.
    pub(super) fn of(settings: &Settings, preset: &str) -> Self {
        let chosen = preset::ALL.iter().find(|known| known.name == preset);
        let new = match chosen {
            Some(preset) => {
                let mut rule = preset.rule();
                // The name of a rule is its own.
                let taken = |name: &str| settings.rules.iter().any(|rule| rule.name == name);
                let title = rule.name.clone();
                for at in 2..=Rule::MOST + 1 {
                    if taken(&rule.name) {
                        rule.name = format!("{title} ({at})");
                    }
                }
                RuleForm {
                    is_open: true,
                    ..RuleForm::of(&rule)
                }
            }
            None => RuleForm {
                percent: "100".to_owned(),
                replies: vec![
                    ReplyForm::of(&PlannedReply::default()),
                    ReplyForm::default(),
                ],
                ..RuleForm::default()
            },
        };
        Self {
            reply: ReplyForm::of(&settings.reply),
            cors: settings.cors,
            status_by_query: settings.status_by_query,
            rules: settings
                .rules
                .iter()
                .enumerate()
                .map(|(at, rule)| RuleForm {
                    can_rise: at > 0,
                    can_sink: at + 1 < settings.rules.len(),
                    ..RuleForm::of(rule)
                })
                .collect(),
            new,
        }
    }

    /// The rules to begin with.
    pub(super) fn presets() -> &'static [preset::Preset] {
        &preset::ALL
    }

    /// The faults that can be planned: word and title.
    pub(super) fn faults() -> [(Fault, &'static str, &'static str); 5] {
        Fault::ALL
    }
}

/// Takes the form of the bin's own reply.
pub(super) async fn update_reply(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    body: Bytes,
) -> Result<Response, Error> {
    let fields = Fields::read(&body);
    let mut settings = bin.bin.settings.clone();
    settings.cors = fields.has("cors");
    settings.status_by_query = fields.has("status_by_query");
    let mut form = ReplyForm::read(&fields, "");
    let planned = form
        .planned()
        .and_then(|reply| check::own(&reply).map_err(told).map(|()| reply));
    match planned {
        Ok(reply) => {
            settings.reply = reply;
            app.store.update_bin(&bin.bin, settings).await?;
            Ok(saved(&bin, "reply"))
        }
        Err(problem) => {
            form.problem = Some(problem);
            let planning = Planning {
                reply: form,
                ..Planning::of(&settings, "")
            };
            refused(&app, &bin, &site, planning).await
        }
    }
}

/// Takes the form of a rule: `at` is its place, and one behind the last for a new one.
pub(super) async fn update_rule(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    body: Bytes,
) -> Result<Response, Error> {
    let fields = Fields::read(&body);
    let mut settings = bin.bin.settings.clone();
    let rules = &mut settings.rules;
    let at = fields.text("at").parse().unwrap_or(usize::MAX);
    // The page may be older than the settings: a rule is meant by its name.
    let is_known = rules
        .get(at)
        .is_some_and(|rule| rule.name == fields.text("was"));
    match (&*fields.text("act"), is_known) {
        ("remove", true) => {
            rules.remove(at);
        }
        ("up", true) if at > 0 => rules.swap(at, at - 1),
        ("down", true) if at + 1 < rules.len() => rules.swap(at, at + 1),
        ("reset", true) => {
            app.store.reset_uses(&bin.bin).await?;
            return Ok(saved(&bin, "rules"));
        }
        ("save", _) => {
            let mut others = rules.clone();
            if is_known {
                others.remove(at);
            }
            let mut form = RuleForm::read(&fields);
            let Some(rule) = form.rule(&others) else {
                let mut planning = Planning::of(&settings, "");
                match planning.rules.get_mut(at).filter(|_| is_known) {
                    Some(place) => *place = form,
                    None => planning.new = form,
                }
                return refused(&app, &bin, &site, planning).await;
            };
            if is_known {
                others.insert(at, rule);
            } else {
                others.push(rule);
            }
            if others.len() > Rule::MOST {
                let problem = format!("{} rules are the most.", Rule::MOST);
                form.problem = Some(("name".to_owned(), problem));
                let mut planning = Planning::of(&settings, "");
                planning.new = form;
                return refused(&app, &bin, &site, planning).await;
            }
            *rules = others;
        }
        _ => return Ok(saved(&bin, "rules")),
    }
    app.store.update_bin(&bin.bin, settings).await?;
    Ok(saved(&bin, "rules"))
}

async fn refused(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    planning: Planning,
) -> Result<Response, Error> {
    settings::refuse(app, bin, site, |page| page.planning = planning).await
}
