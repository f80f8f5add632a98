use proptest::prelude::*;

use super::*;

fn subject<'a>(bytes: &'a [u8], content_type: &str) -> Subject<'a> {
    Subject {
        bytes,
        media_type: MediaType::parse(content_type),
        coding: None,
        is_cut: false,
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
        (
            b"\x00\x01\x02\x03\xde\xad\xbe\xef",
            "application/octet-stream",
            "hex",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", "hex"),
        (b"<p>hi</p>", "text/html", "text"),
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
            ("Hex", Ok("hex"))
        ]
    );
    assert_eq!(
        tabs(b"a=1", "application/x-www-form-urlencoded"),
        [
            ("Fields", Ok("form")),
            ("Raw", Ok("text")),
            ("Hex", Ok("hex"))
        ]
    );
    assert_eq!(
        tabs(b"\0\x01\x02", ""),
        [
            ("Pretty", Err("Not JSON, and no form")),
            ("Raw", Err("Not text")),
            ("Hex", Ok("hex"))
        ]
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

fn every_viewer_survives(bytes: &[u8]) {
    for content_type in [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain; charset=latin1",
    ] {
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
            for viewer in VIEWERS {
                let subject = subject(bytes, content_type);
                (viewer.view)(&subject, window);
                choose(&subject, Some(viewer.name), window);
            }
        }
    }
}

#[test]
fn every_viewer_survives_empty_and_huge_bodies() {
    every_viewer_survives(b"");
    every_viewer_survives(&vec![b'['; 600_000]);
    every_viewer_survives(&vec![b'&'; 600_000]);
    every_viewer_survives(&vec![0xff; 600_000]);
    every_viewer_survives("{\"a\":\"ü".repeat(80_000).as_bytes());
}

proptest! {
    #[test]
    fn every_viewer_survives_random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        every_viewer_survives(&bytes);
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
