//! `hookwell listen --respond` over several nodes: whichever the listener is connected to, whichever it tells its answers, and
//! whichever the sender reaches.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::Nodes;
use crate::cli::home::{Home, told};
use crate::cli::program::{Program, Running};
use crate::support::proxy::Proxy;
use crate::support::{Bin, Response, Server, eventually, postgres};

/// A bin that replies by itself in a way of its own.
fn bin(nodes: &Nodes) -> Bin {
    nodes.servers[0].bin_with(&json!({"reply": {"status": 202, "body": "own"}}))
}

/// A program that never answers what is sent to `/hangs`.
fn program() -> Program {
    Program::answering("127.0.0.1:0", |raw| {
        let hangs = raw
            .windows(b" /hangs ".len())
            .any(|part| part == b" /hangs ");
        (!hangs).then(|| b"HTTP/1.1 201 X\r\nContent-Length: 5\r\n\r\nlocal".to_vec())
    })
}

/// A listener that answers.
fn responding(home: &Home, bin: &Bin, words: &[&str]) -> Running {
    let running = Running::start(home.command(Some(bin), words));
    running.remark("senders are given its answers");
    running
}

fn send(node: &Server, bin: &Bin, path: &str) -> Response {
    node.request("POST", &format!("/{}{path}", bin.id), &[], b"{}")
}

/// What the sender is told, which is the local answer or the bin's own.
fn text(node: &Server, bin: &Bin, path: &str) -> String {
    let response = send(node, bin, path);
    let text = response.text();
    match (response.status, &*text) {
        (201, "local") | (202, "own") => text,
        _ => panic!("{} {text}", response.status),
    }
}

/// Waits until a node has senders wait for the listener.
fn until_local(node: &Server, bin: &Bin) {
    eventually("the local answer", || {
        (text(node, bin, "/") == "local").then_some(())
    });
}

/// Why the capture that was answered has the bin's own reply.
fn why(node: &Server, bin: &Bin, response: &Response) -> Value {
    assert_eq!(response.status, 202, "{}", response.text());
    let n = response.header("x-hookwell-request").unwrap();
    let error = &node.capture(bin, n.parse().unwrap())["reply"]["error"];
    match error.as_str() {
        Some(error) => error.trim_start_matches("hookwell listen: ").into(),
        None => Value::Null,
    }
}

#[test]
fn a_sender_is_given_the_local_answer_whichever_node_it_reaches() {
    let nodes = Nodes::start(3);
    let bin = bin(&nodes);
    let proxy = Proxy::before(nodes.servers.iter().map(|server| server.address));
    // Each of its connections reaches another node: the stream, and those that tell of its answers.
    let home = Home::at(format!("http://{}", proxy.address));
    let program = program();
    let port = program.port();
    let words = ["listen", &port, "--respond=1m", "-q", "-path:/b"];
    let running = responding(&home, &bin, &words);
    for node in &nodes.servers {
        until_local(node, &bin);
    }
    for round in 0..5 {
        for node in &nodes.servers {
            assert_eq!(text(node, &bin, "/"), "local", "{round}");
        }
    }
    for node in &nodes.servers {
        let passed = send(node, &bin, "/b");
        let reason = why(node, &bin, &passed);
        assert_eq!(reason, "its filter left this request out");
    }
    // All wait at once, each on a node of its own.
    std::thread::scope(|scope| {
        let senders: Vec<_> = nodes
            .servers
            .iter()
            .flat_map(|node| [node; 4])
            .map(|node| scope.spawn(|| text(node, &bin, "/at-once")))
            .collect();
        for sender in senders {
            assert_eq!(sender.join().unwrap(), "local");
        }
    });
    drop(running);
    // Nobody waits for longer than is asked.
    let words = ["listen", &port, "--respond=1s", "--timeout=2s"];
    let running = responding(&home, &bin, &words);
    for node in &nodes.servers {
        until_local(node, &bin);
        let late = send(node, &bin, "/hangs");
        assert_eq!(why(node, &bin, &late), "no answer within 1 s");
    }
    // And nobody waits any more for one that is gone.
    running.signal(Signal::KILL);
    drop(running);
    for node in &nodes.servers {
        eventually("the bin to reply by itself", || {
            let response = send(node, &bin, "/");
            (why(node, &bin, &response) == Value::Null).then_some(())
        });
    }
}

