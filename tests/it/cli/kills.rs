//! Server and listener killed in turn while requests come.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::home::Home;
use super::program::{Program, Running};
use crate::support::{PATIENCE, Server};

/// How many requests come at most: as many as one list shows, with those that were kept and not answered.
const MOST: usize = 150;

/// How long the sender waits between two requests.
const PACE: Duration = Duration::from_millis(15);

/// Posts, and whether it was said to be kept.
fn post(address: SocketAddr, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    let mut answer = Vec::new();
    stream.write_all(head.as_bytes()).is_ok()
        && stream.read_to_end(&mut answer).is_ok()
        && answer.starts_with(b"HTTP/1.1 200 ")
}

/// Ends a listener without warning, and gives the numbers that it said to be repeated.
fn killed(mut running: Running) -> BTreeSet<u64> {
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let said: Vec<String> = running.err.iter().collect();
    let again = said.iter().filter_map(|line| {
        let number = line.strip_prefix("again: #")?.split(',').next()?;
        number.parse().ok()
    });
    again.collect()
}

#[test]
fn nothing_is_lost_out_of_order_or_repeated_without_a_word() {
    let mut server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let words = ["listen", &program.port()];
    let mut running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    let (stop, stopped) = channel::<()>();
    let load = std::thread::spawn({
        let (address, id) = (server.address, bin.id.clone());
        move || {
            let (mut kept, mut number) = (Vec::new(), 0);
            while kept.len() < MOST {
                number += 1;
                if post(address, &format!("/{id}/{number}")) {
                    kept.push(format!("/{number}"));
                }
                // A pace at which the load outlasts what is done to its ends.
                if stopped.recv_timeout(PACE) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            kept
        }
    });
    let (mut came, mut said) = (Vec::new(), BTreeSet::new());
    let take = |came: &mut Vec<String>| {
        let request = program.next();
        came.push(request.split(' ').nth(1).unwrap().to_owned());
    };
    for _ in 0..3 {
        (0..7).for_each(|_| take(&mut came));
        server.kill();
        server.start_again();
        (0..7).for_each(|_| take(&mut came));
        said.extend(killed(running));
        running = Running::start(home.command(Some(&bin), &words));
    }
    (0..7).for_each(|_| take(&mut came));
    drop(stop);
    let kept = load.join().unwrap();
    let captures = server.captures(&bin);
    let paths: Vec<&str> = captures
        .iter()
        .map(|capture| capture["path"].as_str().unwrap())
        .collect();
    assert!(kept.iter().all(|path| paths.contains(&&**path)), "{kept:?}");
    while came.last().map(String::as_str) != paths.last().copied() {
        take(&mut came);
    }
    said.extend(killed(running));
    let mut next = 0;
    for path in &came {
        if paths.get(next) == Some(&&**path) {
            next += 1;
            continue;
        }
        let before = &captures[next - 1];
        assert_eq!(before["path"], path.as_str(), "{came:?} for {paths:?}");
        assert!(said.contains(&before["n"].as_u64().unwrap()), "{said:?}");
    }
    assert_eq!(next, paths.len(), "{came:?}");
    assert!(said.len() <= 3, "{said:?}");
}
