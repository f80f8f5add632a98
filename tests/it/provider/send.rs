//! `hookwell send`, to a listener that keeps what it is sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use super::cli::hookwell;

/// Runs a command with the address of a listener, which answers so many requests with 200; gives the exit code and the
/// requests.
fn sent(words: &[&str], count: usize) -> (i32, Vec<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in?x=1", listener.local_addr().unwrap());
    let reader = std::thread::spawn(move || {
        let one = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            let mut raw = Vec::new();
            while !is_whole(&raw) {
                let mut piece = [0; 4096];
                let size = stream.read(&mut piece).unwrap();
                assert!(size > 0, "the request ends early");
                raw.extend_from_slice(&piece[..size]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .unwrap();
            raw
        };
        (0..count).map(one).collect()
    });
    let mut all = vec!["send", words[0]];
    all.extend(&words[1..]);
    all.extend(["--to", &url, "--url", "https://hooks.example.com/in"]);
    let output = hookwell(&all, b"");
    let code = output.status.code().unwrap();
    assert!(code < 2, "{}", String::from_utf8_lossy(&output.stderr));
    (code, reader.join().unwrap())
}

fn is_whole(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap();
    body.len() >= length.parse::<usize>().unwrap()
}

fn verdict(provider: &str, secret: &str, raw: &[u8]) -> serde_json::Value {
    let words = [
        "verify",
        provider,
        "--secret",
        secret,
        "--url",
        "https://hooks.example.com/in",
        "--format",
        "json",
        "-",
    ];
    serde_json::from_slice(&hookwell(&words, raw).stdout).unwrap()
}

#[test]
fn what_is_sent_is_what_the_provider_would_sign() {
    for (provider, secret) in [
        ("stripe", "whsec_abc"),
        ("github", "s3cret"),
        ("slack", "s3cret"),
        ("shopify", "s3cret"),
        ("twilio", "s3cret"),
        ("mailgun", "s3cret"),
        ("adyen", "00112233"),
        ("svix", "whsec_c2VjcmV0IGZvciB0ZXN0cyBvbmx5"),
        ("square", "s3cret"),
        ("hubspot", "s3cret"),
        ("braintree", "public|private"),
        ("postmark", "user:password"),
        ("gitlab", "s3cret"),
        ("zoom", "s3cret"),
        ("linear", "s3cret"),
        ("paddle", "pdl_ntfset_x"),
    ] {
        let (code, requests) = sent(&[provider, "--secret", secret], 1);
        let said = verdict(provider, secret, &requests[0]);
        assert_eq!(
            (code, said["state"].as_str()),
            (0, Some("valid")),
            "{provider}: {said}"
        );
    }
}

#[test]
fn every_sample_can_be_asked_for_by_its_name() {
    for event in [
        "payment_intent.succeeded",
        "invoice.paid",
        "CUSTOMER.subscription.deleted",
    ] {
        let (_, requests) = sent(&["stripe", event, "--secret", "s"], 1);
        let text = String::from_utf8_lossy(&requests[0]).into_owned();
        assert!(
            text.contains(&format!("\"type\":\"{}\"", event.to_lowercase())),
            "{text}"
        );
    }
    let output = hookwell(
        &[
            "send", "stripe", "nothing", "--to", "http://h", "--secret", "s",
        ],
        b"",
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("invoice.paid"));
}

#[test]
fn a_handlers_weak_points_are_tried() {
    let (_, requests) = sent(&["stripe", "--secret", "s", "--bad-signature"], 1);
    assert_eq!(
        verdict("stripe", "s", &requests[0])["reason"],
        "signature_mismatch"
    );
    let (_, requests) = sent(&["stripe", "--secret", "s", "--stale"], 1);
    assert_eq!(
        verdict("stripe", "s", &requests[0])["reason"],
        "timestamp_too_old"
    );
    let body = |raw: &[u8]| {
        let text = String::from_utf8_lossy(raw).into_owned();
        text.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let (_, requests) = sent(
        &["stripe", "--secret", "s", "--copies", "2", "--duplicate"],
        4,
    );
    let bodies: Vec<_> = requests.iter().map(|raw| body(raw)).collect();
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[2], bodies[3]);
    assert_ne!(bodies[0], bodies[2]);
}

#[test]
fn a_handler_that_refuses_or_is_not_there_ends_with_1() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = hookwell(&["send", "stripe", "--secret", "s", "--to", &url], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("no answer"));
}
