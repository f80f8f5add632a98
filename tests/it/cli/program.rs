//! A program on one's own machine, and commands that run beside the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::PATIENCE;

/// A program on one's own machine: keeps the raw requests and answers each with a status.
pub(crate) struct Program {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Receiver<Vec<u8>>,
}

impl Program {
    pub(crate) fn on(address: &str, status: u16) -> Self {
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok");
        Self::answering(address, move |_| Some(answer.clone().into_bytes()))
    }

    /// A program that answers each request with these bytes; with `None`, it leaves it without an answer for as long as it lives.
    pub(crate) fn answering(
        address: &str,
        answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(raw) = read(&mut stream) else {
                    continue;
                };
                match answer(&raw) {
                    Some(bytes) => {
                        stream.write_all(&bytes).ok();
                    }
                    None => hanging.push(stream),
                }
                if sender.send(raw).is_err() {
                    return;
                }
            }
        });
        Self { address, requests }
    }

    pub(crate) fn start() -> Self {
        Self::on("127.0.0.1:0", 200)
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    pub(crate) fn next(&self) -> String {
        let raw = self.requests.recv_timeout(PATIENCE).expect("a request");
        raw.iter().map(|&byte| char::from(byte)).collect()
    }
}

/// A request with the length that it says.
pub(crate) fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut raw = Vec::new();
    loop {
        let text: String = raw.iter().map(|&byte: &u8| char::from(byte)).collect();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.chars().count() >= length {
                return Some(raw);
            }
        }
        let mut piece = [0; 8192];
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(size) => raw.extend_from_slice(&piece[..size]),
        }
    }
}

/// A command that runs until the test ends, and the lines that it says.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) out: Receiver<String>,
    pub(crate) err: Receiver<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    pub(crate) fn out(&self) -> String {
        self.out.recv_timeout(PATIENCE).expect("a line")
    }

    pub(crate) fn err(&self) -> String {
        self.err.recv_timeout(PATIENCE).expect("a remark")
    }

    /// The next remark that has this in it.
    pub(crate) fn remark(&self, part: &str) -> String {
        loop {
            let line = self.err();
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
