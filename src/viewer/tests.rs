use proptest::prelude::*;

use super::*;

fn subject<'a>(bytes: &'a [u8], content_type: &str) -> Subject<'a> {
    Subject {
        bytes,
        media_type: MediaType::parse(content_type),
        coding: None,
        is_cut: false,
        depth: 0,
    }
}

fn chosen(bytes: &[u8], content_type: &str) -> (&'static str, Option<String>) {
    let choice = choose(&subject(bytes, content_type), None, Window::default());
    (choice.name, choice.shown.problem)
}

#[test]
fn bodies_are_shown_by_type_and_by_looking_at_them() {
    for (bytes, content_type, name) in [
        (
            &br#"{"a":1}"#[..],
            "application/json; charset=utf-8",
            "json",
        ),
        (b"{\"a\":1}", "application/vnd.api+json", "json"),
        (b" [1]", "", "json"),
        (b"{\"a\":1}", "application/x-www-form-urlencoded", "json"),
        (b"\xef\xbb\xbf{}", "text/plain", "json"),
        (b"7", "application/json", "json"),
        (b"7", "text/plain", "text"),
        (b"a=1&b", "application/x-www-form-urlencoded", "form"),
        (b"a=1&b=2", "", "form"),
        (b"{not json}", "text/plain", "text"),
        (b"before\0after\0", "text/plain", "text"),
        (b"\0\0\0\0\0\0\0a", "text/plain", "hex"),
        (b"\0\0\0\0\0\0\0\0", "application/yaml", "hex"),
        (
            b"\x00\x01\x02\x03\xde\xad\xbe\xef",
            "application/octet-stream",
            "hex",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", "image"),
        (b"<p>hi</p>", "text/html", "text"),
        (b"{\"a\":1}\n{\"a\":2}\n", "", "lines"),
        (b"{\"a\":1}", "application/x-ndjson", "lines"),
        (
            b"--x\r\n\r\nhi\r\n--x--",
            "multipart/form-data; boundary=x",
            "parts",
        ),
        (b"a,b\n1,2", "text/csv", "csv"),
        (b"<a><b/></a>", "application/soap+xml", "xml"),
        (b"<?xml version=\"1.0\"?><a/>", "", "xml"),
        (
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "image/svg+xml",
            "xml",
        ),
        (b"eyJhbGciOiJub25lIn0.e30.", "application/jwt", "jwt"),
        (b"h\0i\0", "text/plain; charset=utf-16le", "text"),
        (b"\xff\xfeh\0i\0", "", "text"),
    ] {
        assert_eq!(chosen(bytes, content_type), (name, None), "{bytes:?}");
    }
}

#[test]
fn broken_json_is_shown_as_text_and_says_what_is_wrong() {
    let (name, problem) = chosen(b"{\"a\":", "application/json");
    assert_eq!(
        (name, problem.as_deref()),
        (
            "text",
            Some("Not valid JSON: the input ends too early at line 1, column 6.")
        )
    );
}

#[test]
fn broken_json_can_still_be_looked_at_as_far_as_it_goes() {
    let choice = choose(
        &subject(b"[1,", "application/json"),
        Some("json"),
        Window::default(),
    );
    assert_eq!(choice.name, "json");
    assert!(choice.shown.problem.is_some());
}

const NO_PREVIEW: (&str, Result<&str, &str>) =
    ("Preview", Err("Only images, HTML and SVG have a preview"));

#[test]
fn the_switch_keeps_its_places() {
    let tabs = |bytes, content_type| {
        let choice = choose(&subject(bytes, content_type), None, Window::default());
        choice.tabs.map(|tab| (tab.label, tab.viewer))
    };
    assert_eq!(
        tabs(b"{}", "application/json"),
        [
            ("Pretty", Ok("json")),
            ("Raw", Ok("text")),
            ("Hex", Ok("hex")),
            NO_PREVIEW,
        ]
    );
    assert_eq!(
        tabs(b"a=1", "application/x-www-form-urlencoded"),
        [
            ("Fields", Ok("form")),
            ("Raw", Ok("text")),
            ("Hex", Ok("hex")),
            NO_PREVIEW,
        ]
    );
    assert_eq!(
        tabs(b"\0\x01\x02", ""),
        [
            ("Pretty", Err("No structure that is known here")),
            ("Raw", Err("Not text")),
            ("Hex", Ok("hex")),
            NO_PREVIEW,
        ]
    );
    assert_eq!(
        tabs(b"\x89PNG\r\n\x1a\n\0", "text/html"),
        [
            ("Pretty", Err("No structure that is known here")),
            ("Raw", Ok("text")),
            ("Hex", Ok("hex")),
            ("Preview", Ok("image")),
        ]
    );
    assert_eq!(
        tabs(b"<svg/>", "image/svg+xml")[3],
        ("Preview", Ok("preview"))
    );
}

#[test]
fn a_viewer_that_does_not_suit_is_not_used() {
    for wanted in ["json", "form", "text", "tree", ""] {
        let choice = choose(&subject(b"\0\x01\x02", ""), Some(wanted), Window::default());
        assert_eq!(choice.name, "hex", "{wanted}");
    }
}

#[test]
fn compressed_bytes_are_not_taken_for_what_is_in_them() {
    let subject = Subject {
        coding: Some("gzip".into()),
        ..subject(b"\x1f\x8b\x08\0", "application/json")
    };
    assert_eq!(choose(&subject, None, Window::default()).name, "hex");
}

/// What bodies may be called; each has a viewer of its own.
const TYPES: [&str; 10] = [
    "",
    "application/json",
    "application/x-ndjson",
    "application/x-www-form-urlencoded; charset=windows-1255",
    "multipart/form-data; boundary=b",
    "text/csv",
    "text/xml",
    "text/html",
    "text/plain; charset=latin1",
    "text/plain; charset=shift_jis",
];

fn every_viewer_survives(bytes: &[u8]) {
    for content_type in TYPES {
        for window in [
            Window::default(),
            Window {
                offset: u64::MAX,
                all: true,
            },
            Window {
                offset: bytes.len() as u64 / 2,
                all: false,
            },
        ] {
            let subject = subject(bytes, content_type);
            for viewer in VIEWERS {
                (viewer.view)(&subject, window);
            }
            let choice = choose(&subject, None, window);
            assert!(choice.shown.facts.iter().all(|fact| fact.len() < 500));
        }
        let subject = subject(bytes, content_type);
        media::served(&subject);
        multipart::part(&subject, "1.1");
        cloud_event::of(&crate::model::Headers::default(), &subject);
    }
}

#[test]
fn every_viewer_survives_empty_and_huge_bodies() {
    every_viewer_survives(b"");
    for piece in [
        &b"["[..],
        b"&",
        b"\xff",
        b"{\"a\":\"\xc3\xbc",
        b"<a>",
        b"<a b=\"",
        b"--b\r\n",
        b"\"",
        b",\n",
        b"[]\n",
    ] {
        every_viewer_survives(&piece.repeat(100_000 / piece.len()));
    }
}

#[test]
fn ten_thousand_nested_arrays_are_text_and_said_to_be() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for content_type in ["application/json", "text/plain", "application/x-ndjson"] {
        let choice = choose(
            &subject(deep.as_bytes(), content_type),
            None,
            Window::default(),
        );
        assert_eq!(choice.name, "text", "{content_type}");
    }
    let (_, problem) = chosen(deep.as_bytes(), "application/json");
    assert_eq!(
        problem.as_deref(),
        Some("Not valid JSON: nested deeper than 128 levels at line 1, column 129.")
    );
}

