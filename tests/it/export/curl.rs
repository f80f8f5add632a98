//! Commands of captures that no server took: run, and what comes out of the socket is looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use bytes::Bytes;
use hookwell::export::{Source, curl};
use hookwell::model::{
    BodyState, Capture, CaptureLine, CaptureNumber, Envelope, Head, Headers, Reply, Scheme,
    Timestamp, Version,
};
use tempfile::TempDir;

use crate::support::PATIENCE;

/// A request as it came out of a socket.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    /// Method, target and version.
    first: Vec<u8>,
    /// Header lines as sent, without those of the one connection.
    lines: Vec<Vec<u8>>,
    body: Vec<u8>,
}

/// A listener that answers one request with nothing, and gives what it read.
fn listen() -> (SocketAddr, thread::JoinHandle<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (
        address,
        thread::spawn(move || read(&listener.accept().unwrap().0)),
    )
}

fn read(stream: &TcpStream) -> Sent {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).unwrap();
        line.strip_suffix(b"\r\n").expect("a line").to_vec()
    };
    let first = line();
    let mut lines = Vec::new();
    let mut length = 0;
    loop {
        let line = line();
        if line.is_empty() {
            break;
        }
        let name = line.split(|&byte| byte == b':').next().unwrap();
        match name.to_ascii_lowercase().as_slice() {
            b"content-length" => {
                let value = String::from_utf8_lossy(&line[name.len() + 1..]);
                length = value.trim().parse().unwrap();
            }
            b"host" => {}
            b"expect" => panic!("curl would wait before it sends the body"),
            _ => lines.push(line),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut stream = stream;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    Sent { first, lines, body }
}

/// A request that is to be captured and sent again.
struct Case {
    method: &'static str,
    target: &'static str,
    version: Version,
    lines: Vec<&'static [u8]>,
    body: Vec<u8>,
}

fn case(target: &'static str) -> Case {
    Case {
        method: "POST",
        target,
        version: Version::Http11,
        lines: vec![
            b"User-Agent: x/1",
            b"Accept: */*",
            b"Content-Type: text/plain",
        ],
        body: b"x".to_vec(),
    }
}

impl Case {
    fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    fn lines(self, lines: &[&'static [u8]]) -> Self {
        Self {
            lines: lines.to_vec(),
            ..self
        }
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { body, ..self }
    }

    fn capture(&self, address: SocketAddr) -> Capture {
        let mut block =
            format!("Host: {address}\r\nContent-Length: {}\r\n", self.body.len()).into_bytes();
        for line in &self.lines {
            block.extend_from_slice(line);
            block.extend_from_slice(b"\r\n");
        }
        Capture {
            line: CaptureLine {
                n: CaptureNumber(7),
                envelope: Envelope {
                    received_at: Timestamp::from_micros(0),
                    took_us: 0,
                    head: Head {
                        method: self.method.to_owned(),
                        target: self.target.to_owned(),
                        path_at: 0,
                        version: self.version,
                        headers: Headers::from_wire(block.into()),
                    },
                    scheme: Scheme::Http,
                    host: address.to_string(),
                    client: address.ip(),
                    peer: address,
                    trailers: Headers::default(),
                    reply: Reply::plain(200),
                },
                size: self.body.len() as u64,
                state: BodyState::Complete,
                sent: None,
                marks: hookwell::model::Marks::default(),
                recognised: None,
                verdict: None,
            },
            body: Bytes::from(self.body.clone()),
        }
    }

    /// What has to come out again.
    fn expected(&self) -> Sent {
        let version = match self.version {
            Version::Http10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        Sent {
            first: format!("{} {} {version}", self.method, self.target).into_bytes(),
            lines: self.lines.iter().map(|line| line.to_vec()).collect(),
            body: self.body.clone(),
        }
    }

    /// Runs the command that the export writes, and gives what it sent.
    fn sent_again(&self, folder: &Path) -> (String, Sent) {
        let (address, listener) = listen();
        let capture = self.capture(address);
        let kept = folder.join("body");
        std::fs::write(&kept, &self.body).unwrap();
        let source = Source {
            capture: &capture,
            base: &format!("http://{address}"),
            body_url: &format!("file://{}", kept.display()),
        };
        let command = String::from_utf8((curl::FORMAT.write)(&source)).unwrap();
        super::again::bash(&command, folder);
        (command, listener.join().unwrap())
    }
}

#[track_caller]
fn all_are_sent_again(cases: Vec<Case>) {
    let folder = TempDir::new().unwrap();
    for case in cases {
        let (command, sent) = case.sent_again(folder.path());
        assert_eq!(sent, case.expected(), "{command}");
    }
}

#[test]
fn curl_sends_bodies_to_the_byte() {
    let bodies: [&[u8]; 16] = [
        b"",
        b"it's \"quoted\" `here` $HOME $(id) \\ \\n \\\\",
        b"@/etc/hostname",
        b"line\nline\r\nlast\n",
        b"\n\n",
        b"tab\tand!bang!!",
        b"{\"a\": \"caf\\u00e9 \\/\", \"b\": 1e400}",
        "grün 日本 \u{202e}rtl\u{200b} \u{2028} 😀".as_bytes(),
        b"\x1b[2J\x07\x7f\x01",
        b"nul\0nul",
        b"caf\xe9",
        b"\xef\xbb\xbf{}",
        b"%41+%2B&a=b;c",
        b"$'\\x41'",
        b"-H 'X: y'",
        b"<file",
    ];
    all_are_sent_again(bodies.map(|body| case("/bin/a").body(body)).into());
}

#[test]
fn curl_sends_large_bodies_from_a_file() {
    let large = |byte: u8, size: usize| case("/bin").body(vec![byte; size]);
    all_are_sent_again(vec![
        large(b'x', 99_000),
        large(b'\'', 99_000),
        large(b'x', 200_000),
        large(b'x', 2 << 20),
        large(0, 3),
    ]);
}

#[test]
fn curl_sends_header_lines_in_their_order_and_case() {
    all_are_sent_again(vec![
        case("/bin").lines(&[]),
        case("/bin").lines(&[]).body(""),
        case("/bin").lines(&[]).body("").method("GET"),
        case("/bin").lines(&[
            b"x-lower: 1",
            b"X-UPPER: 2",
            b"x-Lower: 3",
            b"accept: text/html",
            b"X-Semi: a;b; c=\"d\"",
            b"X-Quote: it's $HOME `id` \\ \"",
            b"X-Comma: a, b",
            b"user-agent: late",
            b"content-type: application/json; charset=utf-8",
            b"Cookie: a=1; b=2",
            b"Cookie: c=3",
            b"Authorization: Bearer x",
            b"Authorization: Basic y",
            b"Referer: http://x/",
            b"If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT",
            b"Range: bytes=0-1",
            b"Accept-Encoding: gzip, deflate",
            b"Content-Encoding: identity",
            b"Date: now",
        ]),
        case("/bin").lines(&[
            b"X-Empty:",
            b"User-Agent:",
            b"Accept:",
            b"Content-Type:",
            b"X-Other:",
        ]),
        case("/bin").lines(&[
            b"Content-Type: a/b",
            b"Content-Type: c/d",
            b"Accept: a",
            b"User-Agent: a",
            b"User-Agent: b",
        ]),
        case("/bin").lines(&[
            "X-Utf: grün \u{202e}".as_bytes(),
            b"X-Latin: caf\xe9",
            b"X-Tab: a\tb",
            b"X-At: @file",
            b"X-Colon: a:b",
            b"Accept: a",
            b"User-Agent: a",
            b"Content-Type: a",
        ]),
    ]);
}

#[test]
fn curl_leaves_out_what_belongs_to_one_connection() {
    let folder = TempDir::new().unwrap();
    let mut case = case("/bin").lines(&[
        b"Connection: keep-alive, X-Hop",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"TE: trailers",
        b"Upgrade: h2c",
        b"Transfer-Encoding: chunked",
        b"Trailer: X-Sum",
        b"Accept: a",
        b"User-Agent: a",
        b"Content-Type: a",
    ]);
    let (command, sent) = case.sent_again(folder.path());
    case.lines.drain(..7);
    assert_eq!(sent, case.expected(), "{command}");
}

#[test]
fn curl_sends_targets_and_methods_as_they_were() {
    let targets = [
        "/",
        "/bin?a[]=1&a[]=2&b={x,y}&c=[1-3]",
        "/bin/../a/./b/..",
        "/bin/%2e%2E/a%2Fb/%zz/100%",
        "/bin//double//slash",
        "//bin/at-the-start",
        "/bin?",
        "/bin??x=1?y&&z;w",
        "/bin?q=a+b%20c&next=http://x/?y=1#frag",
        "/bin/grün/日本",
        "/bin/it's/$HOME/`id`/\"q\"/<b>/|^\\",
        "/bin/user:pass@host",
        "/bin;a=1/*",
        "http://other.example/bin/a?b",
        "/bin/\u{202e}",
    ];
    all_are_sent_again(targets.map(case).into());
    let methods = [
        "GET",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "M-SEARCH",
        "get",
        "POST",
        "X!#$%&'*+.^_`|~1",
    ];
    all_are_sent_again(methods.map(|method| case("/bin").method(method)).into());
    all_are_sent_again(
        methods
            .map(|method| case("/bin").method(method).body(""))
            .into(),
    );
    all_are_sent_again(vec![
        case("/bin").method("HEAD").body(""),
        Case {
            version: Version::Http10,
            ..case("/bin")
        },
    ]);
}
