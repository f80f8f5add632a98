//! Servers as processes of their own: started on a free port, weighed from outside, ended by their id.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Result;
use crate::options::Options;

/// The longest that a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its database, for hookwell.
    data: Option<TempDir>,
}

impl Server {
    /// A hookwell with an empty data folder and the settings that it has when none are given.
    pub(crate) fn hookwell(options: &Options) -> Result<Self> {
        Self::hookwell_with(options, &[])
    }

    /// The same with flags.
    pub(crate) fn hookwell_with(options: &Options, flags: &[&str]) -> Result<Self> {
        let data = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(&options.data)?;
        let mut command = hookwell_command(options, data.path())?;
        let (child, address) = start(command.args(flags))?;
        Ok(Self {
            child,
            address,
            data: Some(data),
        })
    }

    /// A hookwell over a PostgreSQL database.
    pub(crate) fn over(options: &Options, url: &str) -> Result<Self> {
        let data = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(&options.data)?;
        let mut command = hookwell_command(options, data.path())?;
        // As an environment variable it would be taken away with those of whoever runs this.
        let (child, address) = start(command.args(["--store", url]))?;
        Ok(Self {
            child,
            address,
            data: Some(data),
        })
    }

    /// The server that stores nothing.
    pub(crate) fn null() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--null-server", "--files-raised"]);
        let (child, address) = start(command.stderr(Stdio::inherit()))?;
        Ok(Self {
            child,
            address,
            data: None,
        })
    }

    /// Stops hookwell in good order and starts it again on the same data.
    pub(crate) fn restart(mut self, options: &Options) -> Result<Self> {
        self.stop()?;
        let data = self.data.take().ok_or("only hookwell has data")?;
        let (child, address) = start(&mut hookwell_command(options, data.path())?)?;
        Ok(Self {
            child,
            address,
            data: Some(data),
        })
    }

    /// Resident memory, in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory there ever was, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The processor time that it used so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor_time(&self.child.id().to_string())
    }

    /// The size of its database files, in bytes.
    pub(crate) fn disk(&self) -> Result<u64> {
        let Some(data) = &self.data else {
            return Ok(0);
        };
        let mut sum = 0;
        for file in std::fs::read_dir(data.path())? {
            sum += file?.metadata()?.len();
        }
        Ok(sum)
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kib: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or("the server is gone")?
            .parse()?;
        Ok(kib * 1024)
    }

    /// Asks the server to end, and waits for it.
    fn stop(&mut self) -> Result<()> {
        // The standard library sends no other signal than SIGKILL.
        Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "sh"])
            .arg(self.child.id().to_string())
            .status()?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Err("the server did not stop when it was asked to".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended, or there is nothing more to be done about it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The processor time of a process (or `self`), all of its threads together.
///
/// From `/proc/PID/stat`, fields 14 and 15 (proc(5)), in ticks of which there are 100 a second on every Linux.
pub(crate) fn processor_time(process: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("no such process")?;
    let mut ticks = 0;
    for field in fields.split(' ').skip(11).take(2) {
        ticks += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(ticks * 10))
}

fn hookwell_command(options: &Options, data: &Path) -> Result<Command> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(data.join("stderr.log"))?;
    let mut command = Command::new(&options.hookwell);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stderr(log);
    Ok(command)
}

/// Starts a server and reads from its first line where it listens.
fn start(command: &mut Command) -> Result<(Child, SocketAddr)> {
    // A setting in the environment of whoever runs this would be measured too.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOOKWELL_") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("the server has no output")?;
    let (say, line) = mpsc::channel();
    // Reads on to the end, so that the server never waits for its output to be taken.
    std::thread::spawn(move || {
        for line in BufReader::new(output)
            .lines()
            .map_while(std::io::Result::ok)
        {
            // Only the first line has a receiver.
            say.send(line).ok();
        }
    });
    let address = line
        .recv_timeout(PATIENCE)
        .ok()
        .and_then(|line| line.strip_prefix("listening on http://")?.parse().ok());
    let Some(address) = address else {
        child.kill()?;
        child.wait()?;
        return Err(format!("{command:?} did not say where it listens").into());
    };
    Ok((child, address))
}
