//! Where a request goes.

use std::fmt;

use hyper::Uri;

/// What is wrong with a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected http://host:port/path, or https")]
pub(in crate::cli) struct WrongUrl;

/// A URL of HTTP, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Url {
    /// Whether the connection is encrypted.
    pub(in crate::cli) is_https: bool,
    /// The host alone: a name, or an address without brackets.
    pub(in crate::cli) host: String,
    /// The port, the scheme's own if the URL has none.
    pub(in crate::cli) port: u16,
    /// Host and port, as the URL has them.
    pub(in crate::cli) authority: String,
    /// The path; at least a slash.
    pub(in crate::cli) path: String,
    /// What stands behind the `?`.
    pub(in crate::cli) query: Option<String>,
}

impl Url {
    /// Reads a URL. A fragment is left out: it is never sent.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, WrongUrl> {
        let uri: Uri = text.parse().map_err(|_| WrongUrl)?;
        let is_https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(WrongUrl),
        };
        let authority = uri.authority().ok_or(WrongUrl)?;
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        // A port that is none would else read as no port.
        let has_odd_port = authority.port_u16().is_none() && authority.as_str() != authority.host();
        if host.is_empty() || authority.as_str().contains('@') || has_odd_port {
            return Err(WrongUrl);
        }
        Ok(Self {
            is_https,
            host: host.to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if is_https { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Path and query, as a request line has them.
    pub(in crate::cli) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Scheme, host and port, without a slash at the end.
    pub(in crate::cli) fn base(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// The same server with another path and query.
    pub(in crate::cli) fn at(&self, path: &str, query: Option<String>) -> Self {
        Self {
            path: path.to_owned(),
            query,
            ..self.clone()
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base(), self.target())
    }
}

impl std::str::FromStr for Url {
    type Err = WrongUrl;

    fn from_str(text: &str) -> Result<Self, WrongUrl> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_nothing_odd_gets_through() {
        for (text, host, port, target) in [
            ("http://h/in?x=1#y", "h", 80, "/in?x=1"),
            ("http://[::1]:8080", "::1", 8080, "/"),
            ("http://h?x", "h", 80, "/?x"),
            ("https://h/a%20b", "h", 443, "/a%20b"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((&*url.host, url.port, &*url.target()), (host, port, target));
        }
        for text in [
            "h/in",
            "http://",
            "http://u@h",
            "http://h:/",
            "http://h:x/",
            "ftp://h/",
            "http://h/a b",
            "http://h/\r\nX: y",
        ] {
            assert_eq!(Url::parse(text), Err(WrongUrl), "{text}");
        }
    }
}
