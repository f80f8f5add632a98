//! Targets that take what they are sent and never say a word: others are not held up by them.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{ALLOW, attempt};
use crate::support::{Bin, Server, Target, eventually};

/// How many targets of a bin are silent, and how many such bins there are.
const EACH: usize = 10;
const BINS: usize = 20;

/// How many captures wait for each of them.
const WAITING: usize = 3;

/// Somebody who takes connections, keeps them and says nothing; and how many are there.
fn silent() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            kept.push(stream);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

/// A bin with silent targets for which something waits.
fn silent_bin(server: &Server, address: &str, concurrency: usize) -> Bin {
    let targets: Vec<_> = (0..EACH)
        .map(|at| json!({ "url": format!("http://{address}/{at}"), "concurrency": concurrency }))
        .collect();
    let bin = server.bin_with(&json!({ "targets": targets }));
    for _ in 0..WAITING {
        server.post(&bin, "", b"{}");
    }
    bin
}

/// Sends captures to a bin with a target that answers, and waits until it has them all, in their order.
fn is_served(server: &Server) {
    let target = Target::start();
    let url = target.url("/");
    let bin = server.bin_with(&json!({ "targets": [{ "url": url }] }));
    let want: Vec<_> = (1..=20).map(|n: u32| n.to_string().into_bytes()).collect();
    for body in &want {
        server.post(&bin, "", body);
    }
    eventually("the target that answers has everything", || {
        (target.heard().len() == want.len()).then_some(())
    });
    let heard: Vec<_> = target.heard().into_iter().map(|one| one.body).collect();
    assert_eq!(heard, want);
}

#[test]
fn two_hundred_silent_targets_do_not_hold_up_one_that_answers() {
    // So long that none of the calls ends while this runs.
    let flags = [ALLOW[0], ALLOW[1], "--outbound-timeout", "10m"];
    let server = Server::with(&flags);
    let (address, count) = silent();
    for concurrency in [1, 10] {
        for _ in 0..BINS / 2 {
            silent_bin(&server, &address, concurrency);
        }
    }
    eventually("the silent ones have what they may have", || {
        (count.load(Ordering::SeqCst) >= 96).then_some(())
    });
    is_served(&server);
    // Half of 256 places, and one for each bin.
    let all = count.load(Ordering::SeqCst);
    assert!(all <= 128 + BINS, "{all} calls at once");
}

#[test]
fn targets_that_failed_do_not_hold_up_one_that_answers() {
    let flags = [ALLOW[0], ALLOW[1], "--outbound-timeout", "1s"];
    let server = Server::with(&flags);
    let (address, count) = silent();
    let bins: Vec<_> = (0..BINS)
        .map(|_| silent_bin(&server, &address, 1))
        .collect();
    eventually("the silent ones were tried again", || {
        (count.load(Ordering::SeqCst) > BINS * EACH).then_some(())
    });
    is_served(&server);
    let path = format!("/bins/{}/targets", bins[0].id);
    let (_, state) = server.api("GET", &path, Some(&bins[0].key), None);
    let failing = |target: &Value| target["failing_since"].is_string();
    let targets = state["targets"].as_array().unwrap();
    assert!(targets.iter().any(failing), "{state}");
}

#[test]
fn replays_to_who_is_silent_do_not_hold_up_those_of_others() {
    let flags = [ALLOW[0], ALLOW[1], "--outbound-timeout", "10m"];
    let server = Server::with(&flags);
    let (address, count) = silent();
    let bin = server.bin();
    let n = server.post(&bin, "", b"{}");
    let url = format!("http://{address}/");
    let mut waiting: Vec<_> = (0..10)
        .map(|_| {
            let body = json!({ "url": url, "copies": 20 }).to_string();
            let mut connection = server.connect();
            let head = format!(
                "POST /api/v1/bins/{}/captures/{n}/replay HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                bin.id,
                server.address,
                bin.key,
                body.len()
            );
            connection.send([head, body].concat()).unwrap();
            connection
        })
        .collect();
    eventually("the silent one has what it may have", || {
        (count.load(Ordering::SeqCst) >= 32).then_some(())
    });
    let other = server.bin();
    let n = server.post(&other, "", b"{}");
    let target = Target::start();
    let answered = attempt(&server, &other, n, &target.url("/"));
    assert_eq!(answered["answer"]["status"], 200);
    waiting.clear();
}
