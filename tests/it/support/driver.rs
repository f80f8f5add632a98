//! chromedriver as a process of its own (<https://www.w3.org/TR/webdriver2/>), for the browser tests and for what a benchmark has
//! painted.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// What every Chromium here is started with: no window, no sandbox (tests run as root, too), nothing on the network of its own.
pub(crate) const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How often a driver that does not come up is started again.
const TRIES: usize = 4;

/// A running driver. It is ended when this is dropped, and with it its browsers.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Driver {
    /// Starts a driver on a free port and waits until it says where it listens.
    ///
    /// It takes a free port of one family of addresses and then the same of the other, and ends when another program has that.
    pub(crate) fn start() -> io::Result<Self> {
        let mut started = Self::try_start();
        for _ in 0..TRIES {
            if started.is_ok() {
                break;
            }
            started = Self::try_start();
        }
        started
    }

    fn try_start() -> io::Result<Self> {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take();
        let mut driver = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut output = BufReader::new(output.ok_or_else(|| io::Error::other("no output"))?);
        let mut line = String::new();
        let port = loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                return Err(io::Error::other("chromedriver ended before it listened"));
            }
            let said = line.trim_end().trim_end_matches('.');
            if let Some((_, port)) = said.rsplit_once("successfully on port ") {
                break port.parse().map_err(io::Error::other)?;
            }
        };
        driver.address.set_port(port);
        // Whatever else it might print must not block it.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Ok(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Already ended, or there is nothing more to be done about it.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
