//! What checks of one provider's own are made of.

use super::verify::{Outcome, duration, judge_time};
use super::{Certificate, Checked, Options, Scheme, Secrets, bad, chain, der};
use crate::model::{Flaw, Timestamp, VerdictState};
use crate::provider::request::Request;
use crate::provider::secret::{Key, KeyForm, Secret};

/// It was not checked, and why.
pub(crate) fn open<T>(detail: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Open(detail.into()))
}

/// A header that must be there and hold something.
pub(crate) fn required<'a>(request: &Request<'a>, name: &str) -> Result<&'a str, Outcome> {
    match request.header(name).map(std::str::from_utf8) {
        None => bad(
            Flaw::MissingHeader,
            format!("The header {name} is missing."),
        ),
        Some(Ok("")) => bad(
            Flaw::MalformedHeader,
            format!("The header {name} is empty."),
        ),
        Some(Ok(text)) => Ok(text),
        Some(Err(_)) => bad(
            Flaw::MalformedHeader,
            format!("The header {name} is not text."),
        ),
    }
}

/// Checks against a scheme of the vocabulary, as part of a check of one's own.
pub(crate) fn recheck(scheme: &Scheme, request: &Request<'_>, secrets: &Secrets<'_>) -> Checked {
    let verdict =
        super::verify::examine(scheme, secrets.pasted, request, Options::default()).verdict;
    match (verdict.state, verdict.reason) {
        (VerdictState::Valid, _) => Ok(verdict.detail),
        (_, Some(flaw)) => bad(flaw, verdict.detail),
        (VerdictState::Unsigned, None) => bad(Flaw::MissingHeader, verdict.detail),
        _ => open(verdict.detail),
    }
}

/// Whether an address is https, names no port, user or odd character, and its host is one of those meant.
pub(crate) fn is_trusted(address: &str, is_host: impl Fn(&str) -> bool) -> bool {
    let is_plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let Some(rest) = address.strip_prefix("https://").filter(|_| is_plain) else {
        return false;
    };
    is_host(rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// The CRC-32 of ISO 3309, as in PNG and zip.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// That a certificate which was fetched may be believed.
fn vouched_for(
    pem: &str,
    request: &Request<'_>,
    place: &str,
    domain: Option<&str>,
) -> Result<(), Outcome> {
    let der = der::armoured(pem).unwrap_or_default();
    if let Some((begin, end)) = der::validity(&der)
        && !(begin..=end).contains(&request.arrived)
    {
        return bad(
            Flaw::Unsupported,
            format!("Its certificate is for {begin} to {end}, and it arrived outside of that."),
        );
    }
    let Some(domain) = domain else {
        return Ok(());
    };
    chain::check(pem, request.arrived, domain, webpki_roots::TLS_SERVER_ROOTS).or_else(|why| {
        open(format!(
            "The certificate that {place} names is not trusted: {why}."
        ))
    })
}

impl<'a> Secrets<'a> {
    /// The secrets as keys of this form.
    pub(crate) fn keys(&self, form: KeyForm) -> Result<Vec<Key>, Outcome> {
        if self.pasted.is_empty() {
            return open("There is no secret for this provider yet.");
        }
        let keys: Vec<Key> = self
            .pasted
            .iter()
            .filter_map(|secret| form.read(secret).ok())
            .collect();
        if keys.is_empty() {
            return open(format!("The secret is not {}.", form.expected()));
        }
        Ok(keys)
    }

    /// The secrets that are no certificates, and what stands in them outside of one.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.pasted
            .iter()
            .map(Secret::expose)
            .filter(|text| !text.contains("-----BEGIN"))
            .map(str::trim)
    }

    /// The keys of the certificate that stands at an address of the provider's: the one that was fetched, or those among the secrets.
    /// Of a fetched one, the time must have begun and not be over when the request arrived, and where a `domain` is given, a public
    /// authority must vouch for it, for a name below that. One that was pasted is believed.
    pub(crate) fn rsa_keys(
        &self,
        request: &Request<'_>,
        place: &str,
        address: &str,
        domain: Option<&str>,
    ) -> Result<Vec<Key>, Outcome> {
        let pasted = self.pasted.iter().map(Secret::expose);
        let pasted: Vec<&str> = pasted.filter(|text| text.contains("-----BEGIN")).collect();
        let pems = match (self.certificate, pasted.is_empty()) {
            (Certificate::Pem(pem), _) => {
                vouched_for(pem, request, place, domain)?;
                vec![pem]
            }
            (_, false) => pasted,
            (Certificate::Missing(why), true) => {
                return open(format!(
                    "The certificate that {place} names is not there: {why}"
                ));
            }
            (Certificate::Unasked, true) => {
                return open(format!(
                    "The certificate that {place} names is not at hand: {address}"
                ));
            }
        };
        let keys: Vec<Key> = pems
            .into_iter()
            .filter_map(|pem| KeyForm::Rsa.read(&Secret::new(pem)).ok())
            .collect();
        if keys.is_empty() {
            return open("The certificate cannot be read.");
        }
        Ok(keys)
    }

    /// Judges a time in seconds.
    pub(crate) fn in_time(
        &self,
        request: &Request<'_>,
        seconds: i64,
        past: Option<u32>,
        future: Option<u32>,
    ) -> Checked {
        let at = Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        self.judged(at, request, past, future)
    }

    /// Judges a time in milliseconds, to the second.
    pub(crate) fn in_time_millis(
        &self,
        request: &Request<'_>,
        millis: i64,
        past: Option<u32>,
    ) -> Checked {
        let at = Timestamp::from_micros(millis.saturating_mul(1_000));
        self.judged(at, request, past, None)
    }

    fn judged(
        &self,
        at: Timestamp,
        request: &Request<'_>,
        past: Option<u32>,
        future: Option<u32>,
    ) -> Checked {
        let own = self.tolerance_s;
        match judge_time(at, request.arrived, own.or(past), own.or(future)) {
            Some(verdict) => bad(
                verdict.reason.unwrap_or(Flaw::TimestampTooOld),
                verdict.detail,
            ),
            None if at.micros_since(request.arrived) > 1_000_000 => {
                let ahead = duration(at.micros_since(request.arrived));
                Ok(format!(
                    "The signature fits; it claims to be made {ahead} after the request arrived."
                ))
            }
            None => Ok(String::new()),
        }
    }
}
