//! TLS to the server, by the words of its own clients: `sslmode` and `sslrootcert`
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>).
//!
//! `prefer` and `require` encrypt and ask nobody who is on the other end; with `verify-full`, or with certificates to trust, the
//! server must be whom its address names. `verify-ca` is taken as `verify-full`.

use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::tls;

/// What an address asks of the connection.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Security {
    /// Whether there is to be TLS; `None` leaves it to the client.
    pub(super) mode: Option<SslMode>,
    verifies: bool,
    roots: Option<String>,
}

impl Security {
    /// Takes what is about TLS out of an address.
    pub(super) fn split(url: &str) -> Result<(String, Self), String> {
        let mut security = Self::default();
        let Some((base, query)) = url.split_once('?') else {
            return Ok((url.to_owned(), security));
        };
        let mut rest = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => {
                    security.verifies = matches!(mode, "verify-ca" | "verify-full");
                    security.mode =
                        Some(match mode {
                            "disable" => SslMode::Disable,
                            "prefer" => SslMode::Prefer,
                            "require" | "verify-ca" | "verify-full" => SslMode::Require,
                            _ => return Err(
                                "its sslmode is none of disable, prefer, require and verify-full"
                                    .to_owned(),
                            ),
                        });
                }
                Some(("sslrootcert", path)) => {
                    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
                    security.roots = Some(path.into_owned());
                }
                _ => rest.push(pair),
            }
        }
        if rest.is_empty() {
            return Ok((base.to_owned(), security));
        }
        Ok((format!("{base}?{}", rest.join("&")), security))
    }

    /// What connects that way.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let config = if self.verifies || self.roots.is_some() {
            tls::trusting(self.trusted()?)
        } else {
            tls::trusting_anyone()
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn trusted(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        let Some(path) = self.roots.as_deref().filter(|path| *path != "system") else {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            return Ok(roots);
        };
        let unreadable = |why: String| format!("the certificates in {path} cannot be read: {why}");
        let found =
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
        for certificate in found {
            let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unreadable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unreadable("there is none".to_owned()));
        }
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_tls_is_taken_out() {
        let (url, security) =
            Security::split("postgres://a@b/c?sslmode=verify-full&x=1&sslrootcert=%2Fetc%2Fca.pem")
                .unwrap();
        assert_eq!(url, "postgres://a@b/c?x=1");
        assert_eq!(
            security,
            Security {
                mode: Some(SslMode::Require),
                verifies: true,
                roots: Some("/etc/ca.pem".to_owned()),
            }
        );
        assert!(
            security
                .connector()
                .is_err_and(|why| why.contains("/etc/ca.pem"))
        );
        assert_eq!(
            Security::split("postgres://a@b/c").unwrap().1,
            Security::default()
        );
        assert!(Security::split("postgres://a@b/c?sslmode=maybe").is_err());
    }
}
