use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::client::Names;
use super::guard::{Guard, not_public};
use super::{ANSWER, Client, Request, Url};
use crate::config::{Config, OutboundConfig};
use crate::model::{AttemptKind, BodyState, Clock, FailureCause, Headers, Try};

fn config(allow: &[&str]) -> OutboundConfig {
    OutboundConfig {
        allow: allow
            .iter()
            .map(|network| network.parse().unwrap())
            .collect(),
        ..Config::with_defaults().outbound
    }
}

fn loopback() -> Client {
    Client::new(&config(&["127.0.0.0/8"]), Clock::System)
}

fn request(url: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        url: url.parse().unwrap(),
        headers: Headers::default(),
        body: Bytes::from_static(b"hello"),
    }
}

async fn send(client: &Client, request: Request) -> Try {
    client.send(1, &request, AttemptKind::Replay).await
}

/// A listener that answers one connection with `answer`, and gives what it was sent up to the end of the head and `body` bytes.
fn target(answer: impl FnOnce(std::net::TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || answer(listener.accept().unwrap().0));
    address
}

/// Reads until what came ends like this.
fn read_to(stream: &mut impl Read, end: &[u8]) -> Vec<u8> {
    let (mut read, mut byte) = (Vec::new(), [0]);
    while !read.ends_with(end) && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        read.push(byte[0]);
    }
    read
}

fn cause(tried: &Try) -> FailureCause {
    tried
        .failure
        .as_ref()
        .unwrap_or_else(|| panic!("{tried:?}"))
        .cause
}

#[test]
fn addresses_that_are_not_public_are_known() {
    for ip in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:a9fe:a9fe",
        "::ffff:0:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd12:3456::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "2a00:1450::5efe:7f00:1",
        "2a00:1450::200:5efe:7f00:1",
        "4000::1",
        "8000::1",
        "1::1",
    ] {
        let ip: IpAddr = ip.parse().unwrap();
        assert!(not_public(ip).is_some(), "{ip}");
        assert!(Guard::default().judge(ip).is_err(), "{ip}");
    }
    for ip in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.114.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "2003::1",
        "3ffe::1",
    ] {
        let ip: IpAddr = ip.parse().unwrap();
        assert_eq!(not_public(ip), None, "{ip}");
    }
}

#[test]
fn an_allowed_network_is_let_through_and_nothing_beside_it() {
    let guard = Guard::allowing(&["10.1.0.0/16".parse().unwrap(), "fd00::/64".parse().unwrap()]);
    for ip in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"] {
        assert_eq!(guard.judge(ip.parse().unwrap()), Ok(()), "{ip}");
    }
    for ip in [
        "10.2.0.1",
        "127.0.0.1",
        "fd00:0:0:1::7",
        "64:ff9b::a01:203",
        "::10.1.2.3",
    ] {
        assert!(guard.judge(ip.parse().unwrap()).is_err(), "{ip}");
    }
}

proptest! {
    #[test]
    fn no_form_of_a_private_address_is_public(tail in any::<[u8; 3]>(), any in any::<u64>()) {
        let v4 = Ipv4Addr::new(10, tail[0], tail[1], tail[2]);
        let bits = u128::from(v4.to_bits());
        let six_to_four = (0x2002_u128 << 112) | (bits << 80) | u128::from(any);
        let teredo = (0x2001_u128 << 112) | (u128::from(any) << 32) & ((1 << 96) - 1) | (!bits & 0xffff_ffff);
        let isatap = (0x2a00_u128 << 112) | (u128::from(any) & 0xffff) << 64 | (0x5efe << 32) | bits;
        for ip in [bits, 0xffff_0000_0000 | bits, six_to_four, teredo, isatap, (0x64_ff9b_u128 << 96) | bits] {
            let ip = Ipv6Addr::from_bits(ip);
            prop_assert!(not_public(ip.into()).is_some(), "{}", ip);
        }
    }
}

