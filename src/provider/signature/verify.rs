//! From a request and secrets to a verdict.

use ring::signature as public;

use super::parts::{self, Pieces};
use super::read::{self, Found, Trouble};
use super::{Check, Encoding, Options, Part, Scheme, Secrets, hmac, mac, same};
use crate::model::{Flaw, Timestamp, Verdict};
use crate::provider::request::Request;
use crate::provider::secret::{self, Key, Secret};

/// What a custom check says: the sentence of a signature that fits, or what is wrong.
pub(crate) type Checked = Result<String, Outcome>;

/// What is wrong with a signature, or why it was not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is wrong.
    Bad(Trouble),
    /// It was not checked.
    Open(String),
}

/// Something is wrong, and in a sentence what.
pub(crate) fn bad<T>(flaw: Flaw, detail: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Bad(Trouble::new(flaw, detail)))
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        Self::Bad(trouble)
    }
}

/// A verdict, and what it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Examined<'a> {
    pub(crate) verdict: Verdict,
    /// The texts that may have been signed.
    pub(crate) texts: Vec<Pieces<'a>>,
    /// What the signature should be, by the first secret and the first text; `None` for public keys and tokens.
    pub(crate) expected: Option<String>,
    /// The signatures that came.
    pub(crate) received: Vec<String>,
    /// The time that was signed.
    pub(crate) at: Option<Timestamp>,
}

impl Examined<'_> {
    fn only(verdict: Verdict) -> Self {
        Self {
            verdict,
            texts: Vec::new(),
            expected: None,
            received: Vec::new(),
            at: None,
        }
    }
}

/// Checks a request against one scheme.
pub(crate) fn examine<'a>(
    scheme: &Scheme,
    secrets: &[Secret],
    request: &Request<'a>,
    options: Options<'_>,
) -> Examined<'a> {
    if let Check::Custom(custom) = scheme.check {
        return Examined::only(custom_verdict(scheme, custom, secrets, request, options));
    }
    let found = match read::read(scheme, request) {
        Ok(found) => found,
        Err(trouble) if secrets.is_empty() && trouble.flaw == Flaw::MissingHeader => {
            return Examined::only(Verdict::unsigned(trouble.detail));
        }
        Err(trouble) => return Examined::only(Verdict::invalid(trouble.flaw, trouble.detail)),
    };
    if secrets.is_empty() {
        return Examined::only(no_secret());
    }
    if scheme.needs_body && request.body.is_empty() {
        let detail = "The body is empty; this provider never signs an empty body.";
        return Examined::only(Verdict::invalid(Flaw::MalformedHeader, detail));
    }
    let texts = match parts::texts(scheme, request, &found) {
        Ok(texts) => texts,
        Err(trouble) => return Examined::only(Verdict::invalid(trouble.flaw, trouble.detail)),
    };
    let keys: Vec<Key> = secrets
        .iter()
        .filter_map(|secret| scheme.key.read(secret).ok())
        .collect();
    let fitting = texts
        .iter()
        .position(|text| keys.iter().any(|key| fits(scheme, key, text, &found)));
    let verdict = match fitting {
        _ if keys.is_empty() => {
            Verdict::unchecked(format!("The secret is not {}.", scheme.key.expected()))
        }
        Some(which) => fitting_verdict(scheme, request, &found, &texts, which, options),
        None => Verdict::invalid(Flaw::SignatureMismatch, mismatch(scheme, &found)),
    };
    let expected = keys
        .first()
        .zip(texts.first())
        .and_then(|(key, text)| made(scheme, key, text, found.hash.unwrap_or(hash_of(scheme))));
    Examined {
        verdict,
        texts,
        expected,
        at: found.at,
        received: found.signatures,
    }
}

