//! How senders sign: a closed vocabulary of schemes, and what follows from one: a verdict, a signature, an explanation.
//!
//! A [`Scheme`] is data: where the signature stands, how it is written, which bytes are signed, with what. [`verify`] reads
//! it one way, [`sign`] the other, [`why`] tries what people get wrong. All of it is a pure function of the request, the
//! secrets and the time of arrival; comparisons take constant time; no text made here holds a secret.
//!
//! To add to the vocabulary: a variant of [`Part`], [`Shape`], [`Check`] or [`KeyForm`], when two providers need it. What
//! only one does is a [`Custom`] in its own file.

pub(crate) mod chain;
mod custom;
pub(crate) mod der;
pub(crate) mod jwt;
mod mac;
pub mod own;
mod parts;
mod read;
mod scheme;
pub mod sign;
pub mod verify;
pub mod why;

pub(crate) use custom::{crc32, is_trusted, open, recheck, required};
pub(crate) use mac::{digest, hmac, same};
pub(crate) use read::moment;
pub use scheme::Scheme;
pub(crate) use verify::{Checked, bad};

use super::request::Request;
use super::secret::{KeyForm, Secret};
use crate::model::Verdict;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How signature bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hex digits in lower case.
    Hex,
    /// Hex digits in any case.
    HexAnyCase,
    /// Base64 with padding.
    Base64,
    /// The base64 of URLs without padding.
    Base64Url,
}

