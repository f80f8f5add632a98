//! Reads what a request says of its signature: the signatures and the signed time.

use super::{Check, Encoding, Hash, Place, Scheme, Shape, TimeAt, Unit};
use crate::model::{Flaw, Timestamp};
use crate::provider::request::Request;
use crate::provider::secret;
use crate::provider::{form, json};

/// The most signatures of one request that are looked at.
const SIGNATURES: usize = 32;

/// Why a signature cannot be checked: a reason and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) flaw: Flaw,
    pub(crate) detail: String,
}

impl Trouble {
    pub(crate) fn new(flaw: Flaw, detail: impl Into<String>) -> Self {
        Self {
            flaw,
            detail: detail.into(),
        }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Flaw::MalformedHeader, detail)
    }
}

/// What a request says of its signature.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// The signatures as written.
    pub(crate) signatures: Vec<String>,
    /// The hash that the request names, where it does.
    pub(crate) hash: Option<Hash>,
    /// The signed time as written.
    pub(crate) time: Option<String>,
    /// The signed time.
    pub(crate) at: Option<Timestamp>,
}

/// Reads signatures and time.
pub(crate) fn read(scheme: &Scheme, request: &Request<'_>) -> Result<Found, Trouble> {
    let mut found = Found::default();
    for &(name, want) in scheme.expects {
        if request
            .header(name)
            .is_some_and(|have| !have.eq_ignore_ascii_case(want.as_bytes()))
        {
            let detail = format!("The header {name} is not {want}.");
            return Err(Trouble::new(Flaw::Unsupported, detail));
        }
    }
    let mut values = values(scheme, request)?;
    values.truncate(SIGNATURES);
    for value in &values {
        take(scheme, value, &mut found)?;
    }
    let place = place_name(scheme.place);
    let Some(first) = found.signatures.first() else {
        let what = match scheme.shape {
            Shape::Pairs { name, .. } => format!("{place} has no signature {name}=…"),
            _ => format!("{place} has no signature"),
        };
        return Err(Trouble::malformed(format!("{what}.")));
    };
    let is_read = match scheme.shape {
        Shape::Versions(_) => true,
        _ => found
            .signatures
            .iter()
            .any(|text| is_readable(scheme, text)),
    };
    if !is_read {
        let detail = unreadable(scheme, &place, first);
        return Err(Trouble::malformed(detail));
    }
    read_time(scheme, request, &mut found)?;
    found.signatures.truncate(SIGNATURES);
    Ok(found)
}

/// The signatures that may hide in a header of another shape: its value, and what stands behind its last `=` or `,`.
pub(crate) fn bare(scheme: &Scheme, request: &Request<'_>) -> Option<Found> {
    let mut found = Found::default();
    for value in values(scheme, request).ok()?.into_iter().take(SIGNATURES) {
        let inside = value.trim_end_matches('=');
        let behind = inside
            .rfind(['=', ',', ' '])
            .and_then(|at| value.get(at + 1..));
        found.signatures.extend(behind.map(str::to_owned));
        found.signatures.push(value);
    }
    let in_header = matches!(scheme.time.map(|time| time.at), Some(TimeAt::Pair(_)));
    if !in_header {
        read_time(scheme, request, &mut found).ok()?;
    }
    Some(found)
}

/// Where the signature stands, for a sentence.
pub(crate) fn place_name(place: Place) -> String {
    match place {
        Place::Header(name) => format!("The header {name}"),
        Place::Either(one, other) => format!("The header {one} or {other}"),
        Place::Numbered(name) => format!("The header {name}1"),
        Place::Json(pointer) => format!("The body's {pointer}"),
        Place::Form(name) => format!("The form's {name}"),
    }
}

