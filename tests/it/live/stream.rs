//! The two streams of a bin over sockets: the API's and its page's.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::sse::Event;
use crate::support::{Bin, Connection, Events, PATIENCE, Server, beside, eventually};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stream {
    Api,
    Page,
}

const BOTH: [Stream; 2] = [Stream::Api, Stream::Page];

impl Stream {
    fn target(self, bin: &Bin) -> String {
        match self {
            Self::Api => format!("/api/v1/bins/{}/events", bin.id),
            Self::Page => format!("/b/{}/stream", bin.key),
        }
    }

    /// Opens it; with `last` as a browser that comes back.
    fn open(self, connection: Connection, bin: &Bin, last: Option<u64>) -> Option<Events> {
        let mut fields = vec![format!("Authorization: Bearer {}", bin.key)];
        fields.extend(last.map(|n| format!("Last-Event-ID: {n}")));
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        Events::over(connection, &self.target(bin), &fields)
    }

    /// Opens it for what is new.
    fn watch(self, server: &Server, bin: &Bin) -> Events {
        self.open(server.connect(), bin, None).expect("an answer")
    }

    /// The next captures, at least so many.
    fn next(self, events: &mut Events, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let event = events.next().expect("one more event");
            numbers.extend(self.numbers(&event));
        }
        numbers
    }

    /// The captures in an event, oldest first.
    fn numbers(self, event: &Event) -> Vec<u64> {
        match (self, event.event.as_str()) {
            (Self::Api, "capture") => vec![event.id.as_ref().unwrap().parse().unwrap()],
            (Self::Page, "row") => {
                let mut rows: Vec<u64> = event
                    .data
                    .split("/requests/")
                    .skip(1)
                    .map(|rest| {
                        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
                        rest[..digits].parse().unwrap()
                    })
                    .collect();
                rows.reverse();
                rows
            }
            _ => Vec::new(),
        }
    }
}

/// A bin that keeps everything.
fn bin(server: &Server) -> Bin {
    server.bin_with(&json!({"keep": {"captures": 0, "bytes": 0}}))
}

