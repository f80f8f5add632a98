//! Whom an encrypted connection is trusted to.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::tls;

/// Why the authorities of a file cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum TrustError {
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] rustls::pki_types::pem::Error),
    #[error("{} has no certificate in PEM", .0.display())]
    Empty(PathBuf),
    #[error("{} has a certificate that cannot be one of an authority", .0.display())]
    Unusable(PathBuf, #[source] rustls::Error),
}

/// Which certificates are good.
#[derive(Clone)]
pub(in crate::cli) struct Trust {
    tls: TlsConnector,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

impl Trust {
    /// The public authorities, and those in a file of PEM.
    pub(in crate::cli) fn authorities(file: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        if let Some(file) = file {
            let unreadable = |error| TrustError::Unreadable(file.to_owned(), error);
            let before = roots.len();
            for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
                roots
                    .add(certificate.map_err(unreadable)?)
                    .map_err(|error| TrustError::Unusable(file.to_owned(), error))?;
            }
            if roots.len() == before {
                return Err(TrustError::Empty(file.to_owned()));
            }
        }
        Ok(Self::of(tls::trusting(roots)))
    }

    /// Any certificate at all, for programs on one's own machine.
    pub(in crate::cli) fn anyone() -> Self {
        Self::of(tls::trusting_anyone())
    }

    fn of(config: ClientConfig) -> Self {
        Self {
            tls: TlsConnector::from(Arc::new(config)),
        }
    }

    /// Encrypts a connection to that host.
    pub(super) async fn encrypt(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.tls.connect(name, stream).await
    }
}
