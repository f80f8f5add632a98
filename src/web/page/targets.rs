//! The section of the settings page on targets: where captures are sent on to, and how that goes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::form::Form;
use super::settings::saved;
use super::{Error, settings, text};
use crate::forward;
use crate::model::{Target, TargetState, Timestamp};
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// A target on the page.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) url: String,
    /// Its filter; may be empty.
    pub(super) when: String,
    /// How it goes, as a sentence.
    pub(super) state: String,
    /// Whether something was given up, or all of it waits.
    pub(super) is_stuck: bool,
}

impl Row {
    /// The targets of a bin.
    pub(super) async fn all(app: &App, bin: &BinByKey) -> Result<Vec<Self>, Error> {
        let targets = &bin.bin.settings.targets;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let states = app.store.target_states(&bin.bin).await?;
        let now = app.clock.now();
        let rows = targets.iter().zip(states);
        Ok(rows
            .map(|(target, state)| Self::new(target, &state, now))
            .collect())
    }

    fn new(target: &Target, state: &TargetState, now: Timestamp) -> Self {
        let mut said = match (state.paused_at, state.failing_since) {
            (Some(at), _) => format!("Paused {}, as it had failed for long. ", text::ago(now, at)),
            (None, Some(at)) => format!("Failing since {}. ", text::time(now, at)),
            (None, None) => String::new(),
        };
        said.push_str(&match state.waiting {
            0 => "Nothing waits".to_owned(),
            1 => "1 request waits".to_owned(),
            waiting => format!("{} wait", text::counted(waiting, "request")),
        });
        if state.dead > 0 {
            said.push_str(&format!(", {} given up", text::count(state.dead)));
        }
        said.push('.');
        Self {
            url: text::one_line(&target.url, 200).into_owned(),
            when: target.when.clone(),
            state: said,
            is_stuck: state.dead > 0 || state.paused_at.is_some(),
        }
    }
}

/// A new target as it was typed, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) url: String,
    pub(super) when: String,
    pub(super) keeps_path: bool,
    /// The field, and why it cannot be taken.
    problem: Option<(&'static str, String)>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            url: String::new(),
            when: String::new(),
            keeps_path: true,
            problem: None,
        }
    }
}

impl Draft {
    /// What is wrong with that field.
    pub(super) fn problem_of(&self, field: &str) -> Option<&str> {
        let (wrong, problem) = self.problem.as_ref()?;
        (*wrong == field).then_some(problem.as_str())
    }

    /// What was typed into a form that could not be taken.
    fn refused(target: Target, wrong: &forward::Wrong) -> Self {
        let field = match wrong.field.rsplit_once('.') {
            Some((_, "when")) => "when",
            _ => "url",
        };
        Self {
            url: target.url,
            when: target.when,
            keeps_path: target.keep_path,
            problem: Some((field, text::sentence(&wrong.problem))),
        }
    }
}

/// What the forms send.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    act: Act,
    #[serde(default)]
    url: String,
    #[serde(default)]
    when: String,
    keep_path: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    Add,
    Remove,
    Retry,
}

/// Takes a form and goes back to the section.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    Form(form): Form<Change>,
) -> Result<Response, Error> {
    let mut settings = bin.bin.settings.clone();
    match form.act {
        Act::Retry => {
            app.store.retry_forwards(&bin.bin, Some(form.url)).await?;
        }
        Act::Remove => {
            settings.targets.retain(|target| target.url != form.url);
            app.store.update_bin(&bin.bin, settings).await?;
        }
        Act::Add => {
            let target = Target {
                url: form.url.trim().to_owned(),
                when: form.when.trim().to_owned(),
                keep_path: form.keep_path.is_some(),
                headers: Vec::new(),
                retry: true,
                sign: None,
                concurrency: 1,
            };
            settings.targets.push(target.clone());
            if let Err(wrong) = forward::check(&settings.targets) {
                let draft = Draft::refused(target, &wrong);
                return settings::refuse(&app, &bin, &site, |page| page.draft = draft).await;
            }
            app.store.update_bin(&bin.bin, settings).await?;
        }
    }
    Ok(saved(&bin, "targets"))
}
