//! How much is taken: whatever a limit refuses leaves a trace, and nobody else is hurt.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::support::{Bin, Connection, PATIENCE, Server, eventually};

const MIB: usize = 1 << 20;

/// The head of a POST with these further lines.
pub(crate) fn head(bin: &Bin, lines: &str) -> String {
    format!("POST /{} HTTP/1.1\r\nHost: x\r\n{lines}\r\n", bin.id)
}

/// Waits for the capture of that number.
pub(crate) fn capture(server: &Server, bin: &Bin, n: u64) -> Value {
    eventually("a capture", || {
        let last = server.captures(bin).pop()?;
        (last["n"].as_u64()? >= n).then(|| server.capture(bin, n))
    })
}

/// A number out of `/proc/PID/status`, in kB.
fn memory(server: &Server, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_body_over_the_limit_is_kept_up_to_it_and_refused() {
    let server = Server::with(&["--max-body", "64k"]);
    let bin = server.bin();
    let body = vec![b'a'; 100_000];
    let declared = head(&bin, "Content-Length: 100000\r\n");
    let chunked = head(&bin, "Transfer-Encoding: chunked\r\n") + "186a0\r\n";
    for (n, head) in [(1, declared), (2, chunked)] {
        let response = server.send([head.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat());
        assert_eq!(response.status, 413);
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(response.header("x-hookwell-request"), Some(&*n.to_string()));
        let capture = server.capture(&bin, n);
        assert_eq!(capture["body"]["state"], "truncated");
        assert_eq!(capture["body"]["size"], 65_536);
        let sent = capture["body"]["sent"].as_u64().unwrap();
        assert!((65_537..=100_000).contains(&sent), "{sent}");
        assert_eq!(capture["reply"]["status"], 413);
        assert_eq!(server.body(&bin, n), &body[..65_536]);
    }
    assert_eq!(server.capture(&bin, 1)["body"]["sent"], 100_000);
    // Exactly the limit is not over it.
    assert_eq!(server.post(&bin, "", &body[..65_536]), 3);
}

#[test]
fn the_lower_of_the_bins_and_the_servers_limit_holds() {
    let server = Server::with(&["--max-body", "1000"]);
    for (settings, kept) in [
        (json!({"body_limit": 10}), 10),
        (json!({"body_limit": 1000}), 1000),
        (json!({}), 1000),
    ] {
        let bin = server.bin_with(&settings);
        let response = server.request("POST", &format!("/{}", bin.id), &[], &[b'x'; 2000]);
        assert_eq!(response.status, 413, "{settings}");
        assert_eq!(server.capture(&bin, 1)["body"]["size"], kept, "{settings}");
    }
    // A bin cannot be allowed more than the server takes.
    let settings = json!({"body_limit": 5000});
    assert_eq!(server.api("POST", "/bins", None, Some(&settings)).0, 422);
}

#[test]
fn a_sender_that_asks_first_is_told_that_its_body_is_too_large() {
    let server = Server::with(&["--max-body", "1000"]);
    let bin = server.bin();
    let mut connection = server.connect();
    let lines = "Expect: 100-continue\r\nContent-Length: 1001\r\n";
    connection.send(head(&bin, lines)).unwrap();
    assert_eq!(connection.receive().expect("an answer").status, 413);
    let capture = server.capture(&bin, 1);
    assert_eq!(
        (&capture["body"]["size"], &capture["body"]["sent"]),
        (&json!(0), &json!(1001))
    );
}

#[test]
fn curl_sees_413_ten_times_of_ten() {
    let server = Server::start();
    let bin = server.bin();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&vec![0; 50_000_000]).unwrap();
    let data = format!("@{}", file.path().display());
    let url = format!("{}/{}", server.base(), bin.id);
    for round in 0..10 {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "--max-time",
            "30",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
        ])
        .args(["-H", "Expect:", "--data-binary", &data, &url])
        .stdin(Stdio::null());
        let Ok(output) = curl.output() else {
            eprintln!("curl is not installed: it is not asked");
            return;
        };
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b"413"[..], &b""[..]),
            "round {round}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(server.captures(&bin).len(), 10);
}

#[test]
fn large_bodies_share_a_budget_and_those_that_wait_too_long_are_told_to_come_back() {
    const SENDERS: usize = 24;
    let server = Server::with(&["--body-memory", "1M", "--body-memory-wait", "300ms"]);
    let bin = server.bin();
    // One holds most of the budget, and does not go on.
    let mut holder = server.connect();
    holder
        .send(head(&bin, "Content-Length: 1000000\r\n") + "x")
        .unwrap();
    std::thread::park_timeout(Duration::from_millis(100));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (server, bin) = (&server, &bin);
                scope.spawn(move || {
                    let target = format!("/{}", bin.id);
                    let response = server.request("POST", &target, &[], &vec![b'x'; MIB / 2]);
                    if response.status == 503 {
                        assert!(response.header("retry-after").is_some());
                    }
                    response.status
                })
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().unwrap();
        threads.into_iter().map(join).collect()
    });
    assert!(
        statuses.iter().all(|status| matches!(status, 200 | 503)),
        "{statuses:?}"
    );
    assert!(statuses.contains(&503), "{statuses:?}");
    holder.send(vec![b'x'; 999_999]).unwrap();
    assert_eq!(holder.receive().expect("an answer").status, 200);
    // Every one is there, as what it became, and the budget is whole again.
    let captures = server.captures(&bin);
    assert_eq!(captures.len(), SENDERS + 1);
    let complete = captures
        .iter()
        .filter(|capture| capture["body"]["state"] == "complete");
    assert_eq!(
        complete.count(),
        statuses.iter().filter(|&&status| status == 200).count() + 1
    );
    for _ in 0..8 {
        server.post(&bin, "", &vec![b'y'; MIB - 64 * 1024]);
    }
}

