//! How fast hookwell is, and how much it weighs, beside a server that stores nothing.
//!
//! `make bench` runs everything, `make bench BENCH='throughput --seconds 5'` a part of it; `BENCH=--help` lists the parts. It
//! starts the release build as a process of its own, with its own settings (so with `synchronous=FULL`) on a free port and a
//! temporary data folder, and talks to it over real sockets; the null server runs on the same accept loop and the same axum.
//!
//! Absolute numbers of one machine say little about another, and a machine is seldom quiet. So both servers are measured in
//! turn, round after round, under the same load; what is printed is the ratio of each round's pair, as the median over the
//! rounds with its least and its greatest. A missed aim does not fail the run: this is a measurement, not a test.
//!
//! - [`request`], [`answer`], [`load`]: what is sent, how answers are read, in which rhythm.
//! - [`child`], [`null`], [`bin`]: the servers and what is asked of them.
//! - [`scenario`]: one file for each thing that is measured.
//! - [`statistics`], [`machine`], [`report`]: what is printed.

#![expect(clippy::print_stdout, reason = "what a benchmark prints is its result")]

mod answer;
mod bin;
mod child;
#[path = "../../tests/it/support/driver.rs"]
mod driver;
mod load;
mod machine;
mod null;
mod options;
#[path = "../../tests/it/support/postgres.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "it is the tests' own, which stop it and start it again"
)]
mod postgres;
mod report;
mod request;
mod scenario;
mod statistics;

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::Parser as _;

use crate::options::{Name, Options};

/// Whatever went wrong: a benchmark has nobody who would tell one failure from another.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
/// With any [`Failure`].
pub(crate) type Result<T> = std::result::Result<T, Failure>;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done about a standard error that is closed.
            writeln!(std::io::stderr(), "bench: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    if !options.files_raised {
        return Err(raise_files());
    }
    if options.null_server {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(null::serve());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::fs::create_dir_all(&options.data)?;
    println!("{}\n", machine::describe(&options.data)?);
    let mut rows = Vec::new();
    for name in options.chosen() {
        rows.extend(runtime.block_on(measure(name, options))?);
    }
    println!("\n{}", report::table(&rows));
    Ok(())
}

async fn measure(name: Name, options: &Options) -> Result<Vec<report::Row>> {
    match name {
        Name::Throughput => scenario::throughput::run(options).await,
        Name::Million => scenario::million::run(options).await,
        Name::Watchers => scenario::watchers::run(options).await,
        Name::Waiting => scenario::waiting::run(options).await,
        Name::Delay => scenario::delay::run(options).await,
        Name::DeadTargets => scenario::dead_targets::run(options).await,
        Name::Start => scenario::start::run(options).await,
        Name::Bodies => scenario::bodies::run(options).await,
        Name::Postgres => scenario::postgres::run(options).await,
        Name::Open => scenario::open::run(options).await,
        Name::Smooth => scenario::smooth::run(options).await,
        Name::Search => scenario::search::run(options).await,
        Name::Senders => scenario::senders::run(options),
    }
}

/// Becomes the same program with as many open files as there may be: ten thousand watchers are as many sockets, here and in
/// the server. Only comes back when that fails.
///
/// By the shell's `ulimit`, as the standard library cannot do it: to a million where root may raise the hard limit, else up
/// to that.
fn raise_files() -> Failure {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error.into(),
    };
    let script = r#"ulimit -n 1000000 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@""#;
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program)
        .arg("--files-raised")
        .args(std::env::args_os().skip(1))
        .exec()
        .into()
}
