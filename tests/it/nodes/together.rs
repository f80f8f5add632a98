//! What one node does holds on the others.

use serde_json::json;

use super::{Nodes, roomy};
use crate::support::{Events, Target, eventually};

#[test]
fn a_watcher_sees_what_another_node_captured_and_resumes_anywhere() {
    let nodes = Nodes::start(3);
    let [a, b, c] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let target = format!("/api/v1/bins/{}/events", bin.id);
    let authorization = format!("Authorization: Bearer {}", bin.key);
    let mut events = Events::open(b, &target, &[&authorization]);
    let mut seen = Vec::new();
    for n in 1..=6 {
        let sender = if n % 2 == 0 { a } else { c };
        assert_eq!(sender.post(&bin, "", b"{}"), n);
        seen.push(next_number(&mut events));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    drop(events);
    assert_eq!(c.post(&bin, "", b"{}"), 7);
    let mut resumed = Events::open(a, &target, &[&authorization, "Last-Event-ID: 4"]);
    let rest: Vec<_> = (0..3).map(|_| next_number(&mut resumed)).collect();
    assert_eq!(rest, [5, 6, 7]);
}

fn next_number(events: &mut Events) -> u64 {
    loop {
        let event = events.next().expect("the stream goes on");
        if let Some(n) = event.id.filter(|_| event.event == "capture") {
            return n.parse().unwrap();
        }
    }
}

#[test]
fn settings_and_links_and_deleting_hold_on_every_node() {
    let nodes = Nodes::start(2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let path = format!("/bins/{}", bin.id);
    // Both know the bin by now.
    assert_eq!((a.post(&bin, "", b"1"), b.post(&bin, "", b"2")), (1, 2));
    let change = json!({"reply": {"status": 201}});
    let (status, answer) = a.api("PATCH", &path, Some(&bin.key), Some(&change));
    assert_eq!(status, 200, "{answer}");
    eventually("the new reply on the other node", || {
        let target = format!("/{}", bin.id);
        (b.request("POST", &target, &[], b"{}").status == 201).then_some(())
    });
    let (status, share) = b.api(
        "POST",
        &format!("{path}/share"),
        Some(&bin.key),
        Some(&json!({})),
    );
    assert_eq!(status, 201, "{share}");
    let key = share["key"].as_str().unwrap();
    let list = format!("{path}/captures");
    assert_eq!(a.api("GET", &list, Some(key), None).0, 200);
    let id = share["id"].as_u64().unwrap();
    let revoked = a.api(
        "DELETE",
        &format!("{path}/share/{id}"),
        Some(&bin.key),
        None,
    );
    assert_eq!(revoked.0, 204);
    eventually("the link to be over on the other node", || {
        (b.api("GET", &list, Some(key), None).0 != 200).then_some(())
    });
    assert_eq!(b.api("DELETE", &path, Some(&bin.key), None).0, 204);
    eventually("the bin to be gone on the other node", || {
        let target = format!("/{}", bin.id);
        (a.request("POST", &target, &[], b"{}").status == 410).then_some(())
    });
}

#[test]
fn a_sequence_is_counted_whichever_node_answers() {
    let nodes = Nodes::start(2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = a.bin_with(&json!({"rules": [{
        "name": "flaky",
        "replies": [{"status": 503, "times": 2}, {"status": 200}]
    }]}));
    let target = format!("/{}", bin.id);
    let statuses: Vec<_> = [a, b, a, b]
        .iter()
        .map(|node| node.request("POST", &target, &[], b"{}").status)
        .collect();
    assert_eq!(statuses, [503, 503, 200, 200]);
}

#[test]
fn a_held_wait_ends_with_a_capture_of_another_node() {
    let nodes = Nodes::start(2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let path = format!("/bins/{}/captures/wait?timeout=15&q=path:/wanted", bin.id);
            b.api("GET", &path, Some(&bin.key), None)
        });
        for _ in 0..3 {
            a.post(&bin, "/other", b"{}");
        }
        a.post(&bin, "/wanted", b"{}");
        let (status, found) = waiting.join().unwrap();
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["captures"][0]["path"], "/wanted", "{found}");
    });
}

#[test]
fn targets_get_each_capture_and_another_node_takes_over() {
    let mut nodes = Nodes::start(2);
    let target = Target::start();
    let url = format!("http://{}/hook", target.address);
    let bin = nodes.servers[0].bin_with(&json!({"targets": [{"url": url}]}));
    for n in 1..=10 {
        assert_eq!(
            nodes.servers[n % 2].post(&bin, "", n.to_string().as_bytes()),
            n as u64
        );
    }
    let heard = |last: u64| {
        eventually("the target to have them", || {
            let heard = target.heard();
            let bodies = heard.iter().map(|one| String::from_utf8_lossy(&one.body));
            let numbers: Vec<u64> = bodies.map(|body| body.parse().unwrap()).collect();
            numbers.contains(&last).then_some(numbers)
        })
    };
    assert!(heard(10).into_iter().eq(1..=10));
    // Whichever of them had the job: one after the other dies.
    for (dies, lives, n) in [(0, 1, 11), (1, 0, 12)] {
        nodes.servers[dies].kill();
        let body = n.to_string();
        assert_eq!(nodes.servers[lives].post(&bin, "", body.as_bytes()), n);
        let mut numbers = heard(n);
        // What was heard when a node died, before it could say so, comes again.
        numbers.dedup();
        assert!(numbers.iter().copied().eq(1..=n), "{numbers:?}");
        nodes.servers[dies].start_again();
    }
}
