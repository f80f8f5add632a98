//! `hookwell open`: the bin's page, in the browser.

use std::process::{Command, ExitCode, Stdio};

use super::client::Door;

/// Programs that open an address, by the system's own choice of browser.
const OPENERS: [&str; 4] = ["xdg-open", "open", "wslview", "x-www-browser"];

/// Flags of `hookwell open`.
#[derive(Debug, clap::Args)]
pub struct Open {
    #[command(flatten)]
    door: Door,
    /// The number of a request, to open that
    number: Option<u64>,
    /// Only say the address
    #[arg(long)]
    print: bool,
    /// The program to open it with
    #[arg(long, env = "BROWSER", value_name = "PROGRAM")]
    browser: Option<String>,
}

impl Open {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.door.open().await {
                Ok(client) => {
                    let below = self.number.map(|n| format!("/requests/{n}"));
                    self.show(&format!("{}{}", client.page(), below.unwrap_or_default()))
                }
                Err(error) => super::complain(&error),
            }
        })
    }

    fn show(&self, address: &str) -> ExitCode {
        if self.print {
            super::say(address);
            return ExitCode::SUCCESS;
        }
        let chosen = self.browser.iter().map(String::as_str);
        for program in chosen.chain(OPENERS) {
            let mut command = Command::new(program);
            command.arg(address).stdin(Stdio::null());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            if command.status().is_ok_and(|status| status.success()) {
                return ExitCode::SUCCESS;
            }
        }
        super::say(address);
        super::complain(&std::io::Error::other(
            "no browser could be started; open the address yourself",
        ))
    }
}
