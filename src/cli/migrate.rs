//! `hookwell migrate`: all that a store holds, into another one of any engine.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::StoreUrl;
use crate::store::moving::{self, Place, Progress};

/// The exit code when the command line is at fault.
const USAGE: u8 = 2;

/// How long is waited between lines where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// Flags of `hookwell migrate`.
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// The store to move: a data folder, or `postgres://USER:PASSWORD@HOST/DATABASE`. With a password in it, better both in their
    /// variables: others on the machine can read a command line
    #[arg(env = "HOOKWELL_FROM", value_parser = StoreUrl::read, hide_env_values = true)]
    from: StoreUrl,
    /// The store that it goes to, likewise
    #[arg(env = "HOOKWELL_TO", value_parser = StoreUrl::read, hide_env_values = true)]
    to: StoreUrl,
}

impl Migrate {
    pub(super) fn run(self) -> ExitCode {
        let (Some(from), Some(to)) = (place(&self.from), place(&self.to)) else {
            super::remark(
                "hookwell: FROM and TO are each a data folder or postgres://USER@HOST/DATABASE",
            );
            return ExitCode::from(USAGE);
        };
        if from == to {
            super::remark("hookwell: FROM and TO are the same");
            return ExitCode::from(USAGE);
        }
        super::run_async(async {
            let mut shown = Shown::new();
            let moved = moving::run(&from, &to, &mut |progress| shown.tell(progress)).await;
            shown.bar.finish_and_clear();
            match moved {
                Ok(moved) => {
                    super::say(&format!(
                        "moved and compared: {} bins, {} captures, {} rows in all",
                        moved.bins, moved.captures, moved.rows
                    ));
                    ExitCode::SUCCESS
                }
                Err(error) => super::complain(&error),
            }
        })
    }
}

fn place(url: &StoreUrl) -> Option<Place> {
    Place::read(url.text())
}

/// A bar on a terminal, a line now and then elsewhere.
struct Shown {
    bar: ProgressBar,
    is_terminal: bool,
    line_at: Option<Instant>,
    is_check: Option<bool>,
}

impl Shown {
    fn new() -> Self {
        // Nothing is drawn before there is something to say.
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {bar:30} {human_pos} of {human_len}, {eta} left")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            is_terminal: std::io::stderr().is_terminal(),
            line_at: None,
            is_check: None,
        }
    }

    fn tell(&mut self, progress: Progress) {
        let what = if progress.is_check {
            "comparing"
        } else {
            "moving"
        };
        // Rows that are being purged are moved too, so that there may be more than bins count.
        let all = progress.all.max(progress.done);
        let is_other = self.is_check.replace(progress.is_check) != Some(progress.is_check);
        self.bar.set_length(all);
        self.bar.set_position(progress.done);
        if is_other {
            self.bar.reset_eta();
            self.bar.set_message(what);
        }
        if self.is_terminal && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.tick();
        }
        let is_time = self.line_at.is_none_or(|at| at.elapsed() >= LINES);
        if !self.is_terminal && (is_other || is_time) {
            self.line_at = Some(Instant::now());
            super::remark(&format!("{what}: {} of {all} captures", progress.done));
        }
    }
}
