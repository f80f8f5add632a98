//! `hookwell check`: whether a database, or a backup of one, is whole and does not contradict itself.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::store::sqlite;

/// The exit code when it cannot be told: the file is not there, or was written by a newer hookwell.
const UNKNOWN: u8 = 2;

/// Flags of `hookwell check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The folder of the database
    #[arg(
        long,
        env = "HOOKWELL_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    data: PathBuf,
    /// A backup to look at instead
    file: Option<PathBuf>,
}

impl Check {
    pub(super) fn run(self) -> ExitCode {
        let file = self.file.unwrap_or_else(|| sqlite::file_in(&self.data));
        match sqlite::check(&file) {
            Ok(faults) if faults.is_empty() => {
                super::say(&super::printable(&format!("{} is sound", file.display())));
                ExitCode::SUCCESS
            }
            Ok(faults) => {
                for fault in faults {
                    super::remark(&super::printable(&fault));
                }
                super::say(&super::printable(&format!("{} is damaged", file.display())));
                ExitCode::FAILURE
            }
            Err(error) => {
                super::complain(&error);
                ExitCode::from(UNKNOWN)
            }
        }
    }
}
