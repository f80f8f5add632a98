//! Inputs in the shape of what people reported of webhook receivers and HTTP servers: `tests/cases/ID.http` is what is written
//! to the socket, `checks.json` what must come of it. To add one: a file and a line.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Bin, PATIENCE, Server};

/// Time-outs short enough to wait for.
const FLAGS: [&str; 4] = ["--head-timeout", "3s", "--body-idle-timeout", "3s"];

/// After so long a silence nothing more is expected.
const SILENCE: Duration = Duration::from_millis(400);

struct Case {
    id: String,
    check: Value,
    input: Vec<u8>,
}

impl Case {
    fn is(&self, name: &str) -> bool {
        self.check[name] == true
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.check[name].as_str()
    }
}

/// What came back.
struct Heard {
    /// The statuses, 100 included.
    statuses: Vec<u16>,
    closed: bool,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let list: Value =
        serde_json::from_slice(&std::fs::read(folder.join("checks.json")).unwrap()).unwrap();
    let case = |entry: &Value| {
        let id = entry["id"].as_str().unwrap().to_owned();
        let input = std::fs::read(folder.join(format!("{id}.http"))).unwrap();
        Case {
            id,
            check: entry["check"].clone(),
            input,
        }
    };
    list.as_array().unwrap().iter().map(case).collect()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut rest = bytes;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Puts the bin's path and times in. Signatures stay any text: `provider::signed_cases` is about those.
fn fill(case: &Case, bin: &Bin) -> Vec<u8> {
    let input = replace(&case.input, b"{BIN}", format!("/{}", bin.id).as_bytes());
    ["{NOW}", "{NOW-3600}", "{NOW+3600}"]
        .iter()
        .fold(input, |input, placeholder| {
            replace(&input, placeholder.as_bytes(), b"1795599021")
        })
}

fn heard(bytes: &[u8], closed: bool) -> Heard {
    let statuses = bytes
        .windows(12)
        .filter(|window| window.starts_with(b"HTTP/1.1 ") || window.starts_with(b"HTTP/1.0 "))
        .filter_map(|window| std::str::from_utf8(&window[9..]).ok()?.parse().ok())
        .collect();
    Heard { statuses, closed }
}

/// Writes the input, in pieces of that size, and listens.
fn exchange(server: &Server, case: &Case, input: &[u8], piece: usize) -> Heard {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let (mut out, mut buffer) = (Vec::new(), [0; 4096]);
    let mut rest = input;
    if case
        .text("status")
        .is_some_and(|status| status.starts_with("100"))
    {
        let head = input.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        stream.write_all(&input[..head]).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let read = stream.read(&mut buffer).expect("100 before the body");
        out.extend_from_slice(&buffer[..read]);
        rest = &input[head..];
    }
    for piece in rest.chunks(piece) {
        if stream.write_all(piece).is_err() {
            break; // The server has said what it had to say.
        }
    }
    if case.is("close_after_send") {
        return heard(b"", false);
    }
    // The first answer may take its time, or be the closing after a time-out.
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let closed = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break true,
            Ok(read) => out.extend_from_slice(&buffer[..read]),
            Err(error) => break error.kind() == ErrorKind::ConnectionReset,
        }
        stream.set_read_timeout(Some(SILENCE)).unwrap();
    };
    heard(&out, closed)
}

fn is_expected(want: &str, heard: &Heard) -> bool {
    let finals: Vec<u16> = heard
        .statuses
        .iter()
        .copied()
        .filter(|&status| status != 100)
        .collect();
    let successes = finals.iter().all(|status| status / 100 == 2);
    want.split('|').map(str::trim).any(|want| {
        if let Some((_, count)) = want.split_once(" x") {
            successes && finals.len() == count.parse::<usize>().unwrap()
        } else if want.starts_with("100 then") {
            heard.statuses.first() == Some(&100) && finals.len() == 1 && successes
        } else if want == "close" {
            heard.closed && finals.is_empty()
        } else if want == "none" {
            finals.is_empty()
        } else if let Some(class) = want.strip_suffix("xx") {
            finals
                .first()
                .is_some_and(|status| status.to_string().starts_with(class))
        } else {
            finals
                .first()
                .is_some_and(|&status| status.to_string() == want)
        }
    })
}

