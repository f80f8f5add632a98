//! `hookwell listen`, `tail` and `replay`, through breaks and restarts.

use std::net::TcpListener;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::home::{Home, told};
use super::program::{Program, Running};
use crate::support::{Ends, Server, ended, eventually};

#[test]
fn captures_are_sent_on_byte_for_byte_with_path_and_query() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let target = format!(
        "http://localhost:{}/shop/hook.php?mode=live&key=7",
        program.port()
    );
    let running = Running::start(home.command(Some(&bin), &["listen", &target]));
    running.remark("forwarding to");
    let head = format!(
        "POST /{}/sub/?y=2 HTTP/1.1\r\nHost: h\r\nX-GitHub-Event: push\r\nx-lower:1\r\nX-Odd: caf\u{e9}\r\nContent-Type: text/x\r\nContent-Length: 4\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\r\n",
        bin.id
    );
    let mut raw: Vec<u8> = head.chars().map(|c| u8::try_from(c).unwrap()).collect();
    raw.extend(b"\0\xff\r\n");
    assert_eq!(server.send(raw).status, 200);
    let expected = format!(
        "POST /shop/hook.php/sub/?mode=live&key=7&y=2 HTTP/1.1\r\nHost: localhost:{}\r\nX-GitHub-Event: push\r\nx-lower: 1\r\nX-Odd: caf\u{e9}\r\nContent-Type: text/x\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\0\u{ff}\r\n",
        program.port()
    );
    assert_eq!(program.next(), expected);
    let (came, answered) = (running.out(), running.out());
    assert!(came.ends_with("  --> POST /sub/ github push #1"), "{came}");
    assert!(
        answered.contains("  <-- [200] ") && answered.ends_with(" ms #1"),
        "{answered}"
    );
    let stamp = &came[..19];
    assert!(
        stamp.chars().filter(char::is_ascii_digit).count() == 14,
        "{stamp}"
    );
    assert!(!came.contains('\u{1b}'));
}

#[test]
fn a_bin_is_made_and_remembered_where_none_is_given() {
    let server = Server::start();
    let home = Home::new(&server);
    let program = Program::start();
    let words = ["listen", &program.port(), "--print-secret"];
    let running = Running::start(home.command(None, &words));
    let made = running.err();
    assert!(
        made.starts_with("made a bin; capture URL: http://"),
        "{made}"
    );
    let page = running.remark("page: ");
    drop(running);
    let again = Running::start(home.command(None, &words));
    let url = again.err();
    assert_eq!(format!("made a bin; {url}"), made);
    assert_eq!(again.remark("page: "), page);
    let output = home.command(None, &["open", "--print"]).to_end();
    assert_eq!(format!("page: {}", told(&output).1.trim()), page);
    let file = home.path().join("hookwell/bins.json");
    let bits = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(bits & 0o777, 0o600);
}

#[test]
fn the_local_program_may_listen_on_either_family_and_route_by_host() {
    let server = Server::start();
    let home = Home::new(&server);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        if TcpListener::bind(address).is_err() {
            continue;
        }
        let (bin, program) = (server.bin(), Program::on(address, 200));
        let words = [
            "listen",
            "-f",
            &program.port(),
            "-H",
            "Host: foo.test",
            "-H",
            "X-A: b",
            "--path",
            "/in",
            "--format",
            "json",
        ];
        let running = Running::start(home.command(Some(&bin), &words));
        running.remark("forwarding to");
        server.post(&bin, "/x?y", b"{}");
        let request = program.next();
        assert!(
            request.starts_with("POST /in?y HTTP/1.1\r\nHost: foo.test\r\nX-A: b\r\n"),
            "{request}"
        );
        let told: Value = serde_json::from_str(&running.out()).unwrap();
        assert_eq!(
            (&told["n"], &told["status"], &told["path"]),
            (&1.into(), &200.into(), &"/x".into())
        );
    }
}

#[test]
fn a_program_that_is_not_there_is_said_and_can_be_tried_again() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let running = Running::start(home.command(Some(&bin), &["listen", &address]));
    running.remark("forwarding to");
    server.post(&bin, "/a", b"{}");
    running.out();
    let answered = running.out();
    let why = format!(" ms: connection refused: nothing listens on {address} #1");
    assert!(
        answered.contains("<-- [no answer] ") && answered.ends_with(&why),
        "{answered}"
    );
    let again = running.remark("again: ");
    let program = Program::on(&address, 500);
    server.post(&bin, "/b", b"{}");
    assert!(program.next().starts_with("POST /b "));
    let words: Vec<&str> = again
        .split_once("hookwell ")
        .unwrap()
        .1
        .split(' ')
        .collect();
    let (code, said, _) = told(&home.run(&bin, &words));
    assert!(program.next().starts_with("POST /a "));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("<-- [500] "), "{said}");
}

