//! What a node, the database or the way between them does wrong, under load.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::{Nodes, roomy};
use crate::support::ledger::{Ledger, held};
use crate::support::postgres::Cluster;
use crate::support::proxy::Proxy;
use crate::support::{Bin, Connection, Events, Server, beside, eventually};

const CLIENTS: usize = 12;

/// Sends numbered bodies to an address until `meanwhile` is done. A connection that breaks is opened anew: its last body may be
/// there, once, or not.
pub(super) fn under_load(
    address: SocketAddr,
    bin: &Bin,
    meanwhile: impl FnOnce(&AtomicUsize),
) -> Ledger {
    let answered = AtomicUsize::new(0);
    let send = |client: usize, is_over: &AtomicBool| {
        let mut ledger = Ledger::default();
        let mut connection = Connection::open(address);
        for i in 0.. {
            if is_over.load(Ordering::Acquire) {
                break;
            }
            match ledger.send(&mut connection, bin, format!("{client}-{i}")) {
                Some(200) => {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                // As a sender that was told to come back later.
                Some(_) => std::thread::park_timeout(Duration::from_millis(50)),
                None => connection = Connection::open(address),
            }
        }
        ledger
    };
    let ((), ledgers) = beside(CLIENTS, send, || meanwhile(&answered));
    Ledger::of_all(ledgers)
}

/// Waits for that many more answers.
pub(super) fn more(answered: &AtomicUsize, count: usize) {
    let want = answered.load(Ordering::Relaxed) + count;
    eventually("more answers", || {
        (answered.load(Ordering::Relaxed) >= want).then_some(())
    });
}

pub(super) fn assert_agrees(ledger: &Ledger, server: &Server, bin: &Bin) -> u64 {
    let held = held(server, bin, 0);
    let faults = ledger.faults(&held);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let last = held.len() as u64;
    assert!(held.keys().copied().eq(1..=last), "gaps");
    last
}

/// A reader of a bin's stream that comes back for what it missed, as browsers do.
struct Watcher<'a> {
    bin: &'a Bin,
    address: SocketAddr,
    events: Option<Events>,
    seen: Vec<u64>,
}

impl<'a> Watcher<'a> {
    fn of(bin: &'a Bin, server: &Server) -> Self {
        let mut watcher = Self {
            bin,
            address: server.address,
            events: None,
            seen: Vec::new(),
        };
        watcher.come_back();
        watcher
    }

    fn come_back(&mut self) {
        let target = format!("/api/v1/bins/{}/events", self.bin.id);
        let lines = [
            format!("Authorization: Bearer {}", self.bin.key),
            format!("Last-Event-ID: {}", self.last()),
        ];
        let lines = lines.each_ref().map(String::as_str);
        self.events = Some(eventually("a stream", || {
            let connection = Connection::over(TcpStream::connect(self.address).ok()?);
            Events::over(connection, &target, &lines).filter(|events| events.status == 200)
        }));
    }

    fn last(&self) -> u64 {
        self.seen.last().copied().unwrap_or_default()
    }

    /// The numbers on the next page of the list, of which there must be one.
    fn listed(&self) -> impl Iterator<Item = u64> + use<> {
        let request = format!(
            "GET /api/v1/bins/{}/captures?after={}&limit=200 HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            self.bin.id,
            self.last(),
            self.address,
            self.bin.key
        );
        let mut connection = Connection::open(self.address);
        connection.send(request).unwrap();
        let list = connection.receive().expect("a list").json();
        let captures = list["captures"].as_array().expect("captures").clone();
        assert!(!captures.is_empty(), "nothing after {}", self.last());
        captures
            .into_iter()
            .map(|capture| capture["n"].as_u64().unwrap())
    }

    /// The numbers that it was told, up to one.
    fn up_to(mut self, last: u64) -> Vec<u64> {
        while self.seen.last() != Some(&last) {
            match self.events.as_mut().and_then(Events::next) {
                Some(event) if event.event == "capture" => {
                    self.seen.push(event.id.unwrap().parse().unwrap());
                }
                // Too much came to be told one by one: it is read from the list.
                Some(event) if event.event == "resync" => {
                    let upto = event.id.unwrap().parse().unwrap();
                    while self.last() < upto {
                        let listed = self.listed();
                        self.seen.extend(listed.take_while(|&n| n <= upto));
                    }
                }
                Some(event) => panic!("{event:?}"),
                None => self.come_back(),
            }
        }
        self.seen
    }
}