/// What is wrong with what the bin holds.
fn compare(server: &Server, bin: &Bin, case: &Case) -> Vec<String> {
    let captures = server.captures(bin);
    let complete = captures
        .iter()
        .filter(|capture| capture["body"]["state"] == "complete")
        .count();
    let mut wrong = Vec::new();
    match &case.check["captured"] {
        Value::Bool(true) if captures.is_empty() => return vec!["nothing captured".to_owned()],
        Value::Bool(false) if complete > 0 => wrong.push(format!("{complete} complete captures")),
        Value::String(want) if want == "incomplete-or-none" && complete > 0 => {
            wrong.push("stored as complete".to_owned());
        }
        Value::String(want) if want == "0..1" && captures.len() > 1 => {
            wrong.push(format!("{} captures", captures.len()));
        }
        Value::Number(want) if want.as_u64() != Some(captures.len() as u64) => {
            wrong.push(format!("{} captures, {want} wanted", captures.len()));
        }
        _ => {}
    }
    if let Some(path) = case.text("must_not_capture_path") {
        let smuggled = |capture: &Value| capture["target"].as_str().unwrap().contains(path);
        if captures.iter().any(smuggled) {
            wrong.push(format!("smuggled {path}"));
        }
    }
    if case.is("captured") {
        wrong.extend(compare_one(
            server,
            bin,
            case,
            captures[0]["n"].as_u64().unwrap(),
        ));
    }
    wrong
}

fn compare_one(server: &Server, bin: &Bin, case: &Case, n: u64) -> Vec<String> {
    let (capture, body) = (server.capture(bin, n), server.body(bin, n));
    let mut wrong = Vec::new();
    let mut expect = |what: &str, have: &str, want: Option<String>| {
        if want.as_ref().is_some_and(|want| want != have) {
            wrong.push(format!("{what} {have:?}, {want:?} wanted"));
        }
    };
    expect(
        "body length",
        &body.len().to_string(),
        case.check["body_len"].as_u64().map(|len| len.to_string()),
    );
    expect(
        "body digest",
        &sha256(&body),
        case.text("body_sha256").map(str::to_owned),
    );
    let own = |text: &str| text.replace("{BIN}", &format!("/{}", bin.id));
    for (name, field) in [
        ("method", "method"),
        ("target", "target"),
        ("client_ip", "client"),
    ] {
        expect(
            name,
            capture[field].as_str().unwrap(),
            case.text(name).map(own),
        );
    }
    if let Some(want) = case.check["header_order"].as_array() {
        let line = |field: &Value| {
            Value::from(format!(
                "{}: {}",
                field["name"].as_str().unwrap(),
                field["value"].as_str().unwrap()
            ))
        };
        let have: Vec<Value> = capture["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(line)
            .filter(|line| want.contains(line))
            .collect();
        if have != *want {
            wrong.push(format!("headers {have:?}"));
        }
    }
    wrong
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in <sha2::Sha256 as sha2::Digest>::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Sends each case to a bin of its own; several at once, since most of the time is spent listening.
fn run(piece: usize, largest: usize) {
    let server = Server::with(&FLAGS);
    let cases: Vec<Case> = cases()
        .into_iter()
        .filter(|case| case.input.len() <= largest)
        .collect();
    assert!(cases.len() > 80, "only {} cases", cases.len());
    let one = |case: &Case| {
        let bin = server.bin();
        let heard = exchange(&server, case, &fill(case, &bin), piece);
        let mut wrong = compare(&server, &bin, case);
        let want = case.text("status").unwrap_or("2xx");
        if !is_expected(want, &heard) {
            wrong.push(format!(
                "answered {:?}, closed: {}, {want} wanted",
                heard.statuses, heard.closed
            ));
        }
        (!wrong.is_empty()).then(|| format!("{}: {}", case.id, wrong.join("; ")))
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = cases
            .chunks(cases.len().div_ceil(8))
            .map(|cases| scope.spawn(move || cases.iter().filter_map(one).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_comes_out_as_expected() {
    run(64 * 1024, usize::MAX);
}

#[test]
fn every_case_comes_out_the_same_when_it_arrives_byte_by_byte() {
    run(1, 2048);
}
