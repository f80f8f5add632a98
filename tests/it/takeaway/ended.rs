//! Downloads and imports that end before their time: nothing of them stays behind but what is whole.

use std::fs;
use std::io::{ErrorKind, Read};

use serde_json::json;

use super::{export, import, lines, whole};
use crate::support::{Bin, Connection, Response, Server, eventually};

const MEBIBYTE: usize = 1 << 20;

/// More than sockets hold back for a reader that does not read.
const MANY: u64 = 30;

/// A capture as a line of a file.
const LINE: &str = "{\"received_at\":\"2020-01-02T03:04:05Z\",\"method\":\"GET\",\"target\":\"/\",\"headers\":[],\"body\":{\"content\":\"x\"}}\n";

fn large(server: &Server) -> Bin {
    let bin = server.bin();
    let body = vec![b'x'; MEBIBYTE];
    for _ in 0..MANY {
        server.post(&bin, "/large", &body);
    }
    bin
}

/// How many sockets the server has open.
fn sockets(server: &Server) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    let targets = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    let is_socket = |target: &std::path::PathBuf| target.to_string_lossy().starts_with("socket:");
    targets.filter(is_socket).count()
}

/// Asks for a whole bin with a key, and reads no further than the first bytes.
fn begin(server: &Server, bin: &Bin, key: &str, format: &str) -> Connection {
    let mut connection = server.connect();
    let head = format!(
        "GET /api/v1/bins/{}/captures/export?format={format} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
         Connection: close\r\n\r\n",
        bin.id, server.address
    );
    connection.send(head).unwrap();
    let mut first = [0; 4];
    connection.stream().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP");
    connection
}

#[test]
fn those_who_leave_a_download_leave_nothing_behind() {
    let mut server = Server::start();
    let idle = sockets(&server);
    let bin = large(&server);
    let before = whole(&server, &bin, "ndjson");
    let left: Vec<Connection> = ["har", "ndjson", "http"]
        .iter()
        .cycle()
        .take(12)
        .map(|format| begin(&server, &bin, &bin.key, format))
        .collect();
    assert!(sockets(&server) >= idle + 12);
    // Whoever does not read keeps nobody else waiting.
    assert!(whole(&server, &bin, "ndjson") == before);
    drop(left);
    eventually("every download to be given up", || {
        (sockets(&server) == idle).then_some(())
    });
    assert!(whole(&server, &bin, "ndjson") == before);
    assert!(!server.log().contains("panicked"), "{}", server.log());
    assert!(server.stop().success());
}

#[test]
fn a_download_ends_in_the_middle_when_its_link_is_revoked_or_its_bin_deleted() {
    let server = Server::start();
    let bin = large(&server);
    let share = format!("/bins/{}/share", bin.id);
    let (status, made) = server.api("POST", &share, Some(&bin.key), None);
    assert_eq!(status, 201, "{made}");
    let read_key = made["key"].as_str().unwrap();
    let whole_bin = format!("/bins/{}", bin.id);
    for (key, over) in [(read_key, &share), (&*bin.key, &whole_bin)] {
        let connection = begin(&server, &bin, key, "ndjson");
        assert_eq!(server.api("DELETE", over, Some(&bin.key), None).0, 204);
        let mut rest = Vec::new();
        if let Err(error) = connection.stream().read_to_end(&mut rest) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
        // Half a file does not look like a whole one.
        assert!(!rest.ends_with(b"\r\n0\r\n\r\n"), "{over}");
        let all = usize::try_from(MANY).unwrap() * MEBIBYTE;
        assert!(rest.len() < all, "{over}: {}", rest.len());
    }
    // The connection is cut before the line is written.
    let warnings = || server.log().matches("a download was ended early").count();
    eventually("a warning for each", || (warnings() >= 2).then_some(()));
    assert_eq!(warnings(), 2, "{}", server.log());
    server.bin();
}

/// Begins an import of a file of that length, and waits until the server reads it; else gives its answer.
fn begin_import(server: &Server, bin: &Bin, length: usize) -> Result<Connection, Response> {
    let mut connection = server.connect();
    let head = format!(
        "POST /api/v1/bins/{}/captures/import HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
        bin.id, server.address, bin.key
    );
    connection.send(head).unwrap();
    let answer = connection.receive().expect("an answer");
    if answer.status == 100 {
        Ok(connection)
    } else {
        Err(answer)
    }
}

#[test]
fn four_imports_go_on_at_once_and_others_are_told_to_come_back() {
    let server = Server::start();
    let bin = server.bin();
    let turn = || begin_import(&server, &bin, LINE.len());
    let mut turns: Vec<Connection> = (0..4).map(|_| turn().unwrap()).collect();
    let refused = turn().unwrap_err();
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.json()["status"], 503);
    // Captures and downloads go on.
    assert_eq!(server.post(&bin, "", b"{}"), 1);
    assert_eq!(lines(&export(&server, &bin, "").body).len(), 1);
    // A turn ends with its file.
    let mut last = turns.pop().unwrap();
    last.send(LINE).unwrap();
    assert_eq!(last.receive().expect("an answer").json()["imported"], 1);
    turns.push(turn().unwrap());
    assert_eq!(turn().unwrap_err().status, 503);
    // And it ends when its sender goes away.
    drop(turns);
    eventually("every turn to end", || {
        let turns: Vec<_> = (0..4).filter_map(|_| turn().ok()).collect();
        (turns.len() == 4).then_some(())
    });
    assert_eq!(server.captures(&bin).len(), 2);
}

#[test]
fn an_import_that_stops_says_how_far_it_came_and_leaves_that() {
    let server = Server::with(&["--body-idle-timeout", "300ms"]);
    let entry = r#"{"startedDateTime":"2020-01-02T03:04:05Z","request":{"method":"GET","url":"http://h/","headers":[]}}"#;
    let cut = format!(r#"{{"log":{{"entries":[{entry},{entry},{{"startedDateTime":"#);
    let bin = server.bin();
    let (status, problem) = import(&server, &bin, &[], cut.as_bytes());
    assert_eq!(
        (status, &problem["status"]),
        (422, &json!(422)),
        "{problem}"
    );
    assert_eq!(problem["title"], "Not all was imported");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("2 captures were imported, then: "),
        "{detail}"
    );
    assert_eq!(server.captures(&bin).len(), 2);
    // A sender that falls silent is told so.
    let mut silent = begin_import(&server, &bin, 2 * LINE.len()).unwrap();
    silent.send(LINE).unwrap();
    let answer = silent.receive().expect("an answer");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["title"], "Not all was imported");
    assert_eq!(server.captures(&bin).len(), 3);
    // Of one that goes away, what came whole is kept.
    let mut gone = begin_import(&server, &bin, 2 * LINE.len()).unwrap();
    gone.send([LINE, &LINE[..20]].concat()).unwrap();
    drop(gone);
    eventually("what came whole", || {
        (server.captures(&bin).len() == 4).then_some(())
    });
    assert_eq!(import(&server, &bin, &[], LINE.as_bytes()).0, 200);
    assert_eq!(server.captures(&bin).len(), 5);
}
