//! `hookwell completions` and `hookwell man`: both made from the flags themselves.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;

/// Flags of `hookwell completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// For which shell
    shell: Shell,
}

/// Flags of `hookwell man`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The folder that the pages are written into; it must be there
    folder: PathBuf,
}

impl Completions {
    pub(super) fn run(&self) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "hookwell", &mut script);
        match io::stdout().lock().write_all(&script) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::complain(&error),
        }
    }
}

impl Man {
    pub(super) fn run(&self) -> ExitCode {
        match clap_mangen::generate_to(Cli::command(), &self.folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => super::complain(&error),
        }
    }
}
