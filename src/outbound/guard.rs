//! Which addresses may be called: public ones, and those that the operator allowed.
//!
//! The ranges are those of the IANA registries for special purposes
//! (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).
//! Of IPv6 nothing is public but what is handed out (`2000::/3`), without the ranges that carry an IPv4 address inside: whatever stands
//! there is reached by a machine that nobody asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// IPv4 addresses that are not public: first address, length of the prefix, what they are.
const V4: [([u8; 4], u8, &str); 18] = [
    ([0, 0, 0, 0], 8, "of this host or network"),
    ([10, 0, 0, 0], 8, "private"),
    (
        [100, 64, 0, 0],
        10,
        "shared by a carrier's customers (CGNAT)",
    ),
    ([127, 0, 0, 0], 8, "of this machine itself (loopback)"),
    ([168, 63, 129, 16], 32, "a cloud's own (metadata)"),
    ([169, 254, 169, 254], 32, "a cloud's own (metadata)"),
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "reserved for protocols"),
    ([192, 0, 2, 0], 24, "for documentation"),
    ([192, 88, 99, 0], 24, "a relay between IPv4 and IPv6"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "for benchmarks"),
    ([198, 51, 100, 0], 24, "for documentation"),
    ([203, 0, 113, 0], 24, "for documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([255, 255, 255, 255], 32, "broadcast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// IPv6 addresses that are not public, inside of what is handed out and outside: the first that fits says what they are.
const V6: [([u16; 8], u8, &str); 18] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "of no host (unspecified)"),
    (
        [0, 0, 0, 0, 0, 0, 0, 1],
        128,
        "of this machine itself (loopback)",
    ),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, CARRIES_V4),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, CARRIES_V4),
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, CARRIES_V4),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, CARRIES_V4),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, CARRIES_V4),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "for traffic to drop"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, CARRIES_V4),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "for benchmarks"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "for documentation"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "reserved for protocols"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, CARRIES_V4),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "for documentation"),
    (
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
        128,
        "a cloud's own (metadata)",
    ),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

/// IPv4-compatible and -translated, NAT64 (RFC 6052, RFC 8215), Teredo (RFC 4380), 6to4 (RFC 3056).
const CARRIES_V4: &str = "an IPv6 form of an IPv4 address";

/// What an address is that is not public; `None` for one that is.
pub fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    }
}

fn v4(ip: Ipv4Addr) -> Option<&'static str> {
    let has = |first: [u8; 4], length: u8| {
        let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
        (ip.to_bits() ^ Ipv4Addr::from(first).to_bits()) & mask == 0
    };
    V4.iter()
        .find(|&&(first, length, _)| has(first, length))
        .map(|&(_, _, what)| what)
}

fn v6(ip: Ipv6Addr) -> Option<&'static str> {
    let has = |first: [u16; 8], length: u8| {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        (ip.to_bits() ^ Ipv6Addr::from(first).to_bits()) & mask == 0
    };
    let known = V6.iter().find(|&&(first, length, _)| has(first, length));
    // ISATAP (RFC 5214 section 6.1): any network, and an IPv4 address in the last four bytes.
    let is_isatap = matches!(ip.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, _, _]);
    match known {
        Some(&(_, _, what)) => Some(what),
        None if is_isatap => Some(CARRIES_V4),
        None if has([0x2000, 0, 0, 0, 0, 0, 0, 0], 3) => None,
        None => Some("not handed out"),
    }
}

/// Judges addresses before they are called.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

impl Guard {
    /// A guard that also lets these networks through.
    pub fn allowing(networks: &[IpNet]) -> Self {
        Self {
            allowed: networks.to_vec(),
        }
    }

    /// Judges an address; what it is when it may not be called.
    ///
    /// # Errors
    /// What the address is, in a few words.
    pub fn judge(&self, ip: IpAddr) -> Result<(), &'static str> {
        let ip = ip.to_canonical();
        match not_public(ip) {
            Some(_) if self.allowed.iter().any(|network| network.contains(&ip)) => Ok(()),
            Some(what) => Err(what),
            None => Ok(()),
        }
    }
}