#[test]
fn urls_are_read_strictly() {
    for (text, want) in [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.com:443/A?b#c", "https://example.com/A?b"),
        ("http://example.com.:8080?x", "http://example.com:8080/?x"),
        (
            "http://[::FFFF:127.0.0.1]:9/",
            "http://[::ffff:127.0.0.1]:9/",
        ),
        ("http://127.0.0.1#@example.com/", "http://127.0.0.1/"),
        (" https://203.0.113.7/x ", "https://203.0.113.7/x"),
    ] {
        assert_eq!(text.parse::<Url>().unwrap().to_string(), want, "{text}");
    }
    for text in [
        "",
        "example.com",
        "/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://x/",
        "http://",
        "http:///127.0.0.1/",
        "http://u:p@example.com/",
        "http://example.com@127.0.0.1:9/",
        "http://127.0.0.1%2f@example.com/",
        "http://localhost%00.example.com/",
        "http://[localhost]:9/",
        "http://[fe80::1%25eth0]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1.5/",
        "http://127.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://a..b/",
        "http://①②⑦.⓪.⓪.①/",
        "http://ex ample.com/",
        "http://example.com/a b",
        "http://example.com\\@127.0.0.1/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa\nmple.com/",
    ] {
        assert!(text.parse::<Url>().is_err(), "{text:?}");
    }
}

#[test]
fn a_path_goes_behind_the_path_of_a_url() {
    for (url, path, query, want) in [
        ("http://a/hooks", "/", None, "http://a/hooks"),
        (
            "http://a/hooks/",
            "/orders",
            Some("x=1"),
            "http://a/hooks/orders?x=1",
        ),
        ("http://a", "/a%2Fb", Some(""), "http://a/a%2Fb"),
        ("https://a/?k=1", "/x", Some("y"), "https://a/x?k=1&y"),
    ] {
        let url: Url = url.parse().unwrap();
        assert_eq!(url.below(path, query).unwrap().to_string(), want);
    }
}

