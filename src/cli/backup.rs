//! `hookwell backup` and `hookwell restore`: a copy of the database, made while the server runs, and put back where none does.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::store::sqlite;

/// Flags of `hookwell backup`.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The folder of the database
    #[arg(
        long,
        env = "HOOKWELL_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    data: PathBuf,
    /// Where the backup goes: a file that is not there yet
    file: PathBuf,
}

/// Flags of `hookwell restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The folder that the database goes to: one that has none, and that no server uses
    #[arg(
        long,
        env = "HOOKWELL_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    data: PathBuf,
    /// The backup
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> ExitCode {
        match sqlite::backup(&self.data, &self.file) {
            Ok(bytes) => done(&format!("{bytes} bytes in {}", self.file.display())),
            Err(error) => super::complain(&error),
        }
    }
}

impl Restore {
    pub(super) fn run(self) -> ExitCode {
        match sqlite::restore(&self.file, &self.data) {
            Ok(bytes) => done(&format!("{bytes} bytes in {}", self.data.display())),
            Err(error) => super::complain(&error),
        }
    }
}

fn done(text: &str) -> ExitCode {
    super::say(&super::printable(text));
    ExitCode::SUCCESS
}
