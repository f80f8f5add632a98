//! Which bin a request is for: the first label of its path, or of its host under the capture domain.

use hyper::http::request::Parts;

use crate::config::ListenConfig;
use crate::config::listen::host_of;
use crate::store::Address;

/// A bin's address, and where the bin's own path begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// The bin that is named.
    pub address: Address,
    /// How many bytes of the path stand before the bin's own.
    pub prefix: usize,
}

/// Reads a label as a bin's id or as an alias; labels that hookwell's own addresses begin with are neither.
fn label(text: &str) -> Option<Address> {
    text.parse()
        .map(Address::Id)
        .ok()
        .or_else(|| text.parse().map(Address::Alias).ok())
}

/// The bin that a path names, if it names one.
fn in_path(path: &str) -> Option<Addressed> {
    let first = path.strip_prefix('/')?.split(['/', '?']).next()?;
    Some(Addressed {
        address: label(first)?,
        prefix: 1 + first.len(),
    })
}

/// The bin that a host under the capture domain names. Everything there is a sender's: never a page or the API.
fn in_host(host: &str, domain: &str) -> Option<Addressed> {
    let first = below(host, domain)?;
    Some(Addressed {
        address: label(&first.to_ascii_lowercase()).unwrap_or(NOBODY),
        prefix: 0,
    })
}

/// The bin that a request is for; `None` for one of hookwell's own addresses.
pub fn of(parts: &Parts, listen: &ListenConfig) -> Option<Addressed> {
    let in_host = listen.capture_domain.as_ref().and_then(|domain| {
        let header = || {
            parts
                .headers
                .get(hyper::header::HOST)?
                .to_str()
                .ok()
                .map(host_of)
        };
        in_host(parts.uri.host().or_else(header)?, domain)
    });
    in_host.or_else(|| in_path(parts.uri.path()))
}

/// The same for a head that is not a request: a target that could not be read, and what the head says of the host.
pub fn in_head(
    target: &str,
    host: impl FnOnce() -> Option<String>,
    listen: &ListenConfig,
) -> Option<Addressed> {
    let in_host = listen
        .capture_domain
        .as_ref()
        .and_then(|domain| in_host(host_of(&host()?), domain));
    let path = target
        .split_once("://")
        .and_then(|(_, rest)| rest.get(rest.find('/')?..))
        .unwrap_or(target);
    in_host.or_else(|| in_path(path))
}

/// An id that no bin has: it is not of version 4.
const NOBODY: Address = Address::Id(crate::model::BinId::NIL);

/// The label before the domain.
fn below<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    let at = host.len().checked_sub(domain.len() + 1)?;
    let (first, rest) = (host.get(..at)?, host.get(at..)?);
    (rest.starts_with('.') && rest.get(1..)?.eq_ignore_ascii_case(domain) && !first.is_empty())
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const ID: &str = "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b";

    fn parts(uri: &str, host: &str) -> Parts {
        hyper::Request::builder()
            .uri(uri)
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    #[test]
    fn a_bin_is_named_by_id_or_alias_at_the_start_of_the_path() {
        let of = |uri: &str| {
            of(&parts(uri, "x"), &Config::with_defaults().listen)
                .map(|found| (found.address, found.prefix))
        };
        assert_eq!(
            of(&format!("/{ID}/a?b")),
            Some((Address::Id(ID.parse().unwrap()), 33))
        );
        assert_eq!(
            of(&format!("http://other/{ID}")),
            Some((Address::Id(ID.parse().unwrap()), 33))
        );
        assert_eq!(
            of("/orders-staging/a"),
            Some((Address::Alias("orders-staging".parse().unwrap()), 15))
        );
        for own in [
            "/",
            "/b/x",
            "/api/v1/bins",
            "/static/x/app.css",
            "/theme",
            "/theme.css",
            "/healthz",
            "/favicon.ico",
            "*",
        ] {
            assert_eq!(of(own), None, "{own}");
        }
    }

    #[test]
    fn under_the_capture_domain_the_host_names_the_bin() {
        let mut listen = Config::with_defaults().listen;
        listen.capture_domain = Some("hooks.test".to_owned());
        let of = |host: &str| of(&parts("/api/v1/bins", host), &listen).map(|found| found.address);
        assert_eq!(
            of(&format!("{ID}.Hooks.test:8080")),
            Some(Address::Id(ID.parse().unwrap()))
        );
        assert_eq!(
            of("shop.hooks.test"),
            Some(Address::Alias("shop".parse().unwrap()))
        );
        assert_eq!(of("api.hooks.test"), Some(NOBODY));
        assert_eq!(of("hooks.test"), None);
        assert_eq!(of("evilhooks.test"), None);
    }
}
