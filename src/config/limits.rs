//! How much is accepted, and for how long is waited.

use std::time::Duration;

use super::{bytes, duration};

/// Bounds on what a sender, or all of them together, may take.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits (0 is unlimited)")]
pub struct LimitsConfig {
    /// The largest body that is kept whole; a larger one is cut, marked truncated and answered 413
    #[arg(long, env = "HOOKWELL_MAX_BODY", value_name = "SIZE", default_value = "10M", value_parser = bytes)]
    pub max_body: u64,

    /// Memory for all bodies in flight together; beyond it reading waits
    #[arg(long, env = "HOOKWELL_BODY_MEMORY", value_name = "SIZE", default_value = "256M", value_parser = bytes)]
    pub body_memory: u64,

    /// How long a sender waits for that memory before it gets 503
    #[arg(long, env = "HOOKWELL_BODY_MEMORY_WAIT", value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub body_memory_wait: Duration,

    /// The largest request head (request line and headers)
    #[arg(long, env = "HOOKWELL_MAX_HEAD", value_name = "SIZE", default_value = "128k", value_parser = bytes)]
    pub max_head: u64,

    /// The most header fields in a request
    #[arg(
        long,
        env = "HOOKWELL_MAX_HEADERS",
        value_name = "COUNT",
        default_value_t = 500
    )]
    pub max_headers: usize,

    /// The most connections at once
    #[arg(
        long,
        env = "HOOKWELL_MAX_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 20_000
    )]
    pub max_connections: usize,

    /// The most watchers of one bin at once
    #[arg(
        long,
        env = "HOOKWELL_MAX_WATCHERS",
        value_name = "COUNT",
        default_value_t = 20_000
    )]
    pub max_watchers: usize,

    /// How long a request head may take from its first byte to its last
    #[arg(long, env = "HOOKWELL_HEAD_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub head_timeout: Duration,

    /// How long a body may pause
    #[arg(long, env = "HOOKWELL_BODY_IDLE_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub body_idle_timeout: Duration,

    /// How long a body may take in all
    #[arg(long, env = "HOOKWELL_BODY_TIMEOUT", value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub body_timeout: Duration,

    /// How long a connection may rest between two requests
    #[arg(long, env = "HOOKWELL_KEEP_ALIVE_TIMEOUT", value_name = "TIME", default_value = "75s", value_parser = duration)]
    pub keep_alive_timeout: Duration,

    /// How long a reader that takes nothing is waited for
    #[arg(long, env = "HOOKWELL_WRITE_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,

    /// How long requests may go on after the server was told to stop
    #[arg(long, env = "HOOKWELL_DRAIN_TIMEOUT", value_name = "TIME", default_value = "8s", value_parser = duration)]
    pub drain_timeout: Duration,
}