#[test]
fn odd_keys_and_broken_spots_are_said_with_their_place() {
    let view = |bytes| (json::VIEWER.view)(&subject(bytes, "application/json"), Window::default());
    let shown = view(b"{\"id\":1,\"a\":{\"b\":1,\"b\":2},\"id\":3}");
    assert_eq!(
        shown.caution.as_deref(),
        Some("The key \"id\" is there more than once: lines 2, 7. So are 1 other key.")
    );
    let View::Tree(tree) = view(b"[1, oops]").view else {
        panic!()
    };
    let last = tree.lines.last().unwrap();
    assert_eq!(
        (
            last.token.plain().as_str(),
            &last.kind,
            last.hint.as_deref()
        ),
        (
            "oops]",
            &LineKind::Invalid,
            Some("this begins no JSON value")
        )
    );
}

/// What the formats are made of, and what breaks them.
const PIECES: &[&[u8]] = &[
    b"--b",
    b"--b--",
    b"\r\n",
    b"\n",
    b"\r",
    b"--",
    b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: text/csv",
    b"Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''%ff",
    b"\r\n\r\n",
    b"<a>",
    b"</a>",
    b"<b/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a [",
    b"]>",
    b"<?xml version='1.0' encoding='x'?>",
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"=",
    b"&",
    b"%",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\"k\"",
    b"1",
    b"\\u12",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\0",
    b"eyJhbGciOiJub25lIn0",
    b".",
    b"RIFF\0\0\0\0WEBP",
    b"\x89PNG\r\n\x1a\n",
    "ü\u{202e}".as_bytes(),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_viewer_survives_random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        every_viewer_survives(&bytes);
    }

    #[test]
    fn every_viewer_survives_pieces_of_what_it_reads(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)
    ) {
        every_viewer_survives(&pieces.concat());
    }

    #[test]
    fn every_viewer_survives_broken_json(text in "[\\[\\]{}:,\"\\\\u0-9a-eE.+\u{202e}ü \n-]{0,80}") {
        every_viewer_survives(text.as_bytes());
    }

    #[test]
    fn the_reader_agrees_with_serde_json(text in "[\\[\\]{}:,\"a\\\\n10.e \n-]{0,12}") {
        let ours = choose(&subject(text.as_bytes(), "application/json"), None, Window::default());
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text);
        prop_assert_eq!(ours.name == "json", theirs.is_ok(), "{}", text);
    }

    #[test]
    fn tokens_out_are_tokens_in(value in json()) {
        let text = value.to_string();
        let shown = (json::VIEWER.view)(&subject(text.as_bytes(), "application/json"), Window::default());
        let View::Tree(tree) = shown.view else { panic!() };
        let printed: String = tree.lines.iter().map(|line| {
            let key = line.key.as_ref().map(|key| key.plain() + ":").unwrap_or_default();
            key + &line.token.plain() + if line.comma { "," } else { "" }
        }).collect();
        prop_assert_eq!(printed, text);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-zé\"\\\\ ]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map("[a-z ]{0,3}", inner, 0..5)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}
