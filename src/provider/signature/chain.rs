//! Whether a certificate that was fetched is one that the public authorities vouch for (RFC 5280 section 6).

use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::der;
use crate::model::Timestamp;

/// How many certificates of one file are looked at.
const LONGEST: usize = 8;

/// That the first certificate of a PEM file is vouched for at that time, the others helping, and is for a name below `domain`.
///
/// # Errors
/// What is wrong, as a phrase.
pub(crate) fn check(
    pem: &str,
    at: Timestamp,
    domain: &str,
    roots: &[TrustAnchor<'_>],
) -> Result<(), String> {
    let all: Vec<CertificateDer<'_>> = pem
        .split_inclusive("-----END CERTIFICATE-----")
        .filter(|part| part.contains("-----BEGIN CERTIFICATE-----"))
        .take(LONGEST)
        .filter_map(|part| der::armoured(part).map(CertificateDer::from))
        .collect();
    let Some((first, others)) = all.split_first() else {
        return Err("it cannot be read".to_owned());
    };
    let leaf = EndEntityCert::try_from(first).map_err(|_| "it cannot be read".to_owned())?;
    let seconds = u64::try_from(at.as_micros() / 1_000_000).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        roots,
        others,
        time,
        KeyUsage::server_auth(),
        None,
        None,
    )
    .map_err(|_| "no public authority vouches for it at the time of arrival".to_owned())?;
    let is_below = |name: &str| {
        name.strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    if leaf.valid_dns_names().any(is_below) {
        Ok(())
    } else {
        Err(format!("it is not for a name below {domain}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = include_str!("chain/chain.pem");
    const ROOT: &[u8] = include_bytes!("chain/root.der");

    /// In 2030.
    const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

    #[test]
    fn a_chain_is_checked_up_to_its_root_with_its_name_and_time() {
        let root = CertificateDer::from(ROOT);
        let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
        let roots = std::slice::from_ref(&anchor);
        assert_eq!(check(CHAIN, NOW, "paypal.com", roots), Ok(()));
        let names = check(CHAIN, NOW, "aypal.com", roots);
        assert!(names.unwrap_err().contains("name"));
        // Before it began, without the one between, with others' roots, and no certificate at all.
        let early = NOW.minus_micros(40 * 365 * 86_400_000_000);
        assert!(check(CHAIN, early, "paypal.com", roots).is_err());
        let end = CHAIN.find("-----END").unwrap();
        let alone = CHAIN.get(..end + "-----END CERTIFICATE-----".len());
        let alone = alone.unwrap();
        assert!(check(alone, NOW, "paypal.com", roots).is_err());
        assert!(check(CHAIN, NOW, "paypal.com", webpki_roots::TLS_SERVER_ROOTS).is_err());
        for odd in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ] {
            assert!(check(odd, NOW, "paypal.com", roots).is_err());
        }
    }
}