/// Posts over one connection after another until told to stop; what fails is left out. Counts what was acknowledged.
fn post_until(address: SocketAddr, bin: &Bin, over: &AtomicBool, acknowledged: &AtomicU64) {
    let request = format!(
        "POST /{}/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{{}}",
        bin.id
    );
    while !over.load(Ordering::SeqCst) {
        let Ok(stream) = TcpStream::connect(address) else {
            std::thread::park_timeout(Duration::from_millis(5));
            continue;
        };
        let mut connection = Connection::over(stream);
        while !over.load(Ordering::SeqCst) && connection.send(&request).is_ok() {
            match connection.receive() {
                Some(answer) if answer.status == 200 => {
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                _ => break,
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

/// A number that looks random.
fn random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Reads the stream, leaving and coming back with the last number as it pleases, until the number in `upto` came (0: not
/// known yet). Gives how often each number was seen.
fn come_and_go(
    stream: Stream,
    address: SocketAddr,
    bin: &Bin,
    mut state: u64,
    upto: &AtomicU64,
) -> BTreeMap<u64, usize> {
    let mut seen = BTreeMap::new();
    let mut last = 0;
    let is_over = |last: u64| (1..=last).contains(&upto.load(Ordering::SeqCst));
    let deadline = Instant::now() + 3 * PATIENCE;
    while !is_over(last) {
        assert!(Instant::now() < deadline, "{stream:?} stands at {last}");
        let opened = TcpStream::connect(address)
            .ok()
            .and_then(|socket| stream.open(Connection::over(socket), bin, Some(last)));
        let Some(mut events) = opened else {
            std::thread::park_timeout(Duration::from_millis(5));
            continue;
        };
        let until = last + random(&mut state) % 60;
        while last < until && !is_over(last) {
            let Some(event) = events.next() else { break };
            assert_ne!(event.event, "resync");
            for n in stream.numbers(&event) {
                assert!(n > last, "{n} after {last}");
                *seen.entry(n).or_default() += 1;
                last = n;
            }
        }
    }
    seen
}

/// Has readers come and go under load while something happens to the server: each has seen every capture once.
fn nothing_is_missed_while(disturb: impl FnOnce(&mut Server, &Bin)) {
    let mut server = Server::start();
    let bin = &bin(&server);
    let address = server.address;
    let (acknowledged, upto) = (&AtomicU64::new(0), &AtomicU64::new(0));
    let write = |_, is_over: &AtomicBool| post_until(address, bin, is_over, acknowledged);
    // These end by themselves, with the last number or in vain.
    let read = |i: usize, _: &AtomicBool| come_and_go(BOTH[i % 2], address, bin, i as u64, upto);
    let (last, read) = beside(6, read, || {
        beside(3, write, || disturb(&mut server, bin));
        let last = server.post(bin, "/last", b"");
        assert!(last > acknowledged.load(Ordering::SeqCst));
        upto.store(last, Ordering::SeqCst);
        // Whoever had heard of the last one before it was known to be that waits for one more.
        server.post(bin, "/end", b"");
        last
    });
    let want: BTreeMap<u64, usize> = (1..=last).map(|n| (n, 1)).collect();
    for mut seen in read {
        seen.remove(&(last + 1));
        assert_eq!(seen, want);
    }
}

/// Waits until so many more captures were taken.
fn let_pass(server: &Server, bin: &Bin, captures: u64) {
    let count = || server.show(bin)["captures"].as_u64().unwrap();
    let from = count();
    eventually("captures are taken", || {
        (count() >= from + captures).then_some(())
    });
}

#[test]
fn readers_that_come_and_go_under_load_see_everything_once() {
    nothing_is_missed_while(|server, bin| let_pass(server, bin, 1500));
}

#[test]
fn nothing_is_missed_or_doubled_when_the_server_stops_and_starts() {
    nothing_is_missed_while(|server, bin| {
        for _ in 0..2 {
            let_pass(server, bin, 150);
            assert!(server.stop().success());
            server.start_again();
        }
        let_pass(server, bin, 150);
    });
}

#[test]
fn nothing_is_missed_or_doubled_when_the_server_is_killed() {
    nothing_is_missed_while(|server, bin| {
        for _ in 0..3 {
            let_pass(server, bin, 150);
            server.kill();
            server.start_again();
        }
        let_pass(server, bin, 150);
    });
}

#[test]
fn three_hundred_watchers_hear_of_one_request() {
    let server = Server::start();
    let bin = bin(&server);
    let mut watchers: Vec<_> = (0..300)
        .map(|i| (BOTH[i % 2], BOTH[i % 2].watch(&server, &bin)))
        .collect();
    server.post(&bin, "/x", b"{}");
    for (stream, events) in &mut watchers {
        assert_eq!(stream.next(events, 1), [1]);
    }
}

/// A connection whose receiver takes little.
fn narrow(server: &Server) -> Connection {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&server.address.into()).unwrap();
    Connection::over(socket.into())
}

/// Whether the server still holds its end of the connection from that port: the list of the kernel has it as established.
fn is_held(server: &Server, port: u16) -> bool {
    let list = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = [server.address.port(), port].map(|port| format!(":{port:04X}"));
    list.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(1..4).is_some_and(|fields| {
            fields[0].ends_with(&ends[0]) && fields[1].ends_with(&ends[1]) && fields[2] == "01"
        })
    })
}

#[test]
fn a_reader_that_takes_nothing_is_cut_off_and_hurts_nobody() {
    const COUNT: u32 = 3000;
    let server = &Server::with(&["--write-timeout", "2s"]);
    let bin = &bin(server);
    for stream in BOTH {
        let narrow = narrow(server);
        let port = narrow.stream().local_addr().unwrap().port();
        let mut stalled = stream.open(narrow, bin, None).unwrap();
        let mut healthy = stream.watch(server, bin);
        let from = server.show(bin)["captures"].as_u64().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let padding = "x".repeat(1500);
                    let request = format!(
                        "POST /{}/{padding} HTTP/1.1\r\nHost: h\r\nUser-Agent: {padding}\r\nContent-Length: 0\r\n\r\n",
                        bin.id
                    );
                    let mut connection = server.connect();
                    for _ in 0..COUNT / 3 {
                        connection.send(&request).unwrap();
                        assert_eq!(connection.receive().unwrap().status, 200);
                    }
                });
            }
            let seen = stream.next(&mut healthy, COUNT as usize);
            assert_eq!(
                seen,
                (from + 1..=from + u64::from(COUNT)).collect::<Vec<_>>()
            );
        });
        // Posts go on being answered while it waits to be cut.
        eventually("the reader that takes nothing is cut off", || {
            server.post(bin, "/x", b"");
            (!is_held(server, port)).then_some(())
        });
        // What had been sent is whole events in order; then it ends.
        let mut last = from;
        while let Some(event) = stalled.next() {
            for n in stream.numbers(&event) {
                assert_eq!(n, last + 1);
                last = n;
            }
        }
        assert!(last < from + u64::from(COUNT));
    }
}

