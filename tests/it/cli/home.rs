//! A home folder, and commands that are run by who lives there.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{Bin, Ends, Server};

/// Somebody with a home of their own, who remembers no bin yet.
pub(crate) struct Home {
    folder: TempDir,
    server: String,
}

impl Home {
    pub(crate) fn new(server: &Server) -> Self {
        Self::at(server.base())
    }

    /// Somebody who knows the servers by another address.
    pub(crate) fn at(server: String) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            server,
        }
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A command with the server in its variable, and the bin's key where there is one.
    pub(crate) fn command(&self, bin: Option<&Bin>, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookwell"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("HOOKWELL_BIN")
            .env("HOOKWELL_SERVER", &self.server)
            .env("XDG_CONFIG_HOME", self.folder.path())
            .envs(bin.map(|bin| ("HOOKWELL_BIN", &bin.key)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, bin: &Bin, words: &[&str]) -> Output {
        self.command(Some(bin), words).to_end()
    }

    /// The same, with something to read.
    pub(crate) fn feed(&self, bin: &Bin, words: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(Some(bin), words);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).ok(); // It may end before it has read all.
        child.to_end()
    }

    pub(crate) fn start(&self, bin: Option<&Bin>, words: &[&str]) -> Child {
        self.command(bin, words).spawn().unwrap()
    }
}

/// Exit code, standard output and standard error.
pub(crate) fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
