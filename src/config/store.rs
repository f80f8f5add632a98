//! Where data is kept.

use std::path::PathBuf;

/// Where data is kept.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Data")]
pub struct StoreConfig {
    /// The folder for the database; made where it is missing
    #[arg(
        long,
        env = "HOOKWELL_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,
}