#[test]
fn what_came_while_the_server_or_the_listener_was_away_is_caught_up_with_once_each() {
    let mut server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let running = Running::start(home.command(Some(&bin), &["listen", &program.port()]));
    running.remark("forwarding to");
    let mut expected = 0..;
    let mut post = |server: &Server, count: usize| {
        for n in expected.by_ref().take(count) {
            server.post(&bin, &format!("/{n}"), b"{}");
        }
    };
    post(&server, 3);
    // A listener that sleeps.
    running.signal(Signal::STOP);
    post(&server, 20);
    running.signal(Signal::CONT);
    post(&server, 2);
    // A server that is killed, and comes back.
    server.kill();
    server.start_again();
    post(&server, 5);
    for n in 0..30 {
        let request = program.next();
        assert!(
            request.starts_with(&format!("POST /{n} ")),
            "{n}: {request}"
        );
    }
    running.remark("connected again");
    assert!(program.requests.try_recv().is_err());
    // A bin that is gone ends it.
    let path = format!("/bins/{}", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    running.remark("hookwell: the bin was deleted");
    let mut running = running;
    assert_eq!(ended(&mut running.child).code(), Some(1));
}

#[test]
fn tail_prints_what_the_filter_lets_through_also_from_before() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    for path in ["/a", "/b", "/a\u{9b}2J"] {
        let path: String = path.chars().filter(char::is_ascii).collect();
        server.post(&bin, &path, b"{}");
    }
    let words = ["tail", "-q", "path:/a*", "--since", "1h", "--count", "3"];
    let mut child = home.start(Some(&bin), &words);
    server.post(&bin, "/a/4", b"{}");
    let (code, said, _) = told(&child.to_end());
    let numbers: Vec<u64> = said
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["n"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!((code, numbers), (0, vec![1, 3, 4]));
    let output = home.run(&bin, &["tail", "--since", "#2", "--count", "1"]);
    assert!(told(&output).1.starts_with("{\"n\":3,"), "{output:?}");
    let output = home.run(&bin, &["tail", "-q", "since:"]);
    assert_eq!(told(&output).0, 1);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = told(&home.run(&bin, &["completions", shell]));
        assert!(code == 0 && script.contains("forward-to"), "{shell}");
    }
    let (code, _, error) = told(&home.run(&bin, &["man", "."]));
    assert_eq!((code, &*error), (0, ""));
    let page = std::fs::read_to_string(home.path().join("hookwell-listen.1")).unwrap();
    assert!(page.contains("skip\\-verify"), "{page}");
    assert!(home.path().join("hookwell.1").exists());
}

#[test]
fn the_client_of_smee_io_forwards_from_a_page() {
    let server = Server::start();
    let (bin, program) = (server.bin(), Program::start());
    let client = format!(
        "{}/tests/npm/node_modules/smee-client/bin/smee.js",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut command = Command::new("node");
    command
        .arg(client)
        .args(["--url", &format!("{}/b/{}", server.base(), bin.key)])
        .args(["--target", &format!("http://{}/in?own=1", program.address)])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let running = Running::start(command);
    while !running.out().starts_with("Forwarding ") {}
    let target = format!("/{}/sub?a=1%202", bin.id);
    let fields = ["Content-Type: application/json", "X-GitHub-Event: push"];
    server.request("POST", &target, &fields, b"{\"b\": [1,\n \"\xc3\xa9\"]}");
    let request = program.next();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(
        head.starts_with("post /in?own=1&a=1+2 http/1.1\r\n"),
        "{request}"
    );
    assert!(head.contains("\r\nx-github-event: push\r\n"), "{request}");
    assert_eq!(body, "{\"b\":[1,\"\u{c3}\u{a9}\"]}");
    let fields = ["Content-Type: application/x-www-form-urlencoded"];
    server.request("POST", &target, &fields, b"c=d+e");
    assert!(program.next().ends_with("\r\n\r\n{\"c\":\"d e\"}"));
    server.request("GET", &target, &[], b"");
    assert!(program.next().ends_with("\r\n\r\n{}"));
}

#[test]
fn an_answer_that_breaks_off_is_told_as_far_as_it_came() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let program = Program::answering("127.0.0.1:0", |_| {
        Some(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf".to_vec())
    });
    let running = Running::start(home.command(Some(&bin), &["listen", &program.port()]));
    running.remark("forwarding to");
    server.post(&bin, "", b"{}");
    running.out();
    let answered = running.out();
    assert!(answered.contains(" ms: the answer broke off"), "{answered}");
    let path = format!("/bins/{}/captures/1/attempts", bin.id);
    let attempt = eventually("the attempt", || {
        let (_, list) = server.api("GET", &path, Some(&bin.key), None);
        list["attempts"].get(0).cloned()
    });
    let body = &attempt["answer"]["body"];
    assert_eq!(
        (&body["state"], &body["size"]),
        (&"aborted".into(), &4.into()),
        "{attempt}"
    );
}
