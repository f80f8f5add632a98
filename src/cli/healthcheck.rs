//! `hookwell healthcheck`: asks a running server whether it is ready.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Flags of `hookwell healthcheck`.
#[derive(Debug, clap::Args)]
pub struct Healthcheck {
    /// The address that the server listens on
    #[arg(
        long,
        env = "HOOKWELL_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
}

impl Healthcheck {
    pub(super) fn run(self) -> ExitCode {
        match ask(self.listen) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => ExitCode::SUCCESS,
            Ok(answer) => super::complain(&std::io::Error::other(
                answer.lines().next().unwrap_or("no answer").to_owned(),
            )),
            Err(error) => super::complain(&error),
        }
    }
}

fn ask(mut address: SocketAddr) -> std::io::Result<String> {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        };
        address.set_ip(loopback);
    }
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