#[test]
fn a_listener_whose_node_dies_answers_through_another() {
    let mut nodes = Nodes::start(3);
    let bin = bin(&nodes);
    let proxy = Proxy::before(nodes.servers.iter().map(|server| server.address));
    let home = Home::at(format!("http://{}", proxy.address));
    let program = program();
    let words = ["listen", &program.port(), "--respond=2s"];
    let running = responding(&home, &bin, &words);
    // Whichever of them has the listener: one after the other dies.
    for dies in 0..nodes.servers.len() {
        nodes.servers[dies].kill();
        for (at, node) in nodes.servers.iter().enumerate() {
            if at != dies {
                until_local(node, &bin);
            }
        }
        nodes.servers[dies].start_again();
        until_local(&nodes.servers[dies], &bin);
    }
    // And when all of them are replaced, one by one.
    for at in 0..nodes.servers.len() {
        assert!(nodes.servers[at].stop().success());
        nodes.servers[at].start_again();
        for node in &nodes.servers {
            until_local(node, &bin);
        }
    }
    drop(running);
}

#[test]
fn a_second_listener_is_told_by_another_node() {
    let nodes = Nodes::start(2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = bin(&nodes);
    let (at_a, at_b) = (Home::new(a), Home::new(b));
    let program = program();
    let words = ["listen", &program.port(), "--respond=2s"];
    let first = responding(&at_a, &bin, &words);
    let (code, _, said) = told(&at_b.run(&bin, &words));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("another listener answers for this bin"),
        "{said}"
    );
    until_local(b, &bin);
    drop(first);
    let second = responding(&at_b, &bin, &words);
    until_local(a, &bin);
    drop(second);
}

#[test]
fn a_listener_whose_node_is_cut_off_gives_way_to_one_at_another() {
    let cluster = postgres::shared();
    let url = cluster.database();
    let way = Proxy::before([cluster.address()]);
    let through = url.replace(&cluster.address().to_string(), &way.address.to_string());
    let a = Server::with(&["--store", &url]);
    let b = Server::with(&["--store", &through]);
    let bin = a.bin_with(&json!({"reply": {"status": 202, "body": "own"}}));
    let saying = |word: &'static str| {
        let answer = format!("HTTP/1.1 201 X\r\nContent-Length: 3\r\n\r\n{word}");
        Program::answering("127.0.0.1:0", move |_| Some(answer.clone().into_bytes()))
    };
    let until = |node: &Server, word: &str| {
        eventually(word, || {
            (send(node, &bin, "/").text() == word).then_some(())
        });
    };
    let (one, two) = (saying("one"), saying("two"));
    let words = ["listen", &one.port(), "--respond=2s"];
    let mut first = responding(&Home::new(&b), &bin, &words);
    until(&a, "one");
    until(&b, "one");
    way.cut();
    until(&a, "own");
    assert_eq!(send(&b, &bin, "/").status, 503);
    let before = one.requests.try_iter().count();
    let words = ["listen", &two.port(), "--respond=2s"];
    let second = responding(&Home::new(&a), &bin, &words);
    let is_two = |node: &Server| assert_eq!(send(node, &bin, "/").text(), "two");
    until(&a, "two");
    (0..5).for_each(|_| is_two(&a));
    way.mend();
    first.remark("another listener answers for this bin");
    assert_eq!(first.child.wait().unwrap().code(), Some(1));
    until(&b, "two");
    [&a, &b, &a, &b].into_iter().for_each(is_two);
    // What the second answered is not given to the first as well.
    assert!(before > 0 && one.requests.try_recv().is_err());
    drop(second);
}
