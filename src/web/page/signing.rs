//! Secrets, a scheme of the bin's own, and what is done with both: the section of the settings about signatures.
//!
//! A secret that was typed is never drawn again, not even when it was refused.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::form::Form;
use super::{Error, settings, text};
use crate::model::{OwnScheme, Secret, Settings};
use crate::provider::{self, PROVIDERS, Provider};
use crate::web::extract::{BinByKey, Site};
use crate::web::{App, signing};

/// What the section shows.
#[derive(Debug, Default)]
pub(super) struct Signing {
    pub(super) rows: Vec<Row>,
    /// The provider that a new secret is for.
    pub(super) chosen: String,
    /// What is wrong with the new secret.
    pub(super) problem: Option<String>,
    /// The scheme as it is set, or as it was typed; without its secret.
    pub(super) scheme: Change,
    /// The last characters of its secret; empty when there is no scheme.
    pub(super) scheme_secret: String,
    /// The field of the scheme that is wrong, and why.
    pub(super) scheme_problem: Option<(&'static str, String)>,
    pub(super) tolerance: String,
    pub(super) tolerance_problem: Option<String>,
    pub(super) handshakes: bool,
}

/// A secret that is kept.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) slug: String,
    pub(super) title: String,
    /// Its place among those of the provider.
    pub(super) at: usize,
    pub(super) masked: String,
}

/// What the section's forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Change {
    act: Act,
    provider: String,
    secret: String,
    at: usize,
    masked: String,
    pub(super) header: String,
    pub(super) prefix: String,
    pub(super) algorithm: String,
    pub(super) encoding: String,
    pub(super) signed: String,
    pub(super) timestamp_header: String,
    tolerance: String,
    handshakes: Option<String>,
}

/// What is asked for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    #[default]
    Add,
    Remove,
    Scheme,
    Forget,
    Checks,
}

impl Signing {
    /// The section as the settings are.
    pub(super) fn of(settings: &Settings, chosen: &str) -> Self {
        let scheme = settings.signature.as_ref();
        Self {
            rows: settings
                .secrets
                .iter()
                .flat_map(|(slug, secrets)| {
                    let title = provider::find(slug).map_or(slug, |provider| provider.title);
                    secrets.iter().enumerate().map(move |(at, secret)| Row {
                        slug: slug.to_owned(),
                        title: title.to_owned(),
                        at,
                        masked: secret.masked(),
                    })
                })
                .collect(),
            chosen: provider::find(chosen)
                .map(|provider| provider.slug.to_owned())
                .unwrap_or_default(),
            scheme: scheme.map(Change::of).unwrap_or_default(),
            scheme_secret: scheme
                .map(|scheme| scheme.secret.masked())
                .unwrap_or_default(),
            tolerance: settings
                .tolerance_s
                .map(|seconds| seconds.to_string())
                .unwrap_or_default(),
            handshakes: settings.handshakes,
            ..Self::default()
        }
    }

    /// Those that a secret can be for.
    pub(super) fn providers() -> impl Iterator<Item = &'static Provider> {
        let takes_one = |provider: &&&'static Provider| {
            !provider.schemes.is_empty() || !provider.handshakes.is_empty()
        };
        PROVIDERS.iter().filter(takes_one).copied()
    }

    /// What is wrong with that field of the scheme.
    pub(super) fn problem_of(&self, field: &str) -> Option<&str> {
        let (wrong, problem) = self.scheme_problem.as_ref()?;
        (*wrong == field).then_some(problem.as_str())
    }
}

impl Change {
    fn of(scheme: &OwnScheme) -> Self {
        Self {
            header: scheme.header.clone(),
            prefix: scheme.prefix.clone(),
            algorithm: scheme.algorithm.clone(),
            encoding: scheme.encoding.clone(),
            signed: scheme.signed.clone(),
            timestamp_header: scheme.timestamp_header.clone(),
            ..Self::default()
        }
    }