#[test]
fn streams_end_when_the_server_stops() {
    let mut server = Server::start();
    let bin = bin(&server);
    let mut watchers = BOTH.map(|stream| (stream, stream.watch(&server, &bin)));
    server.post(&bin, "/x", b"{}");
    for (stream, events) in &mut watchers {
        assert_eq!(stream.next(events, 1), [1]);
    }
    let began = Instant::now();
    assert!(server.stop().success());
    assert!(began.elapsed() < Duration::from_secs(3));
    for (stream, events) in &mut watchers {
        while let Some(event) = events.next() {
            assert_eq!(stream.numbers(&event), [0; 0]);
        }
    }
}

#[test]
fn a_deleted_bin_ends_its_streams_for_good() {
    let server = Server::start();
    let bin = bin(&server);
    let watchers = BOTH.map(|stream| stream.watch(&server, &bin));
    let path = format!("/bins/{}", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    for mut events in watchers {
        let mut last = String::new();
        while let Some(event) = events.next() {
            last = event.event;
        }
        assert_eq!(last, "gone");
    }
    // A browser does not come back after 204; a program is told why.
    assert_eq!(Stream::Page.watch(&server, &bin).status, 204);
    assert_eq!(Stream::Api.watch(&server, &bin).status, 410);
}

#[test]
fn both_streams_count_as_watchers() {
    let server = Server::with(&["--max-watchers", "2"]);
    let bin = bin(&server);
    let watchers = BOTH.map(|stream| stream.watch(&server, &bin));
    for stream in BOTH {
        assert_eq!(stream.watch(&server, &bin).status, 503, "{stream:?}");
    }
    // Another bin has its own; and who leaves makes room.
    let other = server.bin();
    assert_eq!(Stream::Page.watch(&server, &other).status, 200);
    drop(watchers);
    eventually("there is room again", || {
        (Stream::Api.watch(&server, &bin).status == 200).then_some(())
    });
}

#[test]
fn a_page_of_another_site_cannot_watch() {
    let server = Server::start();
    let bin = bin(&server);
    let key = format!("Authorization: Bearer {}", bin.key);
    for stream in BOTH {
        for site in ["cross-site", "same-site"] {
            let field = format!("Sec-Fetch-Site: {site}");
            let fields = [key.as_str(), &field, "Sec-Fetch-Mode: cors"];
            let events = Events::open(&server, &stream.target(&bin), &fields);
            assert_eq!(events.status, 403, "{stream:?} {site}");
        }
        let fields = [key.as_str(), "Sec-Fetch-Site: same-origin"];
        let events = Events::open(&server, &stream.target(&bin), &fields);
        assert_eq!(events.status, 200, "{stream:?}");
    }
}

#[test]
fn sse_01_what_a_sender_writes_is_never_a_field_of_an_event() {
    let server = Server::start();
    let bin = bin(&server);
    let mut watchers = BOTH.map(|stream| (stream, stream.watch(&server, &bin)));
    let lines = "event: evil\rdata: pwned\r\rid: 99\nevent: evil\ndata: pwned\n\n";
    let encoded = lines
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(' ', "%20");
    let requests: [(String, String); 4] = [
        (format!("/{encoded}"), String::new()),
        (
            format!("/p?{encoded}&\u{2028}data:\u{85}id:7"),
            String::new(),
        ),
        (
            "/h".to_owned(),
            "X-Evil: event: evil\tdata: pwned id: 99\r\nevent: evil\r\ndata: pwned\r\nid: 99"
                .to_owned(),
        ),
        (
            "/b".to_owned(),
            "Content-Type: text/event-stream".to_owned(),
        ),
    ];
    let mut taken = 0;
    for (path, field) in requests {
        let field = if field.is_empty() {
            "X-A: b".to_owned()
        } else {
            field
        };
        let answer = server.request(
            "POST",
            &format!("/{}{path}", bin.id),
            &[&field],
            lines.as_bytes(),
        );
        assert_eq!(answer.status, 200, "{path:?}: {}", answer.text());
        taken += 1;
    }
    for (stream, events) in &mut watchers {
        // `Events` fails on a field that is none of the format's; these are ours alone.
        let mut seen = Vec::new();
        while seen.len() < taken {
            let event = events.next().expect("one more event");
            let known = ["capture", "row", "count"];
            assert!(known.contains(&event.event.as_str()), "{event:?}");
            assert!(event.id.as_deref() != Some("99"), "{event:?}");
            assert!(!event.data.contains('\r'), "{event:?}");
            seen.extend(stream.numbers(&event));
        }
        assert_eq!(seen, [1, 2, 3, 4]);
    }
}
