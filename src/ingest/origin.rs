//! Where a request comes from: the peer, or what trusted proxies say.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use ipnet::IpNet;

use crate::model::Scheme;

/// Who sent a request, and under which address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The sender's address.
    pub client: IpAddr,
    /// The scheme that the sender used.
    pub scheme: Scheme,
    /// The host that a trusted proxy says was addressed.
    pub host: Option<String>,
}

/// An address in its plain form: IPv4 inside of IPv6 is IPv4.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

/// Reads the origin of a request.
///
/// `X-Forwarded-For` is walked from the right, over all its lines, as long as the addresses are
/// trusted proxies': the first that is not is the client, and what stands left of it is anybody's word.
pub fn of(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Origin {
    let peer = plain(peer.ip());
    let mut origin = Origin {
        client: peer,
        scheme: Scheme::Http,
        host: None,
    };
    if trusted.is_empty() || !is_trusted(peer, trusted) {
        return origin;
    }
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(ip) = address(entry.trim()) else {
            break;
        };
        origin.client = ip;
        if !is_trusted(ip, trusted) {
            break;
        }
    }
    let last = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .next_back()?
            .to_str()
            .ok()?
            .rsplit(',')
            .next()
            .map(str::trim)
    };
    if last("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https")) {
        origin.scheme = Scheme::Https;
    }
    origin.host = last("x-forwarded-host")
        .filter(|host| !host.is_empty())
        .map(str::to_owned);
    origin
}

/// An address with or without port, brackets or zone.
fn address(text: &str) -> Option<IpAddr> {
    let ip = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|peer| peer.ip()));
    let bare = || {
        text.trim_start_matches('[')
            .split([']', '%'])
            .next()?
            .parse()
            .ok()
    };
    ip.or_else(bare).map(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        of(peer.parse().unwrap(), &headers, &trusted)
            .client
            .to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(
            client("127.0.0.1:1", &["1.2.3.4, 203.0.113.9"], &[]),
            "127.0.0.1"
        );
        assert_eq!(
            client("192.0.2.1:1", &["1.2.3.4"], &["10.0.0.0/8"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn the_first_untrusted_address_from_the_right_is_the_client() {
        let trusted = &["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"];
        assert_eq!(
            client("127.0.0.1:1", &["1.2.3.4, 203.0.113.9"], trusted),
            "203.0.113.9"
        );
        assert_eq!(
            client(
                "127.0.0.1:1",
                &["1.2.3.4", "203.0.113.9", "10.0.0.7:8080, [fd00::1]:99"],
                trusted
            ),
            "203.0.113.9"
        );
        assert_eq!(client("127.0.0.1:1", &["10.0.0.1"], trusted), "10.0.0.1");
        assert_eq!(
            client("127.0.0.1:1", &["1.2.3.4, unknown"], trusted),
            "127.0.0.1"
        );
        assert_eq!(
            client("[::ffff:127.0.0.1]:1", &["::ffff:203.0.113.9"], trusted),
            "203.0.113.9"
        );
        assert_eq!(
            client("127.0.0.1:1", &["[fe80::1%eth0]"], trusted),
            "fe80::1"
        );
    }
}
