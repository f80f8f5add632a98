//! What this server may call, and how long it waits there.

use std::time::Duration;

use ipnet::IpNet;

use super::{duration, network};

/// Bounds on what the server itself calls: replays, targets, certificates of providers.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Calls to others")]
pub struct OutboundConfig {
    /// A network that replays and targets may reach although it is not public; repeatable
    #[arg(long = "allow-outbound", env = "HOOKWELL_ALLOW_OUTBOUND", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    pub allow: Vec<IpNet>,

    /// Call nobody: no replays, no targets, no certificates of providers
    #[arg(long, env = "HOOKWELL_OFFLINE", value_parser = clap::builder::BoolishValueParser::new())]
    pub offline: bool,

    /// How long a connection to a target may take to be made, and to be encrypted
    #[arg(long = "outbound-connect-timeout", env = "HOOKWELL_OUTBOUND_CONNECT_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = wait)]
    pub connect_timeout: Duration,

    /// How long a replay or a target's answer may take in all
    #[arg(long = "outbound-timeout", env = "HOOKWELL_OUTBOUND_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = wait)]
    pub timeout: Duration,
}

/// A time to wait: a call without an end would keep its place for ever.
fn wait(text: &str) -> Result<Duration, String> {
    let wait = duration(text)?;
    if wait.is_zero() {
        Err("a call of others needs a limit: write a time above 0".to_owned())
    } else {
        Ok(wait)
    }
}
