//! Networks that go silent, servers that forget, programs that are slow: as people met them.
//!
//! They met them over minutes, and nobody waits that long here. What is told apart by time is told apart by flags that people have
//! too: a connection counts as dead after `--silence 2s`, where it is 40 s by itself and a machine sleeps for longer than either
//! (cli-01); a program is too slow after `--timeout 1s`, where people's took a minute (cli-05). That a machine sleeps is the process
//! stopped by a signal, as long as what comes meanwhile takes; that its network went away is a connection that goes silent without
//! an end, and not a link of the kernel that goes down.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::Signal;

use super::home::{Home, told};
use super::program::{Program, Running};
use crate::support::{Server, ended};

/// A way to the server whose open connections can go silent, without an end, as behind a router that has forgotten them.
struct Way {
    address: SocketAddr,
    /// Connections of an earlier turn are silent.
    turn: Arc<AtomicU64>,
}

impl Way {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let turn = Arc::<AtomicU64>::default();
        let turns = Arc::clone(&turn);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (near, far) = (stream.unwrap(), TcpStream::connect(server).unwrap());
                let mine = turns.load(Ordering::SeqCst);
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let turns = Arc::clone(&turns);
                    std::thread::spawn(move || {
                        pass(from, to, || turns.load(Ordering::SeqCst) == mine);
                    });
                }
            }
        });
        Self { address, turn }
    }

    fn forget(&self) {
        self.turn.fetch_add(1, Ordering::SeqCst);
    }
}

/// Passes bytes on until the end, or for ever none once it is forgotten.
fn pass(mut from: TcpStream, mut to: TcpStream, is_known: impl Fn() -> bool) {
    let mut piece = [0; 8192];
    loop {
        let read = from.read(&mut piece).unwrap_or(0);
        if !is_known() {
            // Held open: neither side hears of an end.
            loop {
                std::thread::park();
            }
        }
        if read == 0 || to.write_all(&piece[..read]).is_err() {
            to.shutdown(Shutdown::Write).ok();
            return;
        }
    }
}

fn came_in_order(program: &Program, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let request = program.next();
        assert!(
            request.starts_with(&format!("POST /{n} ")),
            "{n}: {request}"
        );
    }
    assert!(program.requests.try_recv().is_err());
}

#[test]
fn a_connection_that_went_silent_is_noticed_and_what_was_missed_comes_once_in_order() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let way = Way::to(server.address);
    let base = format!("http://{}", way.address);
    let words = [
        "listen",
        &program.port(),
        "--server",
        &base,
        "--silence",
        "2s",
    ];
    let running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    server.post(&bin, "/0", b"{}");
    came_in_order(&program, 0..1);
    way.forget();
    for n in 1..21 {
        server.post(&bin, &format!("/{n}"), b"{}");
    }
    running.remark("reconnecting in ");
    running.remark("connected again");
    came_in_order(&program, 1..21);
    // Asleep for a while, and none the wiser.
    running.signal(Signal::STOP);
    for n in 21..41 {
        server.post(&bin, &format!("/{n}"), b"{}");
    }
    running.signal(Signal::CONT);
    came_in_order(&program, 21..41);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_server_that_is_older_than_it_was_is_said_and_gone_on_with() {
    let mut server = Server::start();
    let home = Home::new(&server);
    let (bin, program) = (server.bin(), Program::start());
    let words = ["listen", &program.port()];
    let running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    server.post(&bin, "/0", b"{}");
    came_in_order(&program, 0..1);
    server.stop();
    let backup = tempfile::TempDir::new().unwrap();
    copy(server.data(), backup.path());
    server.start_again();
    running.remark("connected again");
    for n in 1..4 {
        server.post(&bin, &format!("/{n}"), b"{}");
    }
    came_in_order(&program, 1..4);
    server.stop();
    for entry in fs::read_dir(server.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    copy(backup.path(), server.data());
    server.start_again();
    let said = running.remark("older than it was");
    assert!(said.ends_with("its last request is #1"), "{said}");
    server.post(&bin, "/4", b"{}");
    came_in_order(&program, 4..5);
    // The bin is deleted while nobody hears it: that is said, and the end.
    running.signal(Signal::STOP);
    let path = format!("/bins/{}", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    running.signal(Signal::CONT);
    running.remark("hookwell: the bin was deleted");
    let mut running = running;
    assert_eq!(ended(&mut running.child).code(), Some(1));
    // And so it is for the next, which is told at once.
    let (code, _, said) = told(&home.run(&bin, &words));
    assert!(code == 1 && said.contains("deleted"), "{said}");
}

#[test]
fn a_slow_program_is_said_by_number_tried_again_by_one_command_and_holds_up_nobody() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let slow = Program::answering("127.0.0.1:0", |raw| {
        let is_slow = raw.starts_with(b"POST /slow ");
        (!is_slow).then(|| b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n".to_vec())
    });
    let address = slow.address.to_string();
    let words = ["listen", &address, "--timeout", "1s"];
    let running = Running::start(home.command(Some(&bin), &words));
    running.remark("forwarding to");
    server.post(&bin, "/slow", b"{}");
    server.post(&bin, "/next", b"{}");
    let said: Vec<String> = (0..4).map(|_| running.out()).collect();
    assert!(said[1].contains("<-- [no answer] "), "{said:?}");
    assert!(
        said[1].ends_with(" ms: no answer within 1 s #1"),
        "{said:?}"
    );
    assert!(
        said[3].contains("<-- [200] ") && said[3].ends_with(" #2"),
        "{said:?}"
    );
    let again = running.remark("again: hookwell ");
    let words: Vec<&str> = again.split(' ').skip(2).collect();
    let (code, said, _) = told(&home.run(&bin, &[&words[..], &["--timeout", "1s"]].concat()));
    assert!(code == 1 && said.contains("[no answer]"), "{said}");
    // Both tries are on the capture.
    let path = format!("/bins/{}/captures/1/attempts", bin.id);
    let (_, list) = server.api("GET", &path, Some(&bin.key), None);
    let causes: Vec<_> = list["attempts"].as_array().unwrap().iter().collect();
    assert_eq!(causes.len(), 2, "{list}");
    assert!(
        causes.iter().all(|one| one["error"]["cause"] == "timeout"),
        "{list}"
    );
}
