//! The parts of `benches/http` that can be wrong without anyone noticing: a benchmark has no test harness of its own.

#[path = "../../benches/http/answer.rs"]
mod answer;
#[path = "../../benches/http/report.rs"]
mod report;
#[path = "../../benches/http/request.rs"]
mod request;
#[path = "../../benches/http/statistics.rs"]
mod statistics;

use std::time::Duration;

use answer::{Chunks, Framing, Head, Reader, parse_head};
use report::{Aim, Row, table};
use request::{get, post_json, upload_head, webhook};
use statistics::{Latencies, Spread};

const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\nX-Hookwell-Request: 12\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED: &[u8] =
    b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";

async fn read_all(bytes: &[u8], step: usize) -> Vec<(u16, Vec<u8>)> {
    let (mut near, mut far) = tokio::io::duplex(step);
    let bytes = bytes.to_vec();
    let send = async move {
        tokio::io::AsyncWriteExt::write_all(&mut far, &bytes)
            .await
            .unwrap();
    };
    let receive = async move {
        let (mut reader, mut answers) = (Reader::default(), Vec::new());
        while let Ok(answer) = reader.read(&mut near).await {
            answers.push((answer.head.status, answer.body));
        }
        answers
    };
    tokio::join!(send, receive).1
}

#[test]
fn a_head_is_read_once_it_is_whole() {
    for end in 0..PLAIN.len() - 2 {
        assert_eq!(parse_head(&PLAIN[..end]).unwrap(), None, "{end}");
    }
    let head = parse_head(PLAIN).unwrap().unwrap();
    let want = Head {
        status: 200,
        number: Some(12),
        framing: Framing::Length(2),
        length: PLAIN.len() - 2,
    };
    assert_eq!(head, want);
    assert!(parse_head(b"SSH-2.0-x\r\n\r\n").is_err());
    assert!(parse_head(b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n").is_err());
}

#[tokio::test]
async fn answers_are_read_whatever_pieces_they_come_in() {
    let bytes = [b"HTTP/1.1 100 Continue\r\n\r\n", PLAIN, CHUNKED, PLAIN].concat();
    let want = [
        (200, b"ok".to_vec()),
        (404, b"abc0123456789".to_vec()),
        (200, b"ok".to_vec()),
    ];
    for step in [1, 2, 3, 7, 4096] {
        assert_eq!(read_all(&bytes, step).await, want, "{step} bytes at a time");
    }
}

#[tokio::test]
async fn skimming_leaves_the_next_answer_whole() {
    let bytes = [PLAIN, CHUNKED, PLAIN].concat();
    let (mut from, mut reader) = (&bytes[..], Reader::default());
    let mut statuses = Vec::new();
    while let Ok(head) = reader.skim(&mut from).await {
        statuses.push(head.status);
    }
    assert_eq!(statuses, [200, 404, 200]);
}

#[tokio::test]
async fn a_stream_is_read_event_by_event() {
    let bytes =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nid: 1\n\r\n6\r\nid: 2\n\r\n";
    let (mut from, mut reader) = (&bytes[..], Reader::default());
    let (mut chunks, mut data) = (Chunks::default(), Vec::new());
    assert_eq!(reader.open(&mut from).await.unwrap().status, 200);
    while reader.more(&mut from, &mut chunks, &mut data).await.is_ok() {}
    assert_eq!(data, b"id: 1\nid: 2\n");
    assert!(!chunks.is_ended());
}

#[test]
fn a_chunk_size_that_is_no_number_is_refused() {
    assert!(Chunks::default().take(b"xyz\r\n", &mut Vec::new()).is_err());
}

fn head_and_body(request: &[u8]) -> (Vec<&str>, &str) {
    let text = std::str::from_utf8(request).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().collect(), body)
}

#[test]
fn a_webhook_has_12_header_fields_and_1_kib_of_json() {
    let request = webhook("127.0.0.1:8080".parse().unwrap(), "/bin");
    let (head, body) = head_and_body(&request);
    assert_eq!(
        (head[0], head.len() - 1, body.len()),
        ("POST /bin HTTP/1.1", 12, 1024)
    );
    assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    assert!(head.contains(&"Content-Length: 1024"));
}

#[test]
fn requests_to_the_api_carry_key_and_length() {
    let address = "127.0.0.1:8080".parse().unwrap();
    let (request, upload, post) = (
        get(address, "/x", Some("k")),
        upload_head(address, "/x", None),
        post_json(address, "/x", "{}"),
    );
    assert!(
        head_and_body(&request)
            .0
            .contains(&"Authorization: Bearer k")
    );
    assert!(
        head_and_body(&upload)
            .0
            .contains(&"Transfer-Encoding: chunked")
    );
    assert!(
        head_and_body(&upload_head(address, "/x", Some(7)))
            .0
            .contains(&"Content-Length: 7")
    );
    assert_eq!(head_and_body(&post).1, "{}");
}

#[test]
fn percentiles_are_values_that_were_measured() {
    let mut latencies = Latencies::with_capacity(100);
    for micros in (1..=100u64).rev() {
        latencies.record(Duration::from_micros(micros * 1000));
    }
    assert_eq!(latencies.len(), 100);
    let at: Vec<f64> = [0.0, 0.5, 0.99, 1.0]
        .map(|share| latencies.percentile_ms(share))
        .into();
    assert_eq!(at, [1.0, 50.0, 99.0, 100.0]);
}

#[test]
fn nothing_measured_reads_as_zero() {
    assert!(Latencies::default().percentile_ms(0.99).abs() < f64::EPSILON);
    let zero = Spread {
        median: 0.0,
        min: 0.0,
        max: 0.0,
    };
    assert_eq!(Spread::of([]), zero);
}

#[test]
fn merged_latencies_are_ranked_together() {
    let mut one = Latencies::default();
    one.record(Duration::from_millis(3));
    let mut two = Latencies::default();
    two.record(Duration::from_millis(1));
    one.merge(two);
    assert_eq!((one.percentile_ms(0.5), one.percentile_ms(1.0)), (1.0, 3.0));
}

#[test]
fn a_spread_is_the_median_between_its_ends() {
    let spread = Spread::of([0.7, 0.5, 0.9]);
    assert_eq!((spread.median, spread.min, spread.max), (0.7, 0.5, 0.9));
}

#[test]
fn the_table_says_what_was_hoped_for_and_whether_it_came() {
    let rows = [
        Row::new("idle memory", 12.34, "MiB", Aim::AtMost(25.0)).because("VmRSS"),
        Row::spread(
            "ratio",
            Spread {
                median: 0.65,
                min: 0.6,
                max: 123.4,
            },
            "",
            Aim::AtLeast(0.7),
        ),
        Row::new("for information", 5.0, "ms", Aim::None),
    ];
    let text = table(&rows);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[2],
        "| idle memory     | 12.3 MiB           | ≤ 25.0 MiB: met | VmRSS |"
    );
    assert_eq!(
        lines[3],
        "| ratio           | 0.65 (0.60 to 123) | ≥ 0.70: missed  |       |"
    );
    assert!(lines[4].contains("| 5.00 ms"), "{text}");
}