    /// The secret without the line ends that pasting leaves around it; blanks could be part of it.
    fn secret(&self) -> &str {
        self.secret.trim_matches(['\r', '\n'])
    }

    fn scheme(&self, kept: Option<&OwnScheme>) -> Result<OwnScheme, (&'static str, String)> {
        let secret = match (self.secret(), kept) {
            ("", Some(kept)) => kept.secret.clone(),
            (typed, _) => Secret::new(typed),
        };
        let scheme = OwnScheme {
            header: self.header.trim().to_owned(),
            prefix: self.prefix.clone(),
            algorithm: self.algorithm.clone(),
            encoding: self.encoding.clone(),
            signed: self.signed.clone(),
            timestamp_header: self.timestamp_header.trim().to_owned(),
            secret,
        };
        signing::signature(kept, scheme)
    }

    /// Takes what was asked for into the settings; else draws what is wrong beside them.
    fn apply(self, settings: &mut Settings) -> Result<(), Box<Signing>> {
        let mut wrong = Signing::of(settings, &self.provider);
        match self.act {
            Act::Add => {
                if let Err(problem) = self.add(settings) {
                    wrong.problem = Some(text::sentence(&problem));
                    return Err(wrong.into());
                }
            }
            Act::Remove => {
                let mut secrets = settings.secrets.of(&self.provider).to_vec();
                // The page may be older than the settings: what it did not show is not removed.
                let is_shown = |secret: &Secret| secret.masked() == self.masked;
                if secrets.get(self.at).is_some_and(is_shown) {
                    secrets.remove(self.at);
                    settings.secrets.set(&self.provider, secrets);
                }
            }
            Act::Scheme => match self.scheme(settings.signature.as_ref()) {
                Ok(scheme) => settings.signature = Some(scheme),
                Err((field, problem)) => {
                    wrong.scheme_problem = Some((field, text::sentence(&problem)));
                    wrong.scheme = self;
                    return Err(wrong.into());
                }
            },
            Act::Forget => settings.signature = None,
            Act::Checks => match tolerance(&self.tolerance) {
                Ok(tolerance) => {
                    settings.tolerance_s = tolerance;
                    settings.handshakes = self.handshakes.is_some();
                }
                Err(problem) => {
                    wrong.tolerance_problem = Some(problem);
                    wrong.tolerance = self.tolerance;
                    return Err(wrong.into());
                }
            },
        }
        Ok(())
    }

    fn add(&self, settings: &mut Settings) -> Result<(), String> {
        let provider = signing::provider(&self.provider)
            .map_err(|_| "choose who the secret is for".to_owned())?;
        if Secret::is_masked(self.secret()) {
            return Err("this is what is shown of a secret: paste it whole".to_owned());
        }
        let kept = settings.secrets.of(provider.slug);
        let mut texts: Vec<String> = kept.iter().map(Secret::masked).collect();
        texts.push(self.secret().to_owned());
        let taken = signing::secrets(provider, kept, texts)?;
        settings.secrets.set(provider.slug, taken);
        signing::check_size(&settings.secrets)
    }
}

/// A tolerance as it is typed; nothing is the provider's own.
fn tolerance(typed: &str) -> Result<Option<u32>, String> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed
            .parse()
            .map_err(|_| "Write a whole number of seconds, or nothing.".to_owned())
            .and_then(|seconds| {
                signing::tolerance(seconds).map_err(|problem| text::sentence(&problem))
            })
            .map(Some),
    }
}

/// Takes a form of the section.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    Form(form): Form<Change>,
) -> Result<Response, Error> {
    let mut changed = bin.bin.settings.clone();
    match form.apply(&mut changed) {
        Ok(()) => {
            app.store.update_bin(&bin.bin, changed).await?;
            Ok(settings::saved(&bin, "signatures"))
        }
        Err(wrong) => settings::refuse(&app, &bin, &site, |page| page.signing = *wrong).await,
    }
}
