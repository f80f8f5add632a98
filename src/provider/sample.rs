//! Sample events: realistic requests of our own making, to try a handler with.
//!
//! A body or a header may hold `{id}` (24 digits and letters), `{uuid}`, `{n}` (a number), `{now}` (Unix seconds), `{now_ms}`
//! and `{iso}` (RFC 3339). They are filled in from a [`Seed`], so that nothing here needs a clock or chance of its own.

use super::request::Request;
use super::secret::{KeyForm, Secret, hex};
use super::signature::sign::{self, Draft};
use super::signature::{Check, Hash, digest};
use super::{Provider, Scheme};
use crate::model::Timestamp;

/// A request that a provider might send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The event's type, by which it is asked for.
    pub event: &'static str,
    /// The header fields beside the signature's, with the same marks as the body.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: &'static str,
}

/// What makes one filled-in sample differ from another: the time, and 16 bytes for its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// The time that the event claims.
    pub at: Timestamp,
    /// Chance, or the same again for a duplicate.
    pub bytes: [u8; 16],
}

impl Seed {
    fn fill(&self, text: &str) -> String {
        let id = hex(&self.bytes);
        let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default().to_owned();
        let uuid = [
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32),
        ]
        .join("-");
        let number = self
            .bytes
            .iter()
            .take(4)
            .fold(1_u64, |number, &byte| number << 8 | u64::from(byte));
        let seconds = self.at.as_micros().div_euclid(1_000_000);
        text.replace("{id}", &part(0, 24))
            .replace("{uuid}", &uuid)
            .replace("{n}", &number.to_string())
            .replace("{now}", &seconds.to_string())
            .replace("{now_ms}", &(seconds * 1_000).to_string())
            .replace("{iso}", &self.at.to_string())
    }
}

impl Provider {
    /// The sample of that event; the first one without a name. Letters' case is of no matter.
    pub fn find_sample(&self, event: Option<&str>) -> Option<&'static Sample> {
        match event {
            None => self.samples.first(),
            Some(event) => self
                .samples
                .iter()
                .find(|sample| sample.event.eq_ignore_ascii_case(event)),
        }
    }

    /// A sample event for a URL, filled in and not signed.
    pub fn draft(&self, sample: &Sample, url: &str, seed: Seed) -> Draft {
        let mut draft = Draft {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: seed.fill(sample.body).into_bytes(),
            at: seed.at,
        };
        for (name, value) in sample.headers {
            draft.set(name, seed.fill(value));
        }
        if draft.get("Content-Type").is_none() {
            draft.set("Content-Type", "application/json".to_owned());
        }
        draft
    }

    /// Signs a request as this provider does: a sample, or one that is sent again with its headers.
    ///
    /// # Errors
    /// [`sign::Error`]: the provider does not sign, nobody but it can, the secret is in another form, or the request lacks a
    /// part of what is signed.
    pub fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), sign::Error> {
        let scheme = self.signing_scheme(draft).ok_or(sign::Error::Unsigned)?;
        for &(name, value) in scheme.expects {
            draft.set(name, value.to_owned());
        }
        for name in sign::parts_in_headers(scheme) {
            if draft.get(name).is_none() {
                let id = hex(&digest(Hash::Sha1, &[&draft.body]));
                draft.set(name, format!("msg_{id}"));
            }
        }
        sign::sign(scheme, secret, draft)
    }

    /// Whether whoever has its secret can sign as it does.
    pub fn signs_with_a_secret(&self) -> bool {
        self.schemes.iter().any(|scheme| match scheme.check {
            Check::Hmac(_) | Check::HashAfterSecret(_) | Check::Token | Check::Basic => true,
            Check::Custom(custom) => custom.sign.is_some(),
            Check::Ed25519 | Check::EcdsaP256 | Check::RsaSha256 => false,
        })
    }

    /// A secret in this provider's form that nobody has; `None` where one cannot be made up.
    pub fn made_up_secret(&self, chance: [u8; 16]) -> Option<Secret> {
        let form = self.schemes.first()?.key;
        let text = hex(&chance);
        let made = match form {
            KeyForm::Whsec => format!("whsec_{text}"),
            KeyForm::Basic => format!("sample:{text}"),
            // Hex digits are base64 too.
            _ => text,
        };
        let secret = Secret::new(made);
        self.check_secret(&secret).ok().map(|()| secret)
    }

    /// Changes the signature of a signed request so that it fits no longer.
    pub fn spoil(&self, draft: &mut Draft) {
        if let Some(scheme) = self.signing_scheme(draft) {
            sign::spoil(scheme, draft);
        }
    }

    /// The scheme that suits a request; of a bare one, the first that can be signed with.
    fn signing_scheme(&self, draft: &Draft) -> Option<&'static Scheme> {
        let head = draft.head();
        let request = Request {
            head: &head,
            body: &draft.body,
            url: &draft.url,
            arrived: draft.at,
        };
        let can_sign = |scheme: &&Scheme| match scheme.check {
            Check::Custom(custom) => custom.sign.is_some(),
            _ => true,
        };
        self.schemes
            .iter()
            .find(|scheme| scheme.suits(&request))
            .filter(can_sign)
            .or_else(|| self.schemes.last())
    }
}