/// The verdict on a signature that fits one of the texts.
fn fitting_verdict(
    scheme: &Scheme,
    request: &Request<'_>,
    found: &Found,
    texts: &[Pieces<'_>],
    which: usize,
    options: Options<'_>,
) -> Verdict {
    let missing = scheme
        .requires
        .iter()
        .find(|name| request.header(name).is_none_or(<[u8]>::is_empty));
    if let Some(name) = missing {
        let detail = format!(
            "The header {name} is missing, without which no request of this provider is right."
        );
        return Verdict::invalid(Flaw::MissingHeader, detail);
    }
    let mut verdict = in_time(scheme, found, request, options.tolerance_s);
    if which > 0
        && let Some(url) = url_in(scheme, texts.get(which))
    {
        verdict
            .detail
            .push_str(&format!(" It was made with the URL as {url}"));
    }
    verdict
}

/// The URL among the pieces of a text.
fn url_in(scheme: &Scheme, text: Option<&Pieces<'_>>) -> Option<String> {
    let is_url = |part: &Part| matches!(part, Part::UrlAnyPort | Part::UrlPlain);
    let at = scheme.signed.iter().position(is_url)?;
    let url = text?.get(at)?;
    Some(String::from_utf8_lossy(url).into_owned())
}

fn no_secret() -> Verdict {
    Verdict::unchecked("There is no secret for this provider yet.")
}

fn custom_verdict(
    scheme: &Scheme,
    custom: &super::Custom,
    secrets: &[Secret],
    request: &Request<'_>,
    options: Options<'_>,
) -> Verdict {
    let given = Secrets {
        pasted: secrets,
        certificate: options.certificate,
        tolerance_s: options.tolerance_s,
    };
    match (custom.verify)(request, &given) {
        Ok(detail) if detail.is_empty() => {
            Verdict::valid(covered(scheme, request, "The signature fits."))
        }
        Ok(detail) => Verdict::valid(detail),
        Err(Outcome::Bad(trouble)) if trouble.flaw == Flaw::MissingHeader && secrets.is_empty() => {
            Verdict::unsigned(trouble.detail)
        }
        Err(Outcome::Bad(trouble)) => Verdict::invalid(trouble.flaw, trouble.detail),
        Err(Outcome::Open(detail)) => Verdict::unchecked(detail),
    }
}

fn mismatch(scheme: &Scheme, found: &Found) -> String {
    match scheme.check {
        Check::Token | Check::Basic => "What was sent is not the secret.".to_owned(),
        _ if found.signatures.len() > 1 => format!(
            "None of the {} signatures is the {} with this secret.",
            found.signatures.len(),
            scheme.name
        ),
        _ => format!("The signature is not the {} with this secret.", scheme.name),
    }
}

fn covered(scheme: &Scheme, request: &Request<'_>, sentence: &str) -> String {
    let signs_form = scheme.signed.contains(&Part::SortedForm);
    if signs_form && !request.is_form() && !request.body.is_empty() {
        format!("{sentence} It covers the URL alone: the body is no form.")
    } else if scheme.gap.is_empty() {
        sentence.to_owned()
    } else {
        format!("{sentence} {}", scheme.gap)
    }
}

/// The hash of a scheme; SHA-256 where it has none of its own.
pub(crate) fn hash_of(scheme: &Scheme) -> super::Hash {
    match scheme.check {
        Check::Hmac(hash) | Check::HashAfterSecret(hash) => hash,
        _ => super::Hash::Sha256,
    }
}

/// What the signature of a text should be; `None` for those that only the sender can make.
pub(crate) fn made(
    scheme: &Scheme,
    key: &Key,
    text: &Pieces<'_>,
    hash: super::Hash,
) -> Option<String> {
    match scheme.check {
        Check::Hmac(_) => Some(scheme.encoding.write(&hmac(hash, &key.0, text))),
        Check::HashAfterSecret(_) => {
            let mut pieces: Vec<&[u8]> = vec![&key.0];
            pieces.extend(text.iter().map(AsRef::as_ref));
            Some(scheme.encoding.write(&mac::digest(hash, &pieces)))
        }
        _ => None,
    }
}

/// Whether one of the signatures was made of this text with this key.
fn fits(scheme: &Scheme, key: &Key, text: &Pieces<'_>, found: &Found) -> bool {
    let hash = found.hash.unwrap_or(hash_of(scheme));
    let expected = made(scheme, key, text, hash);
    found.signatures.iter().any(|signature| match scheme.check {
        Check::Hmac(_) | Check::HashAfterSecret(_) => expected.as_ref().is_some_and(|expected| {
            if scheme.encoding == Encoding::HexAnyCase {
                same(
                    expected.as_bytes(),
                    signature.to_ascii_lowercase().as_bytes(),
                )
            } else {
                same(expected.as_bytes(), signature.as_bytes())
            }
        }),
        Check::Token => same(&key.0, signature.as_bytes()),
        Check::Basic => read::basic(signature).is_some_and(|pair| same(&key.0, &pair)),
        Check::Ed25519 => secret::unhex(signature)
            .is_some_and(|bytes| is_signed(&public::ED25519, key, &text.concat(), &bytes)),
        Check::EcdsaP256 => secret::base64(signature).is_some_and(|bytes| {
            is_signed(&public::ECDSA_P256_SHA256_ASN1, key, &text.concat(), &bytes)
        }),
        Check::RsaSha256 => secret::base64(signature)
            .is_some_and(|bytes| is_signed(&RSA_SHA256, key, &text.concat(), &bytes)),
        Check::Custom(_) => false,
    })
}

/// RSA with keys as short as old certificates have them, and with the SHA-1 that some senders still use.
pub(crate) use public::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY as RSA_SHA1,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY as RSA_SHA256,
};

