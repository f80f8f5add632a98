//! Processes that end, or else the test: one that waited without end would hold up all others, and nobody would learn which.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::{LONGEST, eventually_within};

/// A program that is run to its end.
pub(crate) trait Ends {
    /// Runs it, with nothing to read (any more), and gives what it said.
    ///
    /// # Panics
    /// When it cannot be started or does not end in time; then it is killed.
    fn to_end(&mut self) -> Output;
}

impl Ends for Command {
    fn to_end(&mut self) -> Output {
        let name = self.get_program().to_owned();
        self.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", name.display()))
            .to_end()
    }
}

impl Ends for Child {
    fn to_end(&mut self) -> Output {
        drop(self.stdin.take());
        let all = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut all = Vec::new();
                stream.map(|mut stream| stream.read_to_end(&mut all).unwrap());
                all
            })
        };
        let stdout = all(self.stdout.take().map(|stream| Box::new(stream) as _));
        let stderr = all(self.stderr.take().map(|stream| Box::new(stream) as _));
        let status = ended(self);
        Output {
            status,
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        }
    }
}

/// How a process ended.
///
/// # Panics
/// When it does not in time; then it is killed.
pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let ended = eventually_within(LONGEST, || child.try_wait().unwrap());
    ended.unwrap_or_else(|| {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("process {} did not end", child.id());
    })
}
