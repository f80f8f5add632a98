//! The command line: one file a command.
//!
//! The top floor: it may know everything and nothing knows it. A command reads its settings, runs, and says how it went by its
//! exit code; messages go through [`say`] and [`complain`], since nothing else in the program prints.
//!
//! To add a command: a file here and a variant of [`Command`].

mod backup;
mod check;
mod client;
mod export;
mod follow;
mod healthcheck;
mod http;
mod import;
mod listen;
mod local;
mod memory;
mod migrate;
mod open;
mod pages;
mod place;
mod relay;
mod report;
mod send;
mod serve;
mod stream;
mod tail;
mod traces;
mod verify;
mod wait;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::outbound::in_words;

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
    /// Send captures on to a program on this machine as they arrive; makes a bin where there is none
    Listen(Box<listen::Listen>),
    /// Send a request on to a program on this machine once more; exit code 0 when it was answered with success
    Replay(Box<listen::Replay>),
    /// Print captures as they arrive, a line of JSON each
    Tail(tail::Tail),
    /// Wait for captures; exit code 0 when they came, 1 when not in time, 2 when it cannot be told
    Wait(wait::Wait),
    /// Open the bin's page in the browser
    Open(open::Open),
    /// Write the captures of a bin into a file
    Export(export::Export),
    /// Take captures back out of a file, HAR or NDJSON; exit code 0 when all of them could be read
    Import(import::Import),
    /// Copy the database into a file, also while the server runs
    Backup(backup::Backup),
    /// Put a backup into a data folder that has no database
    Restore(backup::Restore),
    /// Look whether the database, or a backup, is sound; exit code 0 when it is, 1 when not, 2 when it cannot be told
    Check(check::Check),
    /// Move all that a store holds into another one, between engines too; exit code 0 when both sides are the same in the end
    ///
    /// Bins go along with their keys and numbers, share links, requests, notes, replies, attempts, and what waits to be sent on. Stop the
    /// servers of both stores first. TO has to be empty. When a move is broken off, the same command goes on with it; until it has
    /// finished, TO is not served. At the end all rows of both are read and compared. FROM stays as it is.
    Migrate(migrate::Migrate),
    /// Send a sample event, signed as its provider signs; exit code 0 when each was answered with success
    Send(send::Send),
    /// Check the signature of a raw HTTP request; exit code 0 when it is valid, 1 when not, 2 when it cannot be checked
    Verify(verify::Verify),
    /// Print a script that completes commands and flags in a shell
    Completions(pages::Completions),
    /// Write the manual pages
    Man(pages::Man),
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Healthcheck(healthcheck) => healthcheck.run(),
        Command::Listen(listen) => listen.run(),
        Command::Replay(replay) => replay.run(),
        Command::Tail(tail) => tail.run(),
        Command::Wait(wait) => wait.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Open(open) => open.run(),
        Command::Export(export) => export.run(),
        Command::Import(import) => import.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Check(check) => check.run(),
        Command::Migrate(migrate) => migrate.run(),
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

/// A remark for the user, to standard error.
fn remark(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok(); // There is nowhere else to say it.
}

/// A failure and its causes, to standard error.
fn complain(error: &dyn Error) -> ExitCode {
    remark(&format!("hookwell: {}", printable(&told(error))));
    ExitCode::FAILURE
}

/// A failure and its causes, in one line.
fn told(error: &dyn Error) -> String {
    let mut text = in_words(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {}", in_words(error));
        cause = error.source();
    }
    text
}

/// The text without what a terminal would obey or reorder: much of what is told comes from strangers. Written as JSON does, so that
/// JSON stays what it is.
fn printable(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_odd(character) {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// Runs what waits for others, on this thread.
fn run_async(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(work);
            // A look-up of a name that still runs is nobody's any more.
            runtime.shutdown_background();
            code
        }
        Err(error) => complain(&error),
    }
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
    fn a_terminal_is_not_told_what_to_do() {
        let odd = "a\u{1b}]0;x\u{7}\u{9b}2J\u{202e}é";
        assert_eq!(printable(odd), "a\\u001b]0;x\\u0007\\u009b2J\\u202eé");
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
