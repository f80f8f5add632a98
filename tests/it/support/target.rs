//! Somebody that captures are sent on to: it keeps what it was sent, and answers as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it was on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// Request line and fields, each with its line end.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    /// The values of the fields of that name.
    pub(crate) fn fields(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .filter(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// A server that is called.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Target {
    /// One that answers 200 with `ok`.
    pub(crate) fn start() -> Self {
        Self::answering(|_, _| b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec())
    }

    /// One whose answer to the request of that number, from 0, is made by a function.
    pub(crate) fn answering(
        answer: impl Fn(usize, &Heard) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::with(move |number, heard, stream| {
            stream.write_all(&answer(number, heard)).ok(); // Whoever asked may be gone.
        })
    }

    /// One that does as it likes with the connection behind a request.
    pub(crate) fn with(
        act: impl Fn(usize, &Heard, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), act)
    }

    /// The same on a socket that was bound before.
    pub(crate) fn on(
        listener: TcpListener,
        act: impl Fn(usize, &Heard, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (kept, act) = (Arc::clone(&heard), Arc::new(act));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, act) = (Arc::clone(&kept), Arc::clone(&act));
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    if let Some(one) = hear(&stream) {
                        let number = {
                            let mut kept = kept.lock().unwrap();
                            kept.push(one.clone());
                            kept.len() - 1
                        };
                        act(number, &one, &mut stream);
                    }
                });
            }
        });
        Self { address, heard }
    }

    /// Its address with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was sent so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn hear(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    while !lines.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut lines).ok()? == 0 {
            return None;
        }
    }
    let mut heard = Heard {
        head: String::from_utf8_lossy(&lines).into_owned(),
        body: Vec::new(),
    };
    let length = heard
        .fields("content-length")
        .first()
        .map(|length| length.parse().unwrap());
    heard.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut heard.body).ok()?;
    Some(heard)
}
