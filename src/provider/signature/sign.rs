//! The inverse of [`verify`](super::verify): signs samples, and requests that are sent again.

use super::verify::{hash_of, made};
use super::{Check, Part, Place, Scheme, Shape, TimeAt, Unit, parts, read};
use crate::model::{Head, Headers, Timestamp, Version};
use crate::provider::json;
use crate::provider::request::Request;
use crate::provider::secret::{Secret, WrongForm};

/// A request that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The method.
    pub method: String,
    /// The URL that it is sent to.
    pub url: String,
    /// The header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The time that is signed.
    pub at: Timestamp,
}

/// Why a request was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This provider does not sign.
    #[error("this provider does not sign its requests")]
    Unsigned,
    /// It signs with a private key that nobody else has.
    #[error("only the provider can sign: it has the private key")]
    NotOurs,
    /// The secret is in another form.
    #[error("the secret is not right")]
    Secret(#[from] WrongForm),
    /// The request lacks what is part of the signed text.
    #[error("{0}")]
    Incomplete(String),
}

impl Draft {
    /// Sets a header: in its place where it is there, else at the end. More of its name are taken out.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        let mut value = Some(value);
        self.headers.retain_mut(|(have, old)| {
            if !have.eq_ignore_ascii_case(name) {
                return true;
            }
            value.take().is_some_and(|new| {
                *old = new;
                true
            })
        });
        if let Some(value) = value {
            self.headers.push((name.to_owned(), value));
        }
    }

    /// The value of a header.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The head that this request would arrive with.
    pub(crate) fn head(&self) -> Head {
        let after = self.url.find("://").map_or(0, |at| at + 3);
        let rest = self.url.get(after..).unwrap_or_default();
        let target = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        Head {
            method: self.method.clone(),
            target: target.to_owned(),
            path_at: 0,
            version: Version::Http11,
            headers: Headers::from_fields(
                self.headers
                    .iter()
                    .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
            ),
        }
    }

    /// Puts a text behind a JSON pointer in the body, in the place of what is there.
    pub(crate) fn replace(&mut self, pointer: &str, with: &str) -> Option<()> {
        let old = json::find(&self.body, pointer)?;
        let start = old.as_ptr() as usize - self.body.as_ptr() as usize;
        let end = start + old.len();
        let head = self.body.get(..start)?;
        let tail = self.body.get(end..)?;
        self.body = [head, with.as_bytes(), tail].concat();
        Some(())
    }
}

/// Signs with the scheme: sets its headers, or the field of the body that holds the signature.
///
/// # Errors
/// See [`Error`].
pub(crate) fn sign(scheme: &Scheme, secret: &Secret, draft: &mut Draft) -> Result<(), Error> {
    let incomplete = |what: String| Error::Incomplete(what);
    if let Check::Custom(custom) = scheme.check {
        return custom.sign.ok_or(Error::NotOurs)?(draft, secret);
    }
    let time = set_time(scheme, draft)?;
    let text = match scheme.check {
        Check::Token => secret.expose().to_owned(),
        Check::Basic => {
            let pair = super::Encoding::Base64.write(secret.expose().as_bytes());
            format!("Basic {pair}")
        }
        Check::Ed25519 => ed25519(scheme, secret, draft, time.as_ref())?,
        Check::Hmac(_) | Check::HashAfterSecret(_) => {
            let key = scheme.key.read(secret)?;
            let head = draft.head();
            let found = read::Found {
                time: time.clone(),
                ..read::Found::default()
            };
            let texts = parts::texts(scheme, &request(&head, draft), &found)
                .map_err(|trouble| incomplete(trouble.detail))?;
            let text = texts.first().ok_or(Error::NotOurs)?;
            made(scheme, &key, text, hash_of(scheme)).ok_or(Error::NotOurs)?
        }
        Check::EcdsaP256 | Check::RsaSha256 | Check::Custom(_) => return Err(Error::NotOurs),
    };
    let value = shaped(scheme, &text, time.as_deref());
    match scheme.place {
        Place::Header(name) | Place::Either(name, _) => draft.set(name, value),
        Place::Numbered(name) => draft.set(&format!("{name}1"), value),
        Place::Json(pointer) => draft
            .replace(pointer, &format!("\"{value}\""))
            .ok_or_else(|| incomplete(format!("the body has no {pointer}")))?,
        Place::Form(name) => return Err(incomplete(format!("the form's {name} is not replaced"))),
    }
    Ok(())
}

fn request<'a>(head: &'a Head, draft: &'a Draft) -> Request<'a> {
    Request {
        head,
        body: &draft.body,
        url: &draft.url,
        arrived: draft.at,
    }
}

