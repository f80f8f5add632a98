//! What is known of the senders: how to recognise one, check its signature, read its event, answer its handshake.
//!
//! A [`Provider`] is data in a file of the [`catalogue`]; everything here reads that table. It is a floor of pure functions:
//! no I/O, no clock (the time of arrival is an argument), nothing of bins, the store or pages. Whatever senders sent is
//! hostile: no indexing, no recursion on its depth, bounded work on any bytes.
//!
//! In the flow: [`recognise`](recognise()) runs once for each capture as it arrives, and must be cheap; what it says is kept with the
//! capture. [`Provider::verify`] runs when a capture is shown, so that a secret set today judges yesterday's captures; the
//! search for the mistake ([`signature::why`]) runs on demand only.
//!
//! To add a provider: its file in `catalogue/`, its word in `catalogue![…]`, and its vectors in `tests/vectors/`. Pages, API
//! and commands read the table and need nothing.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

pub mod catalogue;
mod event;
mod form;
pub mod handshake;
mod json;
pub mod recognise;
pub mod request;
pub mod sample;
pub mod secret;
pub mod signature;

pub use catalogue::{PROVIDERS, find};
pub use event::{EventShape, From};
pub use handshake::Handshake;
pub use recognise::{Mark, Rule, judge, recognise};
pub use request::Request;
pub use sample::{Sample, Seed};
pub use secret::{KeyForm, Secret, WrongForm};
pub use signature::own::Own;
pub use signature::sign::Draft;
pub use signature::why::{Explanation, Others};
pub use signature::{Certificate, Options, Scheme};

use crate::model::Verdict;

/// A known sender.
#[derive(Debug)]
pub struct Provider {
    /// Its name in addresses, settings and filters.
    pub slug: &'static str,
    /// Its name on pages.
    pub title: &'static str,
    /// Other names that it is asked for by, and of schemes of its own.
    pub aliases: &'static [&'static str],
    /// Where it documents its webhooks.
    pub docs: &'static str,
    /// How it is recognised: by any of these.
    pub rules: &'static [Rule],
    /// How it signs; the first that suits a request decides. None for a provider that does not sign.
    pub schemes: &'static [Scheme],
    /// Where its events have their id, type and time.
    pub event: EventShape,
    /// What it asks before it sends.
    pub handshakes: &'static [Handshake],
    /// Events to try one's own handler with.
    pub samples: &'static [Sample],
    /// What the secret is called in its dashboard and where it stands, for people; may be empty.
    pub secret_hint: &'static str,
}

impl Provider {
    /// What a provider's file need not say.
    pub(crate) const BASE: Self = Self {
        slug: "",
        title: "",
        aliases: &[],
        docs: "",
        rules: &[],
        schemes: &[],
        event: EventShape::NONE,
        handshakes: &[],
        samples: &[],
        secret_hint: "",
    };

    /// Checks the signature of a request with the bin's secrets for this provider.
    pub fn verify(
        &self,
        secrets: &[Secret],
        request: &Request<'_>,
        options: Options<'_>,
    ) -> Verdict {
        signature::verdict(self.schemes, secrets, request, options)
    }

    /// Its schemes, each once: some are there several times, for requests of several kinds.
    pub fn distinct_schemes(&self) -> impl Iterator<Item = &'static Scheme> {
        let schemes = self.schemes;
        schemes.iter().enumerate().filter_map(move |(at, scheme)| {
            let is_same = |one: &Scheme| one.name == scheme.name && one.place == scheme.place;
            let before = schemes.get(..at).unwrap_or_default();
            (!before.iter().any(is_same)).then_some(scheme)
        })
    }

    /// Whether its requests name certificates.
    pub fn has_certificates(&self) -> bool {
        let is_it = |check: &signature::Check| matches!(check, signature::Check::Custom(custom) if custom.certificate.is_some());
        self.schemes.iter().any(|scheme| is_it(&scheme.check))
    }

    /// Whether its signatures cannot be checked by a certificate alone.
    pub fn needs_a_secret(&self) -> bool {
        let is_certificate = |form: &KeyForm| matches!(form, KeyForm::Rsa);
        !self.has_certificates()
            || !self
                .schemes
                .iter()
                .any(|scheme| is_certificate(&scheme.key))
    }

    /// The address of the certificate that a request's signature needs, when it is on one of the provider's own hosts: what
    /// is answered there goes into [`Options::certificate`]. `None` for most providers, and for an address that is not theirs.
    pub fn certificate_url(&self, request: &Request<'_>) -> Option<String> {
        self.schemes.iter().find_map(|scheme| match scheme.check {
            signature::Check::Custom(custom) => custom.certificate?(request),
            _ => None,
        })
    }

    /// Checks the signature of a request, shows what was signed, and searches for the mistake when it does not fit. `None` for
    /// a provider that does not sign. Costs up to some hundred MACs of the body: for one capture, on demand.
    pub fn explain(
        &self,
        secrets: &[Secret],
        request: &Request<'_>,
        options: Options<'_>,
        others: &Others<'_>,
    ) -> Option<Explanation> {
        let suits = |scheme: &&'static Scheme| scheme.suits(request);
        let scheme = self.schemes.iter().find(suits).or(self.schemes.first())?;
        Some(signature::why::explain(
            scheme, secrets, request, options, others,
        ))
    }

    /// Whether a text can be a secret of this provider, when it is saved.
    ///
    /// # Errors
    /// [`WrongForm`], which says what is expected.
    pub fn check_secret(&self, secret: &Secret) -> Result<(), WrongForm> {
        let mut wrong = None;
        for scheme in self.schemes {
            match scheme.key.read(secret) {
                Ok(_) => return Ok(()),
                Err(error) => wrong = wrong.or(Some(error)),
            }
        }
        wrong.map_or(Ok(()), Err)
    }
}
