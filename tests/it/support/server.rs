//! A real server process, on a free port, over a temporary folder.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Connection, PATIENCE, Response, ended};

/// A running server. It is ended, and its folder removed, when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    data: Data,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    log: Arc<Mutex<String>>,
}

/// The data folder: the test's own, or one that it was given.
#[derive(Debug)]
enum Data {
    Own(TempDir),
    Given(PathBuf),
}

impl Data {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

/// A bin of a server.
#[derive(Debug, Clone)]
pub(crate) struct Bin {
    pub(crate) id: String,
    pub(crate) key: String,
}

impl Server {
    /// A server with its defaults.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A server with further flags.
    pub(crate) fn with(flags: &[&str]) -> Self {
        Self::launch(Data::Own(TempDir::new().unwrap()), flags, &[])
    }

    /// A server over a folder that the test owns, with further environment variables.
    pub(crate) fn over(data: &Path, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::launch(Data::Given(data.to_owned()), flags, variables)
    }

    fn launch(data: Data, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let variables: Vec<_> = variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let log = Arc::<Mutex<String>>::default();
        let (child, address) = spawn(data.path(), "127.0.0.1:0", &flags, &variables, &log);
        Self {
            child,
            address,
            data,
            flags,
            variables,
            log,
        }
    }

    /// The command line that would start a server, for tests of what goes wrong before it serves.
    pub(crate) fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookwell"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdin(Stdio::null());
        command
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        ended(&mut self.child)
    }

    /// Tells it to stop and does not wait.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it without warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after it was stopped or killed: same folder, same port.
    pub(crate) fn start_again(&mut self) {
        ended(&mut self.child);
        let (child, address) = spawn(
            self.data.path(),
            &self.address.to_string(),
            &self.flags,
            &self.variables,
            &self.log,
        );
        (self.child, self.address) = (child, address);
    }

    /// The same, with a further environment variable.
    pub(crate) fn start_again_with(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
        self.start_again();
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Sends the bytes of one request on a connection of its own, and reads the answer.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> Response {
        let mut connection = self.connect();
        // A server that refuses early may close while this still writes; its answer counts.
        connection.send(bytes).ok();
        connection.receive().expect("an answer")
    }

    /// A request with these header lines and this body.
    pub(crate) fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &[u8],
    ) -> Response {
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("Connection: close\r\n\r\n");
        let mut connection = self.connect();
        connection.send([head.as_bytes(), body].concat()).ok(); // As in `send`.
        connection.receive_to(method).expect("an answer")
    }

    /// A page, with a browser's `Accept`.
    pub(crate) fn get(&self, target: &str) -> Response {
        self.request("GET", target, &["Accept: text/html"], b"")
    }

    /// A call of the API below `/api/v1`; the answer's JSON is null when it has no body.
    pub(crate) fn api(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let authorization = key.map(|key| format!("Authorization: Bearer {key}"));
        let mut headers: Vec<&str> = authorization.iter().map(String::as_str).collect();
        let body = body
            .map(|body| serde_json::to_vec(body).unwrap())
            .unwrap_or_default();
        if !body.is_empty() {
            headers.push("Content-Type: application/json");
        }
        let response = self.request(method, &format!("/api/v1{path}"), &headers, &body);
        let json = if response.body.is_empty() {
            Value::Null
        } else {
            response.json()
        };
        (response.status, json)
    }

    /// A new bin with default settings.
    pub(crate) fn bin(&self) -> Bin {
        self.bin_with(&json!({}))
    }

    /// A new bin with these settings.
    pub(crate) fn bin_with(&self, settings: &Value) -> Bin {
        let (status, made) = self.api("POST", "/bins", None, Some(settings));
        assert_eq!(status, 201, "{made}");
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Bin {
            id: text("id"),
            key: text("key"),
        }
    }

    /// The bin as the API shows it.
    pub(crate) fn show(&self, bin: &Bin) -> Value {
        let (status, shown) = self.api("GET", &format!("/bins/{}", bin.id), Some(&bin.key), None);
        assert_eq!(status, 200, "{shown}");
        shown
    }

    /// The captures of a bin, oldest first, at most 200.
    pub(crate) fn captures(&self, bin: &Bin) -> Vec<Value> {
        let (status, list) = self.api(
            "GET",
            &format!("/bins/{}/captures?after=0&limit=200", bin.id),
            Some(&bin.key),
            None,
        );
        assert_eq!(status, 200, "{list}");
        list["captures"].as_array().unwrap().clone()
    }

    /// One capture, with its content.
    pub(crate) fn capture(&self, bin: &Bin, n: u64) -> Value {
        let (status, capture) = self.api(
            "GET",
            &format!("/bins/{}/captures/{n}", bin.id),
            Some(&bin.key),
            None,
        );
        assert_eq!(status, 200, "{capture}");
        capture
    }

    /// The exact bytes of a capture's body.
    pub(crate) fn body(&self, bin: &Bin, n: u64) -> Vec<u8> {
        let authorization = format!("Authorization: Bearer {}", bin.key);
        let response = self.request(
            "GET",
            &format!("/api/v1/bins/{}/captures/{n}/body", bin.id),
            &[&authorization],
            b"",
        );
        assert_eq!(response.status, 200);
        response.body
    }

    /// Posts a body to a bin and gives the number that the reply names.
    pub(crate) fn post(&self, bin: &Bin, path: &str, body: &[u8]) -> u64 {
        let response = self.request(
            "POST",
            &format!("/{}{path}", bin.id),
            &["Content-Type: application/json"],
            body,
        );
        assert_eq!(response.status, 200, "{}", response.text());
        response
            .header("x-hookwell-request")
            .unwrap()
            .parse()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("--- log of the server\n{}", self.log());
        }
    }
}

/// Starts the process and waits until it says where it listens.
fn spawn(
    data: &Path,
    listen: &str,
    flags: &[String],
    variables: &[(String, String)],
    log: &Arc<Mutex<String>>,
) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hookwell"))
        .args(["serve", "--listen", listen, "--data"])
        .arg(data)
        .args(flags)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stderr, kept) = (child.stderr.take().unwrap(), Arc::clone(log));
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stderr);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            kept.lock().unwrap().push_str(&line);
            line.clear();
        }
    });
    let (sender, first) = std::sync::mpsc::channel();
    let stdout = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
        stdout.read_line(&mut line).ok();
        sender.send(line).ok();
        // Whatever else it might print must not block it.
        stdout.read_to_end(&mut Vec::new())
    });
    let line = first.recv_timeout(3 * PATIENCE).unwrap_or_default();
    let Some(address) = line.trim().strip_prefix("listening on http://") else {
        child.kill().ok();
        child.wait().ok();
        panic!("the server did not start: {line}{}", log.lock().unwrap());
    };
    let address = address.parse().unwrap();
    (child, address)
}