#[test]
fn a_killed_node_loses_nothing_and_watchers_miss_nothing() {
    let mut nodes = Nodes::start(3);
    let bin = roomy(&nodes.servers[0]);
    let proxy = Proxy::before(nodes.servers.iter().map(|server| server.address));
    let watcher = Watcher::of(&bin, &nodes.servers[0]);
    let dies = &mut nodes.servers[1];
    let ledger = under_load(proxy.address, &bin, |answered| {
        more(answered, 200);
        dies.kill();
        more(answered, 200);
        dies.start_again();
        // More than is told one by one to who comes late.
        more(answered, 800);
    });
    assert!(
        ledger.unanswered.len() <= CLIENTS,
        "{:?}",
        ledger.unanswered
    );
    assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    let last = assert_agrees(&ledger, &nodes.servers[2], &bin);
    let all: Vec<u64> = (1..=last).collect();
    assert_eq!(watcher.up_to(last), all);
    assert_eq!(Watcher::of(&bin, &nodes.servers[1]).up_to(last), all);
}

#[test]
fn nodes_are_replaced_one_by_one_without_a_refusal() {
    let mut nodes = Nodes::start(3);
    let bin = roomy(&nodes.servers[0]);
    let proxy = Proxy::before(nodes.servers.iter().map(|server| server.address));
    let ledger = under_load(proxy.address, &bin, |answered| {
        for server in &mut nodes.servers {
            more(answered, 100);
            assert!(server.stop().success());
            more(answered, 100);
            server.start_again();
        }
    });
    assert!(ledger.refused.is_empty(), "{:?}", ledger.refused);
    assert_agrees(&ledger, &nodes.servers[0], &bin);
}

#[test]
fn a_database_that_is_away_is_said_at_once_and_missed_by_nobody_afterwards() {
    let cluster = Cluster::start();
    let nodes = Nodes::over(&cluster.database(), 2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let bin = roomy(a);
    let proxy = Proxy::before([a.address, b.address]);
    let watcher = Watcher::of(&bin, b);
    let mut ledger = under_load(proxy.address, &bin, |answered| {
        more(answered, 100);
        cluster.stop();
        // Whatever was under way is over when both say so.
        for server in [a, b] {
            eventually("the node to say that it is not ready", || {
                (server.get("/readyz").status == 503).then_some(())
            });
            let refused = server.request("POST", &format!("/{}", bin.id), &[], b"{}");
            assert_eq!(refused.status, 503);
            assert!(refused.header("retry-after").is_some());
            assert_eq!(server.get("/healthz").status, 200);
        }
        std::thread::park_timeout(Duration::from_secs(20));
        for server in [a, b] {
            assert_eq!(
                server
                    .request("POST", &format!("/{}", bin.id), &[], b"{}")
                    .status,
                503
            );
        }
        cluster.start_again();
        for server in [a, b] {
            eventually("the node to be ready again", || {
                (server.get("/readyz").status == 200).then_some(())
            });
        }
        more(answered, 100);
    });
    assert!(!ledger.refused.is_empty());
    // Whoever was refused while the database broke off may have been stored: the answer to a commit was lost with it.
    let refused = std::mem::take(&mut ledger.refused);
    ledger.unanswered.extend(refused);
    let last = assert_agrees(&ledger, a, &bin);
    assert_eq!(watcher.up_to(last), (1..=last).collect::<Vec<_>>());
}

#[test]
fn a_node_that_is_cut_off_says_so_and_catches_up() {
    let cluster = Cluster::start();
    let url = cluster.database();
    let way = Proxy::before([cluster.address()]);
    let through = url.replace(&cluster.address().to_string(), &way.address.to_string());
    let a = Server::with(&["--store", &url]);
    let b = Server::with(&["--store", &through]);
    let bin = roomy(&a);
    let watcher = Watcher::of(&bin, &b);
    assert_eq!((a.post(&bin, "", b"1"), b.post(&bin, "", b"2")), (1, 2));
    way.cut();
    let target = format!("/{}", bin.id);
    eventually("the node to say that it is cut off", || {
        (b.get("/readyz").status == 503).then_some(())
    });
    assert_eq!(b.request("POST", &target, &[], b"{}").status, 503);
    assert_eq!(a.get("/readyz").status, 200);
    for n in 3..=12 {
        assert_eq!(a.post(&bin, "", b"{}"), n);
    }
    way.mend();
    eventually("the node to be ready again", || {
        (b.get("/readyz").status == 200).then_some(())
    });
    assert_eq!(b.post(&bin, "", b"13"), 13);
    assert_eq!(watcher.up_to(13), (1..=13).collect::<Vec<_>>());
}
