//! HTTP/1.1 as bytes: what a test writes is what the server reads.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The first field of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Over a socket that was opened before.
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(super::PATIENCE)).unwrap();
        stream.set_write_timeout(Some(super::PATIENCE)).unwrap();
        Self {
            reader: BufReader::new(stream),
        }
    }

    /// The socket itself.
    pub(crate) fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    /// Writes bytes as they are.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())
    }

    /// Reads one answer; `None` when the connection ended before one began.
    pub(crate) fn receive(&mut self) -> Option<Response> {
        self.receive_to("GET")
    }

    /// Reads one answer to a request of that method: one to HEAD has no body.
    pub(crate) fn receive_to(&mut self, method: &str) -> Option<Response> {
        let mut response = self.receive_head()?;
        let length = response
            .header("content-length")
            .map(|length| length.parse::<usize>().unwrap());
        let chunked = response
            .header("transfer-encoding")
            .is_some_and(|coding| coding.contains("chunked"));
        if method == "HEAD" || matches!(response.status, 100..=199 | 204 | 304) {
        } else if chunked {
            while let Some(chunk) = self.receive_chunk() {
                response.body.extend(chunk);
            }
        } else if let Some(length) = length {
            response.body = vec![0; length];
            self.reader.read_exact(&mut response.body).unwrap();
        } else {
            self.reader.read_to_end(&mut response.body).unwrap();
        }
        Some(response)
    }

    /// Reads the head of an answer; `None` when the connection ended before.
    pub(crate) fn receive_head(&mut self) -> Option<Response> {
        let first = self.line()?;
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Some(Response {
            status,
            headers,
            body: Vec::new(),
        })
    }

    /// Reads one chunk of a chunked body; `None` after the last, or when the connection ended.
    pub(crate) fn receive_chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(self.line()?.split(';').next()?, 16).unwrap();
        let mut chunk = vec![0; size];
        self.reader.read_exact(&mut chunk).ok()?;
        self.line()?;
        (size > 0).then_some(chunk)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
        }
    }

    /// Whether the server has closed: waits for it.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}
