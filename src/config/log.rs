//! What is logged, and where traces go.

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

    /// A collector that traces are sent to, over OTLP/HTTP; that of `OTEL_EXPORTER_OTLP_ENDPOINT` where it is not set
    #[arg(long, env = "HOOKWELL_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
}

/// The target of spans that are traced and never logged.
pub const SPANS: &str = "hookwell::spans";

impl LogConfig {
    /// The collector of traces; `None` when none is named.
    pub fn collector(&self) -> Option<String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the standard's own variable, where ours is not set; clap reads only one"
        )]
        let standard = || std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok();
        self.otlp_endpoint
            .clone()
            .or_else(standard)
            .filter(|endpoint| !endpoint.is_empty())
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
