//! `hookwell send`: a sample event, signed as its provider signs, to try one's own handler with.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::http::{self, Trust, Url, WrongUrl};
use crate::model::{Clock, Timestamp};
use crate::provider::{self, Draft, Provider, Sample, Secret, Seed, WrongForm};

/// The most events that one command sends.
const COPIES: u32 = 100_000;

/// How far a stale event lies back beyond what its provider accepts, in seconds.
const STALE: u32 = 3600;

/// How long each answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Flags of `hookwell send`.
#[derive(Debug, clap::Args)]
pub struct Send {
    /// As whom: stripe, github, …
    provider: String,
    /// Which of its sample events; the first, if not given
    event: Option<String>,
    /// Where to
    #[arg(long, value_name = "URL")]
    to: String,
    /// Certificates to trust beside the public ones, as PEM
    #[arg(long, env = "HOOKWELL_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// The secret to sign with, as the handler has it; for providers with public keys the private one
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    secret: Option<String>,
    /// The URL that is signed, for providers that sign it, where it differs from that of --to
    #[arg(long, value_name = "PUBLIC_URL")]
    url: Option<String>,
    /// How many events, each with an id of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(COPIES)))]
    copies: u32,
    /// Sign for a time that the provider's own code refuses as too old
    #[arg(long)]
    stale: bool,
    /// Change the signature so that it does not fit
    #[arg(long)]
    bad_signature: bool,
    /// Send each event twice, as a provider does that heard no answer
    #[arg(long)]
    duplicate: bool,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0} is not a provider; there are samples of {1}")]
    Provider(String, String),
    #[error("there is no sample {0:?}; there are {1}")]
    Event(String, String),
    #[error("--secret is missing; expected {0}")]
    NoSecret(&'static str),
    #[error("the secret is not right")]
    Secret(#[source] WrongForm),
    #[error("the event cannot be signed")]
    Sign(#[source] provider::signature::sign::Error),
    #[error("the URL cannot be sent to")]
    Url(#[from] WrongUrl),
    #[error("the certificates are not right")]
    Trust(#[from] http::TrustError),
}

impl Send {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.send().await {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => {
                    super::complain(&error);
                    ExitCode::from(2)
                }
            }
        })
    }

    /// Sends everything; whether each request was answered with success.
    async fn send(&self) -> Result<bool, Error> {
        let (provider, sample) = self.sample()?;
        let (url, trust) = (
            Url::parse(&self.to)?,
            Trust::authorities(self.cacert.as_deref())?,
        );
        let mut all_well = true;
        for number in 1..=self.copies {
            let now = Clock::System.now();
            let draft = self.draft(provider, sample, now)?;
            for _ in 0..if self.duplicate { 2 } else { 1 } {
                let began = Instant::now();
                let answer = post(&url, &trust, &draft).await;
                let took = began.elapsed().as_millis();
                let said = match &answer {
                    Ok(status) => format!("{status} in {took} ms"),
                    Err(error) => format!("no answer: {}", super::told(error)),
                };
                super::say(&format!(
                    "{number} {} {}: {said}",
                    provider.slug, sample.event
                ));
                all_well &= answer.is_ok_and(|status| (200..300).contains(&status));
            }
        }
        Ok(all_well)
    }

    fn sample(&self) -> Result<(&'static Provider, &'static Sample), Error> {
        let with_samples = provider::PROVIDERS
            .iter()
            .filter(|known| !known.samples.is_empty());
        let provider = provider::find(&self.provider)
            .filter(|known| !known.samples.is_empty())
            .ok_or_else(|| {
                let slugs: Vec<_> = with_samples.map(|known| known.slug).collect();
                Error::Provider(self.provider.clone(), slugs.join(", "))
            })?;
        let event = self.event.as_deref();
        let sample = provider.find_sample(event).ok_or_else(|| {
            let events: Vec<_> = provider.samples.iter().map(|sample| sample.event).collect();
            Error::Event(event.unwrap_or_default().to_owned(), events.join(", "))
        })?;
        Ok((provider, sample))
    }

    fn draft(
        &self,
        provider: &'static Provider,
        sample: &Sample,
        now: Timestamp,
    ) -> Result<Draft, Error> {
        let at = if self.stale {
            let tolerance = provider
                .schemes
                .iter()
                .filter_map(|scheme| scheme.time?.past)
                .max()
                .unwrap_or(0);
            now.minus_micros(i64::from(tolerance + STALE) * 1_000_000)
        } else {
            now
        };
        let seed = Seed {
            at,
            bytes: *uuid::Uuid::new_v4().as_bytes(),
        };
        let url = self.url.as_deref().unwrap_or(&self.to);
        let mut draft = provider.draft(sample, url, seed);
        if provider.schemes.is_empty() {
            return Ok(draft);
        }
        let Some(secret) = &self.secret else {
            let scheme = provider.schemes.first();
            return Err(Error::NoSecret(
                scheme.map_or("", |scheme| scheme.key.expected()),
            ));
        };
        let secret = Secret::new(secret);
        provider.check_secret(&secret).map_err(Error::Secret)?;
        provider.sign(&mut draft, &secret).map_err(Error::Sign)?;
        if self.bad_signature {
            provider.spoil(&mut draft);
        }
        Ok(draft)
    }
}

/// Sends a request and gives the status of its answer.
async fn post(url: &Url, trust: &Trust, draft: &Draft) -> Result<u16, http::Error> {
    let length = draft.body.len().to_string();
    let fields = [("Host", &*url.authority)]
        .into_iter()
        .chain(
            draft
                .headers
                .iter()
                .map(|(name, value)| (&**name, &**value)),
        )
        .chain([("Content-Length", &*length), ("Connection", "close")]);
    let fields = fields.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = http::head(&draft.method, &url.target(), fields).await?;
    let request = http::Request::from_parts(head, http::full(draft.body.clone()));
    let answer = http::send(url, trust, request, PATIENCE).await?;
    Ok(answer.status().as_u16())
}
