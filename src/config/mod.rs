//! What the operator sets: a flag, its `HOOKWELL_…` variable, its default, checked once.
//!
//! One file per concern, each a clap group; [`Config`] only puts them together. Read at start and handed down; nothing else
//! in the program reads the environment. A new setting goes into the group of its concern, with a sentence of help.

pub mod limits;
pub mod listen;
pub mod log;
pub mod outbound;
pub mod store;

pub use limits::LimitsConfig;
pub use listen::ListenConfig;
pub use log::{LogConfig, LogFormat};
pub use outbound::OutboundConfig;
pub use store::{StoreConfig, StoreKind, StoreUrl};

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

/// All settings of `hookwell serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Addresses and names.
    #[command(flatten)]
    pub listen: ListenConfig,
    /// Where data is kept.
    #[command(flatten)]
    pub store: StoreConfig,
    /// How much of what is accepted.
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// What the server itself calls.
    #[command(flatten)]
    pub outbound: OutboundConfig,
    /// What is logged.
    #[command(flatten)]
    pub log: LogConfig,
}

impl Config {
    /// The defaults.
    ///
    /// # Panics
    /// Never: a unit test reads the defaults.
    pub fn with_defaults() -> Self {
        #[derive(clap::Parser)]
        struct Bare {
            #[command(flatten)]
            config: Config,
        }
        <Bare as clap::Parser>::try_parse_from(["hookwell"])
            .expect("the defaults are valid")
            .config
    }
}

/// A network, or a single address as a network of one.
fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "expected an address or a network such as 10.0.0.0/8".to_owned())
}

/// A number and the unit behind it.
fn with_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit))
}

/// Reads `500ms`, `30s`, `2m`, `1h` or a bare number of seconds; `0` is no limit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = with_unit(text).and_then(|(number, unit)| match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    });
    duration
        .filter(|&time| time <= LONGEST)
        .ok_or_else(|| "write a time as 500ms, 30s, 2m or 1h, of at most 100 years".to_owned())
}

/// The longest time that is taken: the clock can still be set forward by it.
const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);

/// Reads a number of bytes: `4096`, `64k`, `10M`, `1G` (powers of 1024); `0` is no limit.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = with_unit(text).ok_or(SIZE_FORM)?;
    let scale = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err(SIZE_FORM.to_owned()),
    };
    number
        .checked_mul(scale)
        .ok_or_else(|| "this is more than there can be".to_owned())
}

/// How a size is written.
const SIZE_FORM: &str = "write a size as 4096, 64k, 10M or 1G";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        let config = Config::with_defaults();
        assert_eq!(config.listen.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.limits.max_body, 10 << 20);
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        assert_eq!(network("10.0.0.2").unwrap().to_string(), "10.0.0.2/32");
        assert!(network("10.0.0.0/40").is_err());
    }

    #[test]
    fn times_and_sizes_are_read_as_people_write_them() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert!(
            duration("soon").is_err()
                && duration("5 s").is_err()
                && duration("99999999999999999999h").is_err()
        );
        // What is added to the time of now.
        let longest = duration("878400h").unwrap();
        assert!(std::time::Instant::now().checked_add(longest).is_some());
        assert!(duration("878401h").is_err() && duration("18446744073709551615").is_err());
        assert_eq!(bytes("10M"), Ok(10 << 20));
        assert_eq!(bytes("64KiB"), Ok(64 << 10));
        assert!(bytes("x").is_err() && bytes("99999999999G").is_err());
    }
}
