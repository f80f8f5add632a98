//! What is logged.

/// What is logged, to standard error.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Logs")]
pub struct LogConfig {
    /// Which lines: error, warn, info, debug, trace, or a list of `part=level`
    #[arg(
        long,
        env = "HOOKWELL_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,

    /// In which form
    #[arg(long, env = "HOOKWELL_LOG_FORMAT", value_name = "FORM", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