fn values(scheme: &Scheme, request: &Request<'_>) -> Result<Vec<String>, Trouble> {
    let text = |bytes: &[u8]| crate::model::head::text(bytes).into_owned();
    let values: Vec<String> = match scheme.place {
        Place::Header(name) => all(request, |have| have.eq_ignore_ascii_case(name.as_bytes())),
        Place::Either(one, other) => all(request, |have| {
            have.eq_ignore_ascii_case(one.as_bytes()) || have.eq_ignore_ascii_case(other.as_bytes())
        }),
        Place::Numbered(name) => all(request, |have| {
            have.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        }),
        Place::Json(pointer) => json::find_plain(request.body, pointer)
            .into_iter()
            .collect(),
        Place::Form(name) => form::find(request.body, name)
            .map(|value| text(&value))
            .into_iter()
            .collect(),
    };
    let place = place_name(scheme.place);
    if values.is_empty() {
        return Err(Trouble::new(
            Flaw::MissingHeader,
            format!("{place} is missing."),
        ));
    }
    let filled: Vec<String> = values
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect();
    if filled.is_empty() {
        // Senders that know no secret leave the header out or empty; with a secret here, both are refusals.
        let is_none = scheme.empty_is_missing || matches!(scheme.check, Check::Basic);
        let flaw = if is_none {
            Flaw::MissingHeader
        } else {
            Flaw::MalformedHeader
        };
        return Err(Trouble::new(flaw, format!("{place} is empty.")));
    }
    Ok(filled)
}

fn all(request: &Request<'_>, is_it: impl Fn(&[u8]) -> bool) -> Vec<String> {
    request
        .head
        .headers
        .iter()
        .filter(|(name, _)| is_it(name))
        .map(|(_, value)| crate::model::head::text(value).into_owned())
        .collect()
}

fn take(scheme: &Scheme, value: &str, found: &mut Found) -> Result<(), Trouble> {
    let place = place_name(scheme.place);
    match scheme.shape {
        Shape::Plain => found.signatures.push(value.to_owned()),
        Shape::Prefix(prefix) => match value.strip_prefix(prefix) {
            Some(signature) => found.signatures.push(signature.to_owned()),
            None => {
                return Err(Trouble::malformed(format!(
                    "{place} does not begin with {prefix:?}."
                )));
            }
        },
        Shape::Method => {
            let named = value.split_once('=');
            let Some((hash, signature)) = named
                .and_then(|(name, rest)| Some((Hash::named(&name.to_ascii_lowercase())?, rest)))
            else {
                return Err(Trouble::malformed(format!(
                    "{place} does not begin with the name of a hash and =."
                )));
            };
            found.hash = Some(hash);
            found.signatures.push(signature.to_owned());
        }
        Shape::Optional(prefix) => {
            let signature = value.strip_prefix(prefix).unwrap_or(value);
            found.signatures.push(signature.to_owned());
        }
        Shape::ExactPairs(name) => {
            for (have, value) in value
                .split(',')
                .filter_map(|pair| pair.trim().split_once('='))
            {
                if have == name {
                    found.signatures.push(value.to_owned());
                } else if is_time(scheme, have) {
                    found.time = Some(value.to_owned());
                }
            }
            if value.contains(' ') && !found.signatures.is_empty() {
                found.signatures = vec![String::new()];
            }
        }
        Shape::Pairs { separator, name } => {
            let pairs = value
                .split(separator)
                .filter_map(|pair| pair.trim().split_once('='));
            for (have, value) in pairs {
                if have == name {
                    found.signatures.push(value.to_owned());
                } else if found.time.is_none() && is_time(scheme, have) {
                    found.time = Some(value.to_owned());
                }
            }
        }
        Shape::Versions(version) => versions(&place, version, value, found)?,
    }
    Ok(())
}

fn is_time(scheme: &Scheme, name: &str) -> bool {
    matches!(scheme.time.map(|time| time.at), Some(TimeAt::Pair(have)) if have == name)
}

fn static_name(at: &TimeAt) -> &'static str {
    match *at {
        TimeAt::Header(name) | TimeAt::Pair(name) | TimeAt::Json(name) | TimeAt::Form(name) => name,
    }
}

/// Reads `v1,… v1a,…`. Versions that are not known are passed over, as the format asks; they leave a signature that fits
/// nothing, so that a list of only those is a mismatch and not a broken header.
fn versions(place: &str, version: &str, value: &str, found: &mut Found) -> Result<(), Trouble> {
    let mut others = false;
    for entry in value.split(' ').filter(|entry| !entry.is_empty()) {
        match entry.split_once(',') {
            Some((have, signature)) if have == version => {
                found.signatures.push(signature.to_owned());
            }
            Some(_) => others = true,
            None => others |= secret::base64(entry).is_some_and(|bytes| bytes.len() >= 20),
        }
    }
    if found.signatures.is_empty() {
        if !others {
            return Err(Trouble::malformed(format!(
                "{place} has no entry of the form {version},signature."
            )));
        }
        found.signatures.push(String::new());
    }
    Ok(())
}