/// A piece of the signed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Always the same bytes.
    Text(&'static str),
    /// The signed time as it was sent: see [`Scheme::time`].
    Time,
    /// The value of a header.
    Header(&'static str),
    /// The method.
    Method,
    /// The public URL.
    Url,
    /// The public URL; also with its port left out, and with the default port put in (Twilio).
    UrlAnyPort,
    /// The public URL; also with the escapes of `: / ? @ ! $ ' ( ) * , ;` undone (HubSpot).
    UrlPlain,
    /// The body.
    Body,
    /// The JSON behind a form's `payload`, when the body is a form; else the body (Gitea).
    Payload,
    /// The pairs of the form in order of their names, each name followed by its value (Twilio).
    SortedForm,
    /// What the value behind a JSON pointer says; nothing when it is not there.
    Json(&'static str),
    /// A field of the form.
    Form(&'static str),
}

/// Where a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a header.
    Header(&'static str),
    /// In any of two headers, one for each of two keys (Box).
    Either(&'static str, &'static str),
    /// In headers with this name and 1, 2, 3… behind it (DocuSign).
    Numbered(&'static str),
    /// In the body, behind a JSON pointer.
    Json(&'static str),
    /// In the body, in a field of a form.
    Form(&'static str),
}

/// How a header holds its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It is the signature.
    Plain,
    /// The signature stands behind a fixed text.
    Prefix(&'static str),
    /// Pairs `name=value` with a separator between them; signatures are those of this name: `t=1,v1=ab,v1=cd`.
    Pairs {
        /// What stands between the pairs.
        separator: char,
        /// The name of the signatures.
        name: &'static str,
    },
    /// Pairs `t=…,NAME=…` that are compared as a whole, so that a blank too many is a mismatch (Sanity).
    ExactPairs(&'static str),
    /// The signature stands behind a text that may be left out (Mollie).
    Optional(&'static str),
    /// A list with blanks between, each a version, a comma and a signature: `v1,ab v1,cd` (Standard Webhooks).
    Versions(&'static str),
    /// The hash's name, `=`, and the signature: `sha256=ab` (WebSub).
    Method,
}

/// What makes the signature.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// An HMAC.
    Hmac(Hash),
    /// A plain hash of the secret and the text (HubSpot).
    HashAfterSecret(Hash),
    /// The secret itself.
    Token,
    /// The secret as Basic authentication (RFC 7617).
    Basic,
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, in DER.
    EcdsaP256,
    /// RSA with SHA-256 (PKCS #1 v1.5).
    RsaSha256,
    /// Something that only this provider does.
    Custom(&'static Custom),
}

/// A check of one provider's own.
#[derive(Debug)]
pub struct Custom {
    /// Checks the signature.
    pub(crate) verify: fn(&Request<'_>, &Secrets<'_>) -> Checked,
    /// Signs a request in place, with its time in Unix seconds; `None` when that needs a key that nobody but the sender has.
    pub(crate) sign: Option<Signing>,
    /// The address of the certificate that a request names, when it is the provider's own.
    pub(crate) certificate: Option<fn(&Request<'_>) -> Option<String>>,
    /// The scheme that it is made of, by which its mistakes are searched.
    pub(crate) like: Option<&'static Scheme>,
}

/// Signs a draft with a secret.
pub(crate) type Signing = fn(&mut sign::Draft, &Secret) -> Result<(), sign::Error>;

/// What a custom check is given to check with.
#[derive(Debug)]
pub struct Secrets<'a> {
    /// The bin's secrets for this provider.
    pub(crate) pasted: &'a [Secret],
    /// The certificate that the request names.
    pub(crate) certificate: Certificate<'a>,
    /// The bin's own tolerance, in seconds.
    pub(crate) tolerance_s: Option<u32>,
}

/// Which requests a scheme is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those with this header.
    Header(&'static str),
    /// Those in which this header has this value.
    Value(&'static str, &'static str),
    /// Those with this parameter in the query.
    Query(&'static str),
    /// Those with a form in the body that has this field.
    Form(&'static str),
}

/// Where the signed time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeAt {
    /// In a header.
    Header(&'static str),
    /// Beside the signatures, in [`Shape::Pairs`].
    Pair(&'static str),
    /// In the body, behind a JSON pointer.
    Json(&'static str),
    /// In the body, in a field of a form.
    Form(&'static str),
}

/// How the signed time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unix seconds.
    Seconds,
    /// Unix milliseconds.
    Millis,
    /// RFC 3339.
    Rfc3339,
}

/// The signed time, and how far it may be from the time of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// Where it stands.
    pub at: TimeAt,
    /// How it is written.
    pub unit: Unit,
    /// How many seconds it may lie before the arrival; `None` when the provider's own code does not look.
    pub past: Option<u32>,
    /// How many seconds it may lie after the arrival; `None` when the provider's own code does not look.
    pub future: Option<u32>,
}

impl Time {
    /// A time that is signed, and whose age nobody looks at.
    pub const fn new(at: TimeAt, unit: Unit) -> Self {
        Self {
            at,
            unit,
            past: None,
            future: None,
        }
    }

    /// A time that may lie so many seconds before the arrival.
    #[must_use]
    pub const fn past(mut self, seconds: u32) -> Self {
        self.past = Some(seconds);
        self
    }

    /// A time that may lie so many seconds before the arrival or after it.
    #[must_use]
    pub const fn around(mut self, seconds: u32) -> Self {
        self.past = Some(seconds);
        self.future = Some(seconds);
        self
    }
}

/// What a check may be told beside the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// How many seconds a signed time may be from the arrival, instead of the provider's own number.
    pub tolerance_s: Option<u32>,
    /// The certificate that the request names.
    pub certificate: Certificate<'a>,
}

/// The certificate that a request names, as far as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate<'a> {
    /// Nobody asked.
    #[default]
    Unasked,
    /// What its address on the provider's own host answered, as PEM.
    Pem(&'a str),
    /// It did not come, and why: the end of a sentence.
    Missing(&'a str),
}

impl<'a> Certificate<'a> {
    /// What asking for one gave; `None` where nobody asked.
    pub fn of(came: Option<Result<&'a str, &'a std::sync::Arc<str>>>) -> Self {
        match came {
            None => Self::Unasked,
            Some(Ok(pem)) => Self::Pem(pem),
            Some(Err(why)) => Self::Missing(why),
        }
    }
}

/// Checks a request against the schemes of a provider. The first scheme that [suits](Scheme::suits) decides.
pub(crate) fn verdict(
    schemes: &[Scheme],
    secrets: &[Secret],
    request: &Request<'_>,
    options: Options<'_>,
) -> Verdict {
    match schemes
        .iter()
        .find(|scheme| scheme.suits(request))
        .or(schemes.first())
    {
        Some(scheme) => verify::examine(scheme, secrets, request, options).verdict,
        None => Verdict::unsigned("No signature of this provider is known."),
    }
}

#[cfg(test)]
mod tests;
