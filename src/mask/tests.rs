use super::*;
use crate::model::{Body, CaptureNumber, Draft, Envelope, Head, Reply, Scheme, Timestamp, Version};

fn sent(method: &str, target: &str, headers: &'static [u8], body: &'static [u8]) -> Capture {
    let peer: std::net::SocketAddr = "127.0.0.1:1".parse().unwrap();
    let draft = Draft {
        envelope: Envelope {
            received_at: Timestamp::from_micros(0),
            took_us: 0,
            head: Head {
                method: method.to_owned(),
                target: target.to_owned(),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(headers)),
            },
            scheme: Scheme::Http,
            host: "h".to_owned(),
            client: peer.ip(),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(Bytes::from_static(body)),
        imported: false,
        sender: None,
    };
    draft.numbered(CaptureNumber(1))
}

fn mask(json: &[&str]) -> Mask {
    Mask {
        json: json.iter().map(|&path| path.to_owned()).collect(),
        ..Mask::default()
    }
}

fn masked(mask: &Mask, capture: Capture) -> Capture {
    Masker::new(mask, MaskKey([7; 32])).capture(capture)
}

fn body(paths: &[&str], headers: &'static [u8], body: &'static [u8]) -> String {
    let capture = sent("POST", "/bin", headers, body);
    String::from_utf8(masked(&mask(paths), capture).body.to_vec()).unwrap()
}

const JSON: &[u8] = b"Content-Type: application/json\r\n";

