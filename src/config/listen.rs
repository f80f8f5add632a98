//! Addresses, names, and who is believed.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::network;

/// Where hookwell listens, and under which names it is known.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Addresses")]
pub struct ListenConfig {
    /// Address and port to serve on; port 0 takes a free one
    #[arg(
        long,
        env = "HOOKWELL_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// The address that people and senders reach this server under, when that is not --listen
    #[arg(long, env = "HOOKWELL_PUBLIC_URL", value_name = "URL", value_parser = PublicUrl::parse)]
    pub public_url: Option<PublicUrl>,

    /// A domain of which every subdomain is a bin: {bin}.DOMAIN captures, like /{bin} does
    #[arg(long, env = "HOOKWELL_CAPTURE_DOMAIN", value_name = "DOMAIN", value_parser = domain)]
    pub capture_domain: Option<String>,

    /// A further host name under which pages and API answer (localhost, IP addresses and the public URL's always do)
    #[arg(long = "allow-host", env = "HOOKWELL_ALLOW_HOST", value_name = "HOST", value_delimiter = ',', value_parser = domain)]
    pub allow_hosts: Vec<String>,

    /// Address and port to serve /metrics on, for Prometheus; nothing else is answered there. Not served where it is not set
    #[arg(long, env = "HOOKWELL_METRICS_LISTEN", value_name = "ADDR:PORT")]
    pub metrics_listen: Option<SocketAddr>,

    /// Proxies whose X-Forwarded-For, -Proto and -Host are believed
    #[arg(long = "trusted-proxy", env = "HOOKWELL_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
}

impl ListenConfig {
    /// The public URL without a slash at the end; `None` when none is set.
    pub fn public_base(&self) -> Option<String> {
        let url = self.public_url.as_ref()?;
        let scheme = if url.https { "https" } else { "http" };
        Some(format!("{scheme}://{}", url.authority))
    }
}

/// Scheme, host and port of the address that people use; no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Whether the scheme is https.
    pub https: bool,
    /// Host, with the port where one is written; in lower case.
    pub authority: String,
}

impl PublicUrl {
    /// Reads `https://hooks.example.com` or `http://host:8080/`.
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: axum::http::Uri = text
            .parse()
            .map_err(|_| "expected a URL such as https://hooks.example.com".to_owned())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("expected a URL that begins with http:// or https://".to_owned()),
        };
        let authority = uri
            .authority()
            .ok_or("expected a host behind the scheme")?
            .as_str()
            .to_ascii_lowercase();
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.contains('@') {
            return Err(
                "expected scheme, host and port only: hookwell serves from the root of its host"
                    .to_owned(),
            );
        }
        Ok(Self { https, authority })
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        host_of(&self.authority)
    }
}

/// The host of a `host:port` pair, with the brackets of an IPv6 address kept.
pub fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!host.contains(':') || host.ends_with(']')) =>
        {
            host
        }
        _ => authority,
    }
}

fn domain(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('.').to_ascii_lowercase();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if text.is_empty() || !plain {
        Err("expected a host name, without scheme or port".to_owned())
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_scheme_and_host() {
        let url = PublicUrl::parse("https://Hooks.Example.com:8443/").unwrap();
        assert_eq!(
            (url.https, url.authority.as_str(), url.host()),
            (true, "hooks.example.com:8443", "hooks.example.com")
        );
        for text in [
            "hooks.example.com",
            "ftp://x",
            "https://x/path",
            "https://u@x",
            "",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_cut_from_their_ports() {
        assert_eq!(host_of("localhost:8080"), "localhost");
        assert_eq!(host_of("[::1]:8080"), "[::1]");
        assert_eq!(host_of("[::1]"), "[::1]");
        assert_eq!(host_of("::1"), "::1");
        assert_eq!(host_of("example.com"), "example.com");
    }
}