/// Signs with an Ed25519 seed: 64 hex digits of the private key, which only a test's own application has.
fn ed25519(
    scheme: &Scheme,
    secret: &Secret,
    draft: &Draft,
    time: Option<&String>,
) -> Result<String, Error> {
    let seed = scheme.key.read(secret)?;
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&seed.0)
        .map_err(|_rejected| Error::NotOurs)?;
    let head = draft.head();
    let found = read::Found {
        time: time.cloned(),
        ..read::Found::default()
    };
    let texts = parts::texts(scheme, &request(&head, draft), &found)
        .map_err(|trouble| Error::Incomplete(trouble.detail))?;
    let text = texts.first().map(|text| text.concat()).unwrap_or_default();
    Ok(scheme.encoding.write(pair.sign(&text).as_ref()))
}

/// Writes the signed time where it stands, and gives it as written.
fn set_time(scheme: &Scheme, draft: &mut Draft) -> Result<Option<String>, Error> {
    let Some(time) = scheme.time else {
        return Ok(None);
    };
    let micros = draft.at.as_micros();
    let text = match time.unit {
        Unit::Seconds => micros.div_euclid(1_000_000).to_string(),
        Unit::Millis => micros.div_euclid(1_000).to_string(),
        Unit::Rfc3339 => draft.at.to_string(),
    };
    match time.at {
        TimeAt::Header(name) => draft.set(name, text.clone()),
        TimeAt::Pair(_) => {}
        TimeAt::Json(pointer) => {
            let is_text = json::find(&draft.body, pointer).is_some_and(|v| v.starts_with(b"\""));
            let written = if is_text {
                format!("\"{text}\"")
            } else {
                text.clone()
            };
            draft
                .replace(pointer, &written)
                .ok_or_else(|| Error::Incomplete(format!("the body has no {pointer}")))?;
        }
        TimeAt::Form(name) => {
            return Err(Error::Incomplete(format!(
                "the form's {name} is not replaced"
            )));
        }
    }
    Ok(Some(text))
}

/// Writes a signature as its header holds it.
pub(super) fn shaped(scheme: &Scheme, signature: &str, time: Option<&str>) -> String {
    match scheme.shape {
        Shape::Plain => signature.to_owned(),
        Shape::Prefix(prefix) | Shape::Optional(prefix) => format!("{prefix}{signature}"),
        Shape::Method => format!("{}={signature}", hash_of(scheme).name()),
        Shape::Versions(version) => format!("{version},{signature}"),
        Shape::ExactPairs(name) => format!("t={},{name}={signature}", time.unwrap_or_default()),
        Shape::Pairs { separator, name } => match (scheme.time.map(|time| time.at), time) {
            (Some(TimeAt::Pair(at)), Some(time)) => {
                format!("{at}={time}{separator}{name}={signature}")
            }
            _ => format!("{name}={signature}"),
        },
    }
}

/// The headers that are part of a scheme's text, beside the signature and the time: an id, usually.
pub(crate) fn parts_in_headers(scheme: &Scheme) -> impl Iterator<Item = &'static str> {
    scheme.signed.iter().filter_map(|part| match part {
        Part::Header(name) => Some(*name),
        _ => None,
    })
}

/// Changes a signature so that it fits no longer.
pub(crate) fn spoil(scheme: &Scheme, draft: &mut Draft) {
    let spoiled = |value: &str| {
        let mut bytes = value.as_bytes().to_vec();
        let places = bytes.iter_mut().rev().filter(|b| b.is_ascii_alphanumeric());
        // Not the last: in base64 it may hold bits that nobody reads.
        if let Some(byte) = places.take(5).last() {
            *byte = if *byte == b'0' { b'1' } else { b'0' };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let name = match scheme.place {
        Place::Header(name) | Place::Either(name, _) => name.to_owned(),
        Place::Numbered(name) => format!("{name}1"),
        Place::Json(pointer) => {
            let old = json::find_plain(&draft.body, pointer).unwrap_or_default();
            draft.replace(pointer, &format!("\"{}\"", spoiled(&old)));
            return;
        }
        Place::Form(_) => {
            // The signature is the first field of the forms that we make.
            let body = String::from_utf8_lossy(&draft.body).into_owned();
            let (first, rest) = body.split_once('&').unwrap_or((&body, ""));
            draft.body = format!("{}&{rest}", spoiled(first)).into_bytes();
            return;
        }
    };
    if let Some(value) = draft.get(&name).map(spoiled) {
        draft.set(&name, value);
    }
}
