//! A server for these tests, and the client that speaks to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use hookwell::config::Config;
use hookwell::model::Clock;
use hookwell::serve;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long anything that should happen is waited for.
const SOON: Duration = Duration::from_secs(10);

/// hookwell on a free port, with a data folder of its own.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    _data: tempfile::TempDir,
}

/// A bin that a test made.
#[derive(Clone, Debug)]
pub(super) struct TestBin {
    pub(super) id: String,
    pub(super) key: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case; repeated ones joined.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(super) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::with_defaults();
        config.store.data = data.path().into();
        config.listen.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let (ready, address) = oneshot::channel();
        let (stop, stopping) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let ready = |address| ready.send(address).unwrap();
            let stop = async { drop(stopping.await) };
            serve::run(config, Clock::System, ready, stop)
                .await
                .unwrap();
        });
        Self {
            address: address.await.unwrap(),
            stop,
            running,
            _data: data,
        }
    }

    /// Stops the server; returns when it has ended.
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(SOON, self.running)
            .await
            .expect("an end in time")
            .unwrap();
    }

    /// A bin with the defaults.
    pub(super) async fn bin(&self) -> TestBin {
        let answer = self.ask("POST", "/api/v1/bins", &[], b"").await;
        let bin = answer.expect(201).json();
        TestBin {
            id: bin["id"].as_str().unwrap().to_owned(),
            key: bin["key"].as_str().unwrap().to_owned(),
        }
    }

    /// Sends a request to the bin's capture URL.
    pub(super) async fn send(
        &self,
        bin: &TestBin,
        method: &str,
        below: &str,
        fields: &[(&str, &[u8])],
        body: &[u8],
    ) {
        let mut bytes = format!(
            "{method} /{}{below} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            bin.id,
            self.address,
            body.len()
        )
        .into_bytes();
        for (name, value) in fields {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend([b"\r\n", body].concat());
        self.ask_raw(&bytes).await.expect(200);
    }

    /// Asks as a program does: with `Host`, and whatever fields the test gives.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !fields
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            write!(head, "host: {}\r\n", self.address).unwrap();
        }
        if !body.is_empty() {
            write!(head, "content-length: {}\r\n", body.len()).unwrap();
        }
        for (name, value) in fields {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.ask_raw(&bytes).await
    }

    /// Asks with the bin's key.
    pub(super) async fn with_key(&self, bin: &TestBin, method: &str, path: &str) -> Answer {
        let key = format!("Bearer {}", bin.key);
        self.ask(method, path, &[("authorization", &key)], b"")
            .await
    }

    /// Asks with the bin's key, below the bin's address in the API.
    pub(super) async fn of(&self, bin: &TestBin, method: &str, below: &str) -> Answer {
        self.with_key(bin, method, &format!("/api/v1/bins/{}{below}", bin.id))
            .await
    }

    /// Sends JSON with the bin's key, to the bin's address in the API.
    pub(super) async fn patch(&self, bin: &TestBin, body: &str) -> Answer {
        let key = format!("Bearer {}", bin.key);
        let fields = [
            ("authorization", key.as_str()),
            ("content-type", "application/json"),
        ];
        let path = format!("/api/v1/bins/{}", bin.id);
        self.ask("PATCH", &path, &fields, body.as_bytes()).await
    }

    /// Sends bytes on a new connection and reads to its end.
    pub(super) async fn ask_raw(&self, bytes: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // A server that has refused may close before it has read everything.
        socket.write_all(bytes).await.ok();
        let mut answer = Vec::new();
        tokio::time::timeout(SOON, socket.read_to_end(&mut answer))
            .await
            .expect("an answer in time")
            .ok();
        Answer::parse(&answer)
    }

    /// Opens the bin's event stream.
    pub(super) async fn watch(
        &self,
        bin: &TestBin,
        query: &str,
        fields: &[(&str, &str)],
    ) -> Events {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        // HTTP/1.0, so that the body comes without chunks around it.
        let mut head = format!(
            "GET /api/v1/bins/{}/events{query} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {}\r\n",
            bin.id, self.address, bin.key
        );
        for (name, value) in fields {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        socket.write_all((head + "\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = tokio::time::timeout(SOON, lines.read_line(&mut head))
                .await
                .expect("a head in time");
            assert_ne!(read.unwrap(), 0, "the connection ended in the head: {head}");
        }
        Events {
            head: Answer::parse(head.as_bytes()),
            lines,
        }
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end =
            end.unwrap_or_else(|| panic!("not an answer: {}", String::from_utf8_lossy(bytes)));
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let mut headers = BTreeMap::<String, String>::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            headers
                .entry(name.to_ascii_lowercase())
                .and_modify(|have| have.extend([", ", value]))
                .or_insert(value.to_owned());
        }
        Self {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        }
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    #[track_caller]
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer as a problem document with this status and, where one is given, this field.
    #[track_caller]
    pub(super) fn expect_problem(self, status: u16, field: Option<&str>) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        assert_eq!(
            problem.get("field").and_then(Value::as_str),
            field,
            "{problem}"
        );
        problem
    }
}

/// An open event stream.
pub(super) struct Events {
    pub(super) head: Answer,
    lines: BufReader<TcpStream>,
}

/// One event.
#[derive(Debug, PartialEq, Eq, Default, Clone)]
pub(super) struct Event {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) data: String,
}

impl Events {
    /// The next event; `None` when the stream has ended. Comments and `retry` are passed over.
    pub(super) async fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line);
            let read = tokio::time::timeout(SOON, read)
                .await
                .expect("an event in time");
            if read.unwrap_or(0) == 0 {
                return None;
            }
            let line = line.trim_end_matches('\n');
            match line.split_once(": ").unwrap_or((line, "")) {
                ("", _) if line.is_empty() && !event.name.is_empty() => return Some(event),
                ("id", id) => event.id = Some(id.to_owned()),
                ("event", name) => event.name = name.to_owned(),
                ("data", data) => event.data += data,
                _ => {}
            }
        }
    }

    /// The numbers of the next captures.
    pub(super) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        for _ in 0..count {
            let event = self.next().await.expect("one more event");
            assert_eq!(event.name, "capture", "{event:?}");
            numbers.push(event.id.unwrap().parse().unwrap());
        }
        numbers
    }
}
