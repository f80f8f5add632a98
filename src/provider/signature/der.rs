//! Just enough DER (ITU-T X.690) to take a public key out of a PEM text or a certificate.

use crate::model::Timestamp;
use crate::provider::secret;

/// `INTEGER`, `BIT STRING`, `SEQUENCE`, and the context tag of a certificate's version.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// Reads one element: tag, content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let bytes = usize::from(first & 0x7f);
        if bytes == 0 || bytes > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(bytes)?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, &digit| (sum << 8) | usize::from(digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn tagged(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (have, content, rest) = element(der)?;
    (have == tag).then_some((content, rest))
}

/// The bytes inside PEM lines (RFC 7468), or of bare base64.
pub(crate) fn armoured(text: &str) -> Option<Vec<u8>> {
    let inside = match text.split_once("-----BEGIN ") {
        Some((_, rest)) => rest.split_once("-----")?.1.split_once("-----END ")?.0,
        None => text,
    };
    let plain: String = inside.split_ascii_whitespace().collect();
    secret::base64(&plain)
}

/// The key inside a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7): what stands in its bit string.
fn bit_string(info: &[u8]) -> Option<&[u8]> {
    let (info, _) = tagged(info, SEQUENCE)?;
    let (_algorithm, info) = tagged(info, SEQUENCE)?;
    let (bits, _) = tagged(info, BIT_STRING)?;
    bits.strip_prefix(&[0])
}

/// The uncompressed point of a P-256 key.
pub(crate) fn p256_point(info: &[u8]) -> Option<Vec<u8>> {
    bit_string(info)
        .filter(|point| point.len() == 65 && point.first() == Some(&4))
        .map(<[u8]>::to_vec)
}

/// The `RSAPublicKey` (RFC 8017 appendix A.1.1) of a certificate, of a `SubjectPublicKeyInfo`, or itself.
pub(crate) fn rsa_key(der: &[u8]) -> Option<Vec<u8>> {
    let is_key = |key: &&[u8]| {
        tagged(key, SEQUENCE).is_some_and(|(inside, _)| tagged(inside, INTEGER).is_some())
    };
    certificate_info(der)
        .and_then(bit_string)
        .filter(is_key)
        .or_else(|| bit_string(der).filter(is_key))
        .or_else(|| Some(der).filter(is_key))
        .map(<[u8]>::to_vec)
}

/// The `SubjectPublicKeyInfo` of a certificate (RFC 5280 section 4.1).
fn certificate_info(der: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = tagged(der, SEQUENCE)?;
    let (mut rest, _) = tagged(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    rest = tagged(rest, INTEGER)?.1;
    // Signature algorithm, issuer, validity and subject stand between the serial number and the key.
    for _ in 0..4 {
        rest = tagged(rest, SEQUENCE)?.1;
    }
    tagged(rest, SEQUENCE)?;
    Some(rest)
}

/// From when to when a certificate is for (RFC 5280 section 4.1.2.5); `None` where the bytes are no certificate.
pub(crate) fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = tagged(der, SEQUENCE)?;
    let (mut rest, _) = tagged(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    rest = tagged(rest, INTEGER)?.1;
    // Signature algorithm and issuer stand between the serial number and the times.
    for _ in 0..2 {
        rest = tagged(rest, SEQUENCE)?.1;
    }
    let (times, _) = tagged(rest, SEQUENCE)?;
    let (tag, begin, times) = element(times)?;
    let begin = moment(tag, begin)?;
    let (tag, end, _) = element(times)?;
    Some((begin, moment(tag, end)?))
}

/// A `UTCTime` (two digits for the year, from 1950 on) or `GeneralizedTime`, both to the second and in UTC.
fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        UTC_TIME => {
            let century = if text.get(..2)? < "50" { "20" } else { "19" };
            format!("{century}{text}")
        }
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp::from_micros(moment.as_microsecond()))
}

/// Whether the bytes are an ECDSA signature in DER: two integers in a sequence (RFC 3279 section 2.2.3).
pub(crate) fn is_ecdsa_signature(der: &[u8]) -> bool {
    let parts = || {
        let (inside, after) = tagged(der, SEQUENCE)?;
        let (_, rest) = tagged(inside, INTEGER)?;
        let (_, rest) = tagged(rest, INTEGER)?;
        Some(after.is_empty() && rest.is_empty())
    };
    parts() == Some(true)
}
