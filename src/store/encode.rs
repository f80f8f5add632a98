//! How values of the model are written in a row: the same in every engine.

use std::net::{IpAddr, SocketAddr};

use crate::model::{CaptureNumber, Delivery, Draft};

/// A count as databases keep it; what is beyond its range is clamped.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An address as 4 or 16 bytes.
pub(super) fn ip_bytes(ip: IpAddr, buffer: &mut [u8; 18]) -> usize {
    match ip {
        IpAddr::V4(ip) => {
            buffer[..4].copy_from_slice(&ip.octets());
            4
        }
        IpAddr::V6(ip) => {
            buffer[..16].copy_from_slice(&ip.octets());
            16
        }
    }
}

/// An address and a port as 6 or 18 bytes.
pub(super) fn peer_bytes(peer: SocketAddr, buffer: &mut [u8; 18]) -> usize {
    let at = ip_bytes(peer.ip(), buffer);
    buffer[at..at + 2].copy_from_slice(&peer.port().to_be_bytes());
    at + 2
}

/// An address of its bytes.
pub(super) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        Some(v4.into())
    } else {
        <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
    }
}

/// An address and a port of their bytes.
pub(super) fn peer(bytes: &[u8]) -> Option<SocketAddr> {
    let (address, port) = bytes.split_last_chunk::<2>()?;
    Some(SocketAddr::new(ip(address)?, u16::from_be_bytes(*port)))
}

/// What a draft counts towards the bin's `keep.bytes`.
pub(super) fn weight(draft: &Draft) -> u64 {
    (draft.body.bytes.len() + draft.envelope.head.headers.block().len()) as u64
}

/// Bits of what is kept of a delivery in one number.
pub(super) const OTHER_BODY: i64 = 1;
pub(super) const OTHER_TYPE: i64 = 2;
pub(super) const REPLAYED: i64 = 4;
pub(super) const OUT_OF_ORDER: i64 = 8;

/// A delivery, out of what is kept of it.
pub(super) fn delivery(number: u64, first: u64, previous: Option<u64>, flags: i64) -> Delivery {
    Delivery {
        number,
        first: CaptureNumber(first),
        previous: previous.map(CaptureNumber),
        same_body: flags & OTHER_BODY == 0,
        same_type: flags & OTHER_TYPE == 0,
        replayed: flags & REPLAYED != 0,
        out_of_order: flags & OUT_OF_ORDER != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_their_bytes() {
        for text in ["203.0.113.7:80", "[2001:db8::1]:65535"] {
            let peer: SocketAddr = text.parse().unwrap();
            let mut buffer = [0; 18];
            let length = peer_bytes(peer, &mut buffer);
            assert_eq!(ip(&buffer[..length - 2]), Some(peer.ip()));
        }
        assert_eq!(ip(b"12345"), None);
    }
}
