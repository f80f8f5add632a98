//! HAR: what is written of a capture reads back as the same one.

use std::collections::VecDeque;

use bytes::Bytes;
use hookwell::export::{Source, har};
use hookwell::import::split::{Form, Splitter};
use hookwell::import::{self, Bounds};
use hookwell::model::{
    Body, BodyState, CaptureNumber, Draft, Envelope, Head, Headers, Reply, Scheme, Timestamp,
    Version,
};
use proptest::prelude::*;

fn headers() -> impl Strategy<Value = Headers> {
    let name = "[A-Za-z][A-Za-z0-9!#~_-]{0,8}";
    let value = prop::collection::vec(prop_oneof![b' '..=b'~', 0x80u8..=0xff, Just(b'\t')], 0..12);
    let blank = prop_oneof![Just(""), Just(" "), Just("\t ")];
    let end = prop_oneof![4 => Just("\r\n"), 1 => Just(" \r\n"), 1 => Just("\n")];
    let lines = prop::collection::vec((name, blank, value, end), 0..5);
    (lines, any::<bool>()).prop_map(|(lines, as_sent)| {
        if as_sent {
            let line = |(name, blank, value, end): (String, &str, Vec<u8>, &str)| {
                [
                    name.as_bytes(),
                    b":",
                    blank.as_bytes(),
                    &value,
                    end.as_bytes(),
                ]
                .concat()
            };
            let block: Vec<u8> = lines.into_iter().flat_map(line).collect();
            Headers::from_wire(block.into())
        } else {
            let fields = lines
                .iter()
                .map(|(name, _, value, _)| (name.as_bytes(), value.trim_ascii()));
            Headers::from_fields(fields)
        }
    })
}

fn drafts() -> impl Strategy<Value = Draft> {
    let state = prop_oneof![
        Just((BodyState::Complete, None)),
        Just((BodyState::Truncated, Some(5000))),
        Just((BodyState::Aborted, Some(70))),
        Just((BodyState::Aborted, None)),
    ];
    let version = prop_oneof![
        Just(Version::Http10),
        Just(Version::Http11),
        Just(Version::Http2)
    ];
    let body = prop_oneof![
        any::<Vec<u8>>().prop_filter("room for what was sent", |body| body.len() < 70),
        "\\PC{0,20}".prop_map(String::into_bytes),
    ];
    let below = prop_oneof![
        Just(""),
        Just("/"),
        Just("?"),
        Just("/a/../b?x=1?y"),
        Just("/gr\u{fc}n%zz"),
        Just("?a&&b=%ff+1")
    ];
    let reply = prop::option::of(200u16..600);
    (headers(), headers(), state, version, body, below, reply).prop_map(
        |(headers, trailers, (state, sent), version, body, below, status)| Draft {
            envelope: Envelope {
                received_at: Timestamp::from_micros(1_795_599_012_123_456),
                took_us: 12_345,
                head: Head {
                    method: "M-x".to_owned(),
                    target: format!("/bin{below}"),
                    path_at: 4,
                    version,
                    headers,
                },
                scheme: Scheme::Https,
                host: "hooks.example.com".to_owned(),
                client: [203, 0, 113, 7].into(),
                peer: ([10, 0, 0, 2], 51234).into(),
                // Trailers are kept by name and value only.
                trailers: Headers::from_fields(trailers.iter()),
                reply: status.map_or_else(Reply::none, Reply::plain),
            },
            body: Body {
                bytes: Bytes::from(body),
                state,
                sent,
            },
            imported: true,
            sender: None,
        },
    )
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_as_the_same(draft in drafts()) {
        let capture = draft.clone().numbered(CaptureNumber(7));
        let source = Source { capture: &capture, base: "http://h", body_url: "http://h/body" };
        let text = (har::FORMAT.write)(&source);
        let bounds = Bounds { body: 1000, head: 10_000, now: draft.envelope.received_at };
        let (mut splitter, mut pieces) = (Splitter::new(Form::Har, 1_000_000), VecDeque::default());
        splitter.push(&text, &mut pieces);
        prop_assert_eq!(splitter.finish(), Ok(None));
        let read: Result<Vec<Draft>, _> = pieces
            .iter()
            .map(|piece| import::draft(Form::Har, piece.text.as_ref().unwrap(), bounds))
            .collect();
        prop_assert_eq!(read, Ok(vec![draft]));
    }
}