#[test]
fn refusing_a_gigabyte_takes_no_memory() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"warm");
    let before = memory(&server, "VmRSS");
    let mut connection = server.connect();
    connection
        .send(head(&bin, "Transfer-Encoding: chunked\r\n"))
        .unwrap();
    let chunk = [b"100000\r\n", &vec![b'x'; MIB][..], b"\r\n"].concat();
    let (mut sent, mut most) = (0, before);
    while sent < 1024 && connection.send(&chunk).is_ok() {
        sent += 1;
        most = most.max(memory(&server, "VmRSS"));
    }
    let peak = memory(&server, "VmHWM").max(most);
    assert!(
        peak - before < 64 * 1024,
        "from {before} kB to {peak} kB after {sent} MiB"
    );
    assert!(sent >= 10, "only {sent} MiB were read");
    let capture = capture(&server, &bin, 2);
    assert_eq!(capture["body"]["state"], "truncated");
    assert_eq!(capture["body"]["size"], 10 * MIB);
    assert_eq!(server.post(&bin, "", b"after"), 3);
}

#[test]
fn a_full_bin_drops_its_oldest_and_says_how_many() {
    let server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"captures": 10}}));
    for n in 1..=25 {
        assert_eq!(server.post(&bin, "", format!("{n}").as_bytes()), n);
        let visible: Vec<_> = server
            .captures(&bin)
            .iter()
            .map(|capture| capture["n"].as_u64().unwrap())
            .collect();
        assert!(
            visible.iter().copied().eq(n.saturating_sub(9).max(1)..=n),
            "{visible:?}"
        );
        let shown = server.show(&bin);
        assert_eq!(shown["captures"], n.min(10));
        assert_eq!(shown["dropped"], n.saturating_sub(10));
    }
    let path = format!("/bins/{}/captures/15", bin.id);
    assert_eq!(server.api("GET", &path, Some(&bin.key), None).0, 404);
}

#[test]
fn a_bin_over_its_bytes_drops_its_oldest() {
    let server = Server::start();
    let bin = server.bin_with(&json!({"keep": {"bytes": 100_000}}));
    for n in 1..=30_u64 {
        server.post(&bin, "", &vec![b'x'; 9_000]);
        let shown = server.show(&bin);
        let (captures, bytes) = (&shown["captures"], shown["bytes"].as_u64().unwrap());
        assert!(bytes <= 100_000, "{bytes}");
        assert_eq!(
            captures.as_u64().unwrap() + shown["dropped"].as_u64().unwrap(),
            n
        );
        assert_eq!(server.captures(&bin).len() as u64, *captures);
        assert!(
            *captures == n || bytes > 90_000,
            "{captures} of {n} left, {bytes} bytes"
        );
    }
}

#[test]
fn running_out_of_descriptors_is_survived() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"before");
    let limit = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    prlimit(pid, Resource::Nofile, limit).unwrap();
    let idle: Vec<TcpStream> = (0..200)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    eventually("a warning", || {
        server.log().contains("could not be accepted").then_some(())
    });
    // Those that were let in are served, and there is room for what the database needs.
    let mut first = &idle[0];
    first
        .write_all((head(&bin, "Content-Length: 2\r\nConnection: close\r\n") + "hi").as_bytes())
        .unwrap();
    let mut answer = Vec::new();
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Read::read_to_end(&mut first, &mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    drop(idle);
    assert_eq!(server.post(&bin, "", b"after"), 3);
    let lines = server.log().matches("could not be accepted").count();
    assert!(lines < 30, "{lines} warnings");
}

#[test]
fn a_server_takes_only_so_many_connections() {
    let server = Server::with(&["--max-connections", "4"]);
    let bin = server.bin();
    let mut held: Vec<Connection> = (0..4).map(|_| server.connect()).collect();
    for connection in &mut held {
        connection.send(head(&bin, "")).unwrap();
        assert_eq!(connection.receive().expect("an answer").status, 200);
    }
    // The next one waits for a place, and gets it.
    let mut next = server.connect();
    next.send(head(&bin, "")).unwrap();
    next.stream()
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    assert!(next.receive().is_none(), "it was served beyond the limit");
    next.stream().set_read_timeout(Some(PATIENCE)).unwrap();
    held.pop();
    assert_eq!(next.receive().expect("an answer").status, 200);
}
