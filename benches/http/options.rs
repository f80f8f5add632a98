//! What to measure, and for how long.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Drives hookwell and a server that stores nothing with the same load, and prints the ratios
#[derive(Debug, Clone, Parser)]
#[command(name = "make bench BENCH='…'")]
pub(crate) struct Options {
    /// What to measure; everything when nothing is named
    #[arg(value_enum)]
    pub(crate) scenarios: Vec<Name>,

    /// How often both servers are measured, in turn
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,

    /// How long each measurement takes, after half a second of warming up
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,

    /// Connections of the throughput measurement (one connection is always measured too)
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,

    /// Captures in the full bin
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) captures: u64,

    /// The longest that filling it may take, in seconds; the bin is then measured as full as it is
    #[arg(long, default_value_t = 300)]
    pub(crate) fill_seconds: u64,

    /// Idle watchers
    #[arg(long, default_value_t = 10_000)]
    pub(crate) watchers: usize,

    /// Captures per second while the delay of events is measured
    #[arg(long, default_value_t = 500)]
    pub(crate) rate: u32,

    /// The folder below which databases are made; they are removed at the end
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    pub(crate) data: PathBuf,

    /// The hookwell to measure
    #[arg(long, default_value = env!("CARGO_BIN_EXE_hookwell"))]
    pub(crate) hookwell: PathBuf,

    /// Be the server that stores nothing
    #[arg(long, hide = true)]
    pub(crate) null_server: bool,

    /// This process may already open as many files as it can get
    #[arg(long, hide = true)]
    pub(crate) files_raised: bool,

    /// Cargo adds this
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// A thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// Requests per second and latency beside the null server, at many connections and at one
    Throughput,
    /// The same for a bin with very many captures beside an empty one, and its first page
    Million,
    /// Nodes over PostgreSQL, beside the database alone
    Postgres,
    /// Memory per idle watcher
    Watchers,
    /// Memory per sender whose answer is held back
    Waiting,
    /// From POST to the watcher's event
    Delay,
    /// What captures lose while a thousand targets do not answer
    DeadTargets,
    /// From start to the first answer, and memory at rest
    Start,
    /// Peak memory while large bodies arrive
    Bodies,
    /// Time of searches in 100,000 captures
    Search,
    /// Time to open a capture of 10 MiB
    Open,
    /// How long a browser is busy at a stretch while requests pour into a full list
    Smooth,
    /// Recognising senders and checking signatures
    Senders,
}

impl Options {
    /// What to measure, in order.
    pub(crate) fn chosen(&self) -> Vec<Name> {
        if self.scenarios.is_empty() {
            Name::value_variants().to_vec()
        } else {
            self.scenarios.clone()
        }
    }
}
