//! The command line: one file a command.
//!
//! The top floor: it may know everything and nothing knows it. A command reads its settings, runs, and says how it went by its
//! exit code; messages go through [`say`] and [`complain`], since nothing else in the program prints.
//!
//! To add a command: a file here and a variant of [`Command`].

mod healthcheck;
mod post;
mod send;
mod serve;
mod verify;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// A self-hosted request inspector: see every webhook arrive, byte for byte.
#[derive(Debug, Parser)]
#[command(name = "hookwell", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What hookwell can do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Box<serve::Serve>),
    /// Ask a running server whether it is ready; for container health checks
    Healthcheck(healthcheck::Healthcheck),
    /// Send a sample event, signed as its provider signs; exit code 0 when each was answered with success
    Send(send::Send),
    /// Check the signature of a raw HTTP request; exit code 0 when it is valid, 1 when not, 2 when it cannot be checked
    Verify(verify::Verify),
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Healthcheck(healthcheck) => healthcheck.run(),
        Command::Send(send) => send.run(),
        Command::Verify(verify) => verify.run(),
    }
}

/// A line for the user, to standard output.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe is no reason to stop serving.
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// A failure and its causes, to standard error.
fn complain(error: &dyn Error) -> ExitCode {
    let mut text = format!("hookwell: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    writeln!(std::io::stderr().lock(), "{text}").ok(); // There is nowhere else to say it.
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_of_serve_has_a_variable_and_a_group() {
        let command = Cli::command();
        let serve = command.find_subcommand("serve").unwrap();
        for flag in serve
            .get_arguments()
            .filter(|flag| !["help", "version"].contains(&flag.get_id().as_str()))
        {
            let long = flag.get_long().unwrap();
            let variable = format!("HOOKWELL_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(
                flag.get_env().and_then(|name| name.to_str()),
                Some(variable.as_str()),
                "{long}"
            );
            assert!(
                flag.get_help_heading().is_some(),
                "{long} stands in no group"
            );
            assert!(flag.get_help().is_some(), "{long} has no help");
        }
    }
}