#[test]
fn a_path_that_is_none_does_not_become_a_part_of_the_host() {
    let url: Url = "https://example.com".parse().unwrap();
    for path in [".evil.example/x", ":8443/x", "*", "evil.example:443", ""] {
        assert!(url.below(path, None).is_err(), "{path}");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_captured() {
    let (kept, arrived) = std::sync::mpsc::channel();
    let address = target(move |mut stream| {
        kept.send(read_to(&mut stream, b"hello")).unwrap();
        stream
            .write_all(b"HTTP/1.1 299 Cr\xe9e\r\nSet-Cookie: a=1\r\nX-A: b\r\nSet-Cookie: c=\xe9\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    let block = b"X-GitHub-Event: push\r\nHOST: hooks.example.com\r\nconnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n\
        Transfer-Encoding: chunked\r\nx-lower: caf\xe9\r\ncontent-LENGTH: 999\r\nAccept: */*\r\nX-Twice: 1\r\nX-Twice: 2\r\n\
        Proxy-Authorization: x\r\nUpgrade: h2c\r\n";
    let request = Request {
        method: "BREW".to_owned(),
        headers: Headers::from_wire(Bytes::from_static(block)),
        ..request(&format!("http://{address}/a%2Fb/../c?x=1;2&&y"))
    };
    let tried = send(&loopback(), request).await;
    let want = format!(
        "BREW /a%2Fb/../c?x=1;2&&y HTTP/1.1\r\nHost: {address}\r\nX-GitHub-Event: push\r\nx-lower: caf\u{fffd}\r\ncontent-LENGTH: 5\r\n\
        Accept: */*\r\nX-Twice: 1\r\nX-Twice: 2\r\nConnection: close\r\n\r\nhello"
    );
    assert_eq!(String::from_utf8_lossy(&arrived.recv().unwrap()), want);
    let answer = tried.answer.unwrap();
    assert_eq!(
        (answer.status, &answer.body.bytes[..], answer.body.state),
        (299, &b"ok"[..], BodyState::Complete)
    );
    let cookies: Vec<&[u8]> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name == b"set-cookie")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(cookies, [&b"a=1"[..], b"c=\xe9"]);
    assert_eq!(
        (tried.failure, tried.sent.size, tried.sent.method.as_str()),
        (None, 5, "BREW")
    );
}

#[tokio::test]
async fn a_get_without_a_body_has_no_length_and_a_post_has_one() {
    for (method, has_length) in [("GET", false), ("HEAD", false), ("POST", true)] {
        let (kept, arrived) = std::sync::mpsc::channel();
        let address = target(move |mut stream| {
            kept.send(read_to(&mut stream, b"\r\n\r\n")).unwrap();
            stream.write_all(b"HTTP/1.1 204 \r\n\r\n").unwrap();
        });
        let request = Request {
            method: method.to_owned(),
            body: Bytes::new(),
            headers: Headers::from_fields([(&b"Content-Length"[..], &b"7"[..])]),
            ..request(&format!("http://{address}/"))
        };
        assert_eq!(send(&loopback(), request).await.answer.unwrap().status, 204);
        let head = String::from_utf8(arrived.recv().unwrap())
            .unwrap()
            .to_ascii_lowercase();
        assert_eq!(head.contains("content-length: 0"), has_length, "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

#[tokio::test]
async fn nothing_is_missing_of_an_answer_without_a_body_that_declares_a_length() {
    for (method, status) in [("HEAD", 200), ("GET", 304)] {
        let address = target(move |mut stream| {
            read_to(&mut stream, b"\r\n\r\n");
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 7\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
        });
        let request = Request {
            method: method.to_owned(),
            body: Bytes::new(),
            ..request(&format!("http://{address}/"))
        };
        let tried = send(&loopback(), request).await;
        assert_eq!(tried.failure, None);
        let body = tried.answer.unwrap().body;
        assert_eq!((body.state, body.sent), (BodyState::Complete, None));
    }
}

#[tokio::test]
async fn redirects_are_answers() {
    let address = target(|mut stream| {
        read_to(&mut stream, b"hello");
        stream
            .write_all(
                b"HTTP/1.1 307 \r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
            )
            .unwrap();
    });
    let answer = send(&loopback(), request(&format!("http://{address}/")))
        .await
        .answer
        .unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(
        answer.headers.get("location"),
        Some(&b"http://169.254.169.254/"[..])
    );
}

#[tokio::test]
async fn an_answer_is_kept_up_to_its_bound() {
    let address = target(|mut stream| {
        read_to(&mut stream, b"hello");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
            .unwrap();
        let piece = vec![b'x'; 65536];
        while stream.write_all(&piece).is_ok() {}
    });
    let tried = send(&loopback(), request(&format!("http://{address}/"))).await;
    let body = tried.answer.unwrap().body;
    assert_eq!(
        (body.bytes.len(), body.state, body.sent),
        (ANSWER, BodyState::Truncated, Some(1 << 30))
    );
    assert_eq!(tried.failure, None);
}

#[tokio::test]
async fn failures_are_told_by_their_cause() {
    let answers: [(&[u8], FailureCause); 5] = [
        (b"", FailureCause::Closed),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", FailureCause::Closed),
        (b"HTTP/1.1 200 OK\r\nContent-Le", FailureCause::Closed),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            FailureCause::Closed,
        ),
        (b"HTTP/1.1 200 OK\r\nX: ", FailureCause::TooLarge),
    ];
    for (bytes, want) in answers {
        let address = target(move |mut stream| {
            read_to(&mut stream, b"hello");
            stream.write_all(bytes).unwrap();
            let piece = [b'x'; 4096];
            while want == FailureCause::TooLarge && stream.write_all(&piece).is_ok() {}
        });
        let tried = send(&loopback(), request(&format!("http://{address}/"))).await;
        assert_eq!(cause(&tried), want, "{tried:?}");
        assert_eq!(tried.answer.is_some(), bytes.ends_with(b"abc"));
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let tried = send(&loopback(), request(&format!("http://{closed}/"))).await;
    assert_eq!(cause(&tried), FailureCause::Connect);
    assert_eq!(
        tried.failure.unwrap().detail,
        format!("Connection refused: nothing listens on {closed}.")
    );
    // What is said is what is wrong with the first address; the second is one to which there is no way.
    let mut client = Client::new(
        &config(&["127.0.0.1/32", "255.255.255.255/32"]),
        Clock::System,
    );
    client.names = Names::Fixed(Arc::new(|| {
        [[127, 0, 0, 1], [255; 4]].map(IpAddr::from).to_vec()
    }));
    let tried = send(
        &client,
        request(&format!("http://both.test:{}/", closed.port())),
    )
    .await;
    assert_eq!(
        tried.failure.unwrap().detail,
        format!(
            "Connection refused: nothing listens on both.test:{}.",
            closed.port()
        )
    );
    let tried = send(&loopback(), request("http://no-such-name.invalid/")).await;
    assert_eq!(cause(&tried), FailureCause::Dns);
    let address = target(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
        read_to(&mut stream, b"never");
    });
    let tried = send(&loopback(), request(&format!("https://{address}/"))).await;
    assert_eq!(cause(&tried), FailureCause::Tls);
}

#[tokio::test]
async fn whoever_says_nothing_or_never_ends_is_left() {
    let patience = Duration::from_millis(300);
    let client = Client::new(
        &OutboundConfig {
            timeout: patience,
            ..config(&["127.0.0.0/8"])
        },
        Clock::System,
    );
    let silent = target(|mut stream| {
        read_to(&mut stream, b"never");
    });
    let tried = send(&client, request(&format!("http://{silent}/"))).await;
    assert_eq!(
        (cause(&tried), tried.answer.is_none()),
        (FailureCause::Timeout, true)
    );
    let silent = target(|mut stream| {
        read_to(&mut stream, b"never");
    });
    let tried = send(&client, request(&format!("https://{silent}/"))).await;
    assert_eq!(cause(&tried), FailureCause::Timeout);
    let slow = target(|mut stream| {
        read_to(&mut stream, b"hello");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n1").unwrap();
        read_to(&mut stream, b"never");
    });
    let tried = send(&client, request(&format!("http://{slow}/"))).await;
    let body = &tried.answer.as_ref().unwrap().body;
    assert_eq!(
        (&body.bytes[..], body.state),
        (&b"1"[..], BodyState::Aborted)
    );
    assert_eq!(cause(&tried), FailureCause::Timeout);
}

#[tokio::test]
async fn a_refused_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = Client::new(&config(&[]), Clock::System);
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "0.0.0.0",
        "[::]",
    ] {
        let tried = send(&client, request(&format!("http://{host}:{port}/"))).await;
        assert_eq!(cause(&tried), FailureCause::RefusedByGuard, "{host}");
    }
    assert!(listener.accept().is_err(), "somebody connected");
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_all_its_addresses_are_judged() {
    let address = target(|mut stream| {
        read_to(&mut stream, b"hello");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
    });
    let mut client = Client::new(&config(&["127.0.0.2/32", "127.0.0.1/32"]), Clock::System);
    let asked = Arc::new(AtomicUsize::new(0));
    let (counter, ours) = (Arc::clone(&asked), IpAddr::from([127, 0, 0, 1]));
    // Whoever asks a second time is sent elsewhere.
    client.names = Names::Fixed(Arc::new(move || {
        match counter.fetch_add(1, Ordering::SeqCst) {
            0 => vec![ours],
            _ => vec![IpAddr::from([127, 0, 0, 9])],
        }
    }));
    let url = format!("http://rebinding.example:{}/", address.port());
    assert_eq!(
        send(&client, request(&url)).await.answer.unwrap().status,
        200
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(
        cause(&send(&client, request(&url)).await),
        FailureCause::RefusedByGuard
    );
    client.names = Names::Fixed(Arc::new(move || vec![ours, IpAddr::from([10, 0, 0, 1])]));
    assert_eq!(
        cause(&send(&client, request(&url)).await),
        FailureCause::RefusedByGuard
    );
    client.names = Names::Fixed(Arc::new(Vec::new));
    assert_eq!(
        cause(&send(&client, request(&url)).await),
        FailureCause::Dns
    );
}

#[tokio::test]
async fn a_certificate_is_checked() {
    let certificate = CertificateDer::from(include_bytes!("cert.der").to_vec());
    let key = PrivateKeyDer::try_from(include_bytes!("key.der").to_vec()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let tls = Arc::new(tls);
    let listen = || {
        let tls = Arc::clone(&tls);
        target(move |stream| {
            let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
            read_to(&mut stream, b"hello");
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .ok();
            stream.conn.send_close_notify();
            stream.flush().ok();
        })
    };
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let allowed = config(&["127.0.0.0/8"]);
    let trusting = Client::trusting(&allowed, Clock::System, roots);
    for (client, host, works) in [
        (&trusting, "localhost", true),
        (&trusting, "127.0.0.1", false),
        (&loopback(), "localhost", false),
    ] {
        let mut client = client.clone();
        client.names = Names::Fixed(Arc::new(|| vec![IpAddr::from([127, 0, 0, 1])]));
        let tried = send(
            &client,
            request(&format!("https://{host}:{}/", listen().port())),
        )
        .await;
        if works {
            assert_eq!(&tried.answer.unwrap().body.bytes[..], b"ok");
        } else {
            assert_eq!(cause(&tried), FailureCause::Tls, "{host}");
        }
    }
}