#[test]
fn lines_of_json_are_masked_however_the_first_begins() {
    const LINES: &[u8] = b"Content-Type: application/x-ndjson\r\n";
    assert_eq!(
        body(&["pin"], LINES, b"1\n{\"pin\":7}\n"),
        "1\n{\"pin\":\"\u{2022}\u{2022}\u{2022} (1 byte)\"}\n"
    );
    let sequence = b"Content-Type: application/json-seq\r\n";
    let shown = body(&["pin"], sequence, b"\x1e{\"pin\":\"s3cret\"}\n");
    assert!(
        shown.contains("withheld") && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn what_went_wrong_with_a_reply_is_its_owners() {
    let mut capture = sent("GET", "/bin", b"", b"");
    capture.line.envelope.reply.error = Some("the body, no template s3cret".to_owned());
    assert_eq!(masked(&mask(&[]), capture).line.envelope.reply.error, None);
}

#[test]
fn headers_are_masked_by_name_and_the_rest_is_left_to_the_byte() {
    let block = b"Host:  h \r\nAUTHORIZATION:\tBearer abcdefghijklmnopqrst \r\nCookie: a=b\r\nno colon\r\nX-Api-Key:\r\nAuthorization: secret\r\nReferer: http://x/?a=1&token=t0k&b=2\n";
    let capture = masked(&mask(&[]), sent("GET", "/bin", block, b""));
    let text = String::from_utf8(capture.line.envelope.head.headers.block().to_vec()).unwrap();
    let hash = text.split('#').nth(1).unwrap().split(')').next().unwrap();
    assert_eq!(
        text,
        format!(
            "Host:  h \r\nAUTHORIZATION:\tBearer ••• (20 bytes, #{hash}) \r\nCookie: ••• (3 bytes)\r\nno colon\r\nX-Api-Key:\r\nAuthorization: ••• (6 bytes)\r\nReferer: http://x/?a=1&token=•••(3)&b=2\n"
        )
    );
}

#[test]
fn equal_values_have_equal_marks_under_one_key_only() {
    let mask = Mask::default();
    let one = Masker::new(&mask, MaskKey([1; 32]));
    let two = Masker::new(&mask, MaskKey([2; 32]));
    let value = b"0123456789abcdef";
    assert_eq!(one.veil(value), one.veil(value));
    assert_ne!(one.veil(value), two.veil(value));
    assert_ne!(one.veil(value), one.veil(b"0123456789abcdeg"));
    // A short one could be guessed.
    assert_eq!(one.veil(b"1234"), two.veil(b"4321"));
}

#[test]
fn queries_and_forms_are_masked_by_decoded_name() {
    let target = "/bin/x?a=%20&%74oken=abc&token&Token=&sig=x;y&b=1;key=y";
    let capture = masked(&mask(&[]), sent("GET", target, b"", b""));
    let veil = |size: &str| format!("•••({size})");
    let (three, one) = (veil("3"), veil("1"));
    assert_eq!(
        capture.line.envelope.head.target,
        format!("/bin/x?a=%20&%74oken={three}&token&Token=&sig={three}&b=1;key={one}")
    );
    let form = b"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    assert_eq!(
        body(&[], form, b"text=+&token=abc"),
        format!("text=+&token={three}")
    );
    assert_eq!(
        body(&[], b"", b"a=1&password=abc"),
        format!("a=1&password={three}")
    );
    let shown = body(
        &["user.id"],
        form,
        b"payload=%7B%22user%22%3A%7B%22id%22%3A%22U12%22%7D%7D&a=b",
    );
    assert!(!shown.contains("U12") && shown.ends_with("&a=b"), "{shown}");
}

#[test]
fn json_values_are_masked_by_path_and_the_rest_is_left_to_the_byte() {
    for (paths, text, want) in [
        (
            &["card.number"][..],
            r#"{ "card" : {"number": "4242", "n":1e400} }"#,
            r#"{ "card" : {"number": "••• (4 bytes)", "n":1e400} }"#,
        ),
        (
            &["items.*.token"],
            r#"{"items":[{"token":1},{"token":{"a":[1]}},2]}"#,
            r#"{"items":[{"token":"••• (1 byte)"},{"token":"••• (9 bytes)"},2]}"#,
        ),
        (
            &["items.1"],
            r#"{"items":["a","b"]}"#,
            r#"{"items":["a","••• (1 byte)"]}"#,
        ),
        (
            &["**.password"],
            r#"[{"password":"x"},{"a":{"b":[{"password":"y"}]}}]"#,
            r#"[{"password":"••• (1 byte)"},{"a":{"b":[{"password":"••• (1 byte)"}]}}]"#,
        ),
        (
            &["a"],
            r#"{"\u0061":"x","a":"y","b":"\"}"}"#,
            r#"{"\u0061":"••• (1 byte)","a":"••• (1 byte)","b":"\"}"}"#,
        ),
        (
            &["$.a"],
            "{\"a\":1}\n{\"a\":2}\n",
            "{\"a\":\"••• (1 byte)\"}\n{\"a\":\"••• (1 byte)\"}\n",
        ),
        (
            &["a"],
            "\u{feff}{\"a\":1}",
            "\u{feff}{\"a\":\"••• (1 byte)\"}",
        ),
        // Cut in the middle of what is masked, and behind it.
        (
            &["a"],
            r#"{"a":"secret that goes"#,
            r#"{"a":"••• (16 bytes, #hash)""#,
        ),
        (&["a"], r#"{"a":{"b":1"#, r#"{"a":"••• (6 bytes)""#),
        (&["a"], r#"{"a":12"#, r#"{"a":"••• (2 bytes)""#),
        (&["a"], r#"{"a":1,"b":"c"#, r#"{"a":"••• (1 byte)","b":"c"#),
        (&["b"], r#"{"a":1}"#, r#"{"a":1}"#),
        (&["**"], r#"{"a":1}"#, r#""••• (7 bytes)""#),
    ] {
        let shown = body(paths, JSON, text.as_bytes());
        let hash = shown
            .split('#')
            .nth(1)
            .and_then(|rest| rest.split(')').next());
        let shown = shown.replace(hash.unwrap_or("#"), "hash");
        assert_eq!(shown, want, "{text}");
    }
}

#[test]
fn what_cannot_be_taken_apart_is_withheld() {
    let secret: &[u8] = br#"{"a": s3cret, "a":"s3cret"}"#;
    let deep: &[u8] = vec![b'['; 30_000].leak();
    for (paths, headers, bytes) in [
        (&["a"][..], JSON, secret),
        (&["a"], b"", b"\xff\xfe{\0\"\0s3cret"),
        (&["a"], b"", br#"{"b":1]"a":"s3cret"}"#),
        (&["a"], JSON, b"plain s3cret"),
        (&["a"], JSON, deep),
        (&["a"], b"Content-Encoding: gzip\r\n", b"\x1f\x8b s3cret"),
        (
            &["a"],
            b"Content-Type: multipart/form-data; boundary=x\r\n",
            b"--x s3cret",
        ),
        (
            &[],
            b"Content-Type: multipart/form-data; boundary=x\r\n",
            b"--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\ns3cret\r\n--x--",
        ),
        (
            &[],
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: br\r\n",
            b"s3cret",
        ),
        // It may be a form, as many are sent without a type.
        (&[], b"Content-Encoding: gzip\r\n", b"s3cret"),
        (
            &[],
            b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n",
            b"s3cret",
        ),
    ] {
        let shown = body(paths, headers, bytes);
        assert!(
            shown.starts_with("•••") && !shown.contains("s3cret"),
            "{shown}"
        );
        assert!(shown.contains("withheld") && shown.len() < 200, "{shown}");
    }
    // What can hold nothing that is masked is shown.
    for (paths, headers, bytes) in [
        (&[][..], JSON, secret),
        (&["a"], b"Content-Type: text/plain\r\n", b"s3cret"),
        (
            &[],
            b"Content-Type: image/svg+xml\r\nContent-Encoding: gzip\r\n",
            b"s3cret",
        ),
        (
            &[],
            b"Content-Type: multipart/form-data; boundary=x\r\n",
            b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ns3cret\r\n--x--",
        ),
    ] {
        assert_eq!(body(paths, headers, bytes).as_bytes(), bytes);
    }
}

#[test]
fn nothing_that_is_sent_makes_it_fail() {
    use proptest::prelude::*;
    proptest!(|(bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:\\a1 \n=&;?%"[..]), 0..60))| {
        let all = mask(&["a", "**.a", "a.*.1", "**", "*"]);
        let bytes: &'static [u8] = bytes.leak();
        for headers in [JSON, b"", b"content-type: application/x-www-form-urlencoded\r\n", bytes] {
            masked(&all, sent("POST", "/bin", headers, bytes));
        }
    });
}
