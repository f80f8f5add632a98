//! Addresses of others, read strictly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use hyper::http::Uri;

/// A URL that can be called: http or https, a host, no credentials.
///
/// Stricter than browsers, which read `127.1` and `0x7f000001` as addresses and drop line ends: here that is no URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    pub(super) https: bool,
    pub(super) host: Host,
    pub(super) port: u16,
    /// Host and port as the `Host` field has them: the port only where it is not the scheme's own.
    authority: String,
    /// Path and query; begins with `/`.
    target: String,
}

/// The host of a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Host {
    Ip(IpAddr),
    /// In lower case, without a dot at the end.
    Name(String),
}

/// Why a text is no URL that can be called.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUrl(pub &'static str);

impl Url {
    /// How many characters a URL has that people give.
    pub const LONGEST: usize = 2048;

    /// Host and port, as the `Host` field has them.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The same server with a path and a query behind its own path: `/hooks` and `/orders?x=1` are `/hooks/orders?x=1`.
    ///
    /// # Errors
    /// When they hold what no request line can, or the path is none: behind a host it would go on with its name or its port.
    pub fn below(&self, path: &str, query: Option<&str>) -> Result<Self, WrongUrl> {
        if !path.starts_with('/') {
            return Err(WrongUrl("a path begins with /"));
        }
        let (own, own_query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target.as_str(), None),
        };
        let mut target = own.to_owned();
        if path != "/" {
            target.truncate(own.trim_end_matches('/').len());
            target.push_str(path);
        }
        let queries = own_query.into_iter().chain(query).filter(|q| !q.is_empty());
        for (mark, query) in std::iter::once('?')
            .chain(std::iter::repeat('&'))
            .zip(queries)
        {
            target.push(mark);
            target.push_str(query);
        }
        format!("{}://{}{target}", self.scheme(), self.authority).parse()
    }

    fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority, self.target)
    }
}

impl FromStr for Url {
    type Err = WrongUrl;

    fn from_str(text: &str) -> Result<Self, WrongUrl> {
        let text = text.trim();
        let text = text.split('#').next().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if !text.bytes().all(is_plain) {
            return Err(WrongUrl(
                "a URL has no blanks, and other characters than ASCII as %XX (names of hosts as xn--…)",
            ));
        }
        let https = match text.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => true,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(WrongUrl("expected a URL with http:// or https://")),
        };
        let uri: Uri = text
            .parse()
            .map_err(|_| WrongUrl("expected a URL such as https://example.com/webhooks"))?;
        let authority = uri.authority().ok_or(WrongUrl("the URL has no host"))?;
        if authority.as_str().contains('@') {
            return Err(WrongUrl(
                "a URL cannot hold a user or a password: send an Authorization field",
            ));
        }
        let host = Host::read(authority.host())?;
        let own_port = if https { 443 } else { 80 };
        let port = match authority.port_u16() {
            Some(0) => return Err(WrongUrl("there is no port 0")),
            Some(port) => port,
            None if authority.as_str().len() > authority.host().len() + 1 => {
                return Err(WrongUrl("a port is a number up to 65535"));
            }
            None => own_port,
        };
        let name = match &host {
            Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self {
            https,
            host,
            port,
            authority: if port == own_port {
                name
            } else {
                format!("{name}:{port}")
            },
            target: if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("/{target}")
            },
        })
    }
}

impl Host {
    fn read(text: &str) -> Result<Self, WrongUrl> {
        if let Some(inside) = text.strip_prefix('[') {
            return inside
                .strip_suffix(']')
                .and_then(|inside| inside.parse::<Ipv6Addr>().ok())
                .map(|ip| Self::Ip(ip.into()))
                .ok_or(WrongUrl("expected an IPv6 address between the brackets"));
        }
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Ip(ip.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(WrongUrl("the host is neither a name nor an address"));
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        // As the URL standard has it, this is where an address would have to be (<https://url.spec.whatwg.org/#ends-in-a-number-checker>).
        if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") {
            return Err(WrongUrl(
                "write an IPv4 address as four decimal numbers, such as 203.0.113.7",
            ));
        }
        Ok(Self::Name(name))
    }
}