/// Whether the holder of the private key signed the text.
pub(crate) fn is_signed(
    algorithm: &'static dyn public::VerificationAlgorithm,
    key: &Key,
    text: &[u8],
    signature: &[u8],
) -> bool {
    public::UnparsedPublicKey::new(algorithm, &key.0)
        .verify(text, signature)
        .is_ok()
}

/// The verdict on a signature that fits: whether it was made near enough to the arrival.
fn in_time(
    scheme: &Scheme,
    found: &Found,
    request: &Request<'_>,
    tolerance_s: Option<u32>,
) -> Verdict {
    let arrived = request.arrived;
    let (Some(time), Some(at)) = (scheme.time, found.at) else {
        return Verdict::valid(covered(scheme, request, "The signature fits."));
    };
    judge_time(
        at,
        arrived,
        tolerance_s.or(time.past),
        tolerance_s.or(time.future),
    )
    .unwrap_or_else(|| {
        let ahead = at.micros_since(arrived);
        let sentence = if ahead > 1_000_000 {
            let ahead = duration(ahead);
            format!("The signature fits; it claims to be made {ahead} after the request arrived.")
        } else {
            "The signature fits.".to_owned()
        };
        Verdict::valid(covered(scheme, request, &sentence))
    })
}

/// The verdict on a time that is too far from the arrival; `None` when it is not.
pub(crate) fn judge_time(
    at: Timestamp,
    arrived: Timestamp,
    past: Option<u32>,
    future: Option<u32>,
) -> Option<Verdict> {
    let (age, ahead) = (arrived.micros_since(at), at.micros_since(arrived));
    let over = |micros: u64, limit: Option<u32>| {
        // Senders count whole seconds, so the part of a second that has begun is not held against them.
        limit.filter(|&limit| micros / 1_000_000 > u64::from(limit))
    };
    if let Some(limit) = over(age, past) {
        let (age, limit) = (duration(age), duration(u64::from(limit) * 1_000_000));
        let detail =
            format!("Signed {age} before the request arrived; at most {limit} is accepted.");
        return Some(Verdict::invalid(Flaw::TimestampTooOld, detail));
    }
    let limit = over(ahead, future)?;
    let (ahead, limit) = (duration(ahead), duration(u64::from(limit) * 1_000_000));
    let detail = format!("Signed {ahead} after the request arrived; at most {limit} is accepted.");
    Some(Verdict::invalid(Flaw::TimestampInFuture, detail))
}

/// A stretch of time in its largest fitting unit: `14 min`.
pub(crate) fn duration(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