/// Whether a text could be a signature of the scheme, right or wrong. One in the other encoding could: that is a mistake of
/// whoever signs, and not a broken header.
fn is_readable(scheme: &Scheme, text: &str) -> bool {
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // A word without padding would be base64 as well; one as long as a digest is a signature that lost its padding.
    let decoded =
        || secret::base64(text).filter(|bytes| text.len().is_multiple_of(4) || bytes.len() >= 20);
    match (scheme.check, scheme.encoding) {
        (Check::Token | Check::Custom(_), _) => true,
        (Check::Basic, _) => basic(text).is_some(),
        (Check::Ed25519, _) => is_hex && text.len() == 128,
        (Check::EcdsaP256, _) => {
            secret::base64(text).is_some_and(|der| super::der::is_ecdsa_signature(&der))
        }
        (_, Encoding::Hex | Encoding::HexAnyCase) => {
            is_hex || decoded().is_some_and(|d| d.len() >= 20)
        }
        (_, Encoding::Base64) => is_hex || decoded().is_some(),
        (_, Encoding::Base64Url) => is_hex || secret::base64_url(text).is_some(),
    }
}

fn unreadable(scheme: &Scheme, place: &str, first: &str) -> String {
    let expected = match (scheme.check, scheme.encoding) {
        (Check::Basic, _) => "Basic and base64 of user:password",
        (Check::Ed25519, _) => "128 hex digits",
        (Check::EcdsaP256, _) => "base64 of an ECDSA signature in DER",
        (_, Encoding::Hex | Encoding::HexAnyCase) => "hex digits",
        (_, Encoding::Base64) => "base64",
        (_, Encoding::Base64Url) => "base64url",
    };
    format!(
        "{place} should hold {expected}, and holds {} other characters.",
        first.len()
    )
}

/// User and password of a Basic authentication.
pub(crate) fn basic(value: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    secret::base64(rest).filter(|pair| pair.contains(&b':'))
}

fn read_time(scheme: &Scheme, request: &Request<'_>, found: &mut Found) -> Result<(), Trouble> {
    let Some(time) = scheme.time else {
        return Ok(());
    };
    let name = static_name(&time.at);
    let (text, place) = match time.at {
        TimeAt::Header(_) => match request.header_text(name) {
            Some(text) => (Some(text.to_owned()), format!("The header {name}")),
            None => {
                return Err(Trouble::new(
                    Flaw::MissingHeader,
                    format!("The header {name} is missing."),
                ));
            }
        },
        TimeAt::Pair(_) => (found.time.take(), format!("The time {name}=…")),
        TimeAt::Json(_) => {
            let raw = json::find(request.body, name);
            // Milliseconds in a body are a number; a text in their place is not what the provider sends.
            let raw = raw.filter(|raw| time.unit != Unit::Millis || !raw.starts_with(b"\""));
            (raw.and_then(json::plain), format!("The body's {name}"))
        }
        TimeAt::Form(_) => (
            form::find_text(request.body, name),
            format!("The form's {name}"),
        ),
    };
    let at = text.as_deref().and_then(|text| moment(text, time.unit));
    let (Some(text), Some(at)) = (text, at) else {
        return Err(Trouble::malformed(format!("{place} is no time.")));
    };
    found.time = Some(text);
    found.at = Some(at);
    Ok(())
}

/// Reads a moment.
pub(crate) fn moment(text: &str, unit: Unit) -> Option<Timestamp> {
    let number = |factor: i64| text.parse::<i64>().ok()?.checked_mul(factor);
    let micros = match unit {
        Unit::Seconds => number(1_000_000)?,
        Unit::Millis => number(1_000)?,
        Unit::Rfc3339 => text.parse::<jiff::Timestamp>().ok()?.as_microsecond(),
    };
    Some(Timestamp::from_micros(micros))
}
