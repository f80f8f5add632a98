use proptest::prelude::*;

use super::*;

fn subject<'a>(bytes: &'a [u8], media_type: &str) -> Subject<'a> {
    Subject {
        bytes,
        media_type: MediaType::parse(media_type),
        coding: None,
    }
}

fn name(bytes: &[u8], media_type: &str) -> &'static str {
    choose(&subject(bytes, media_type), None, Window::default()).name
}

/// Every line of a tree, as printed.
fn printed(bytes: &[u8]) -> Vec<String> {
    let choice = choose(&subject(bytes, "application/json"), None, Window::default());
    let View::Tree(tree) = choice.shown.view else {
        panic!("not a tree: {:?}", choice.shown)
    };
    let line = |line: &Line| {
        let key = line.key.as_ref().map(|key| format!("{}: ", key.plain()));
        let comma = if line.comma { "," } else { "" };
        format!("{}{}{comma}", key.unwrap_or_default(), line.token.plain())
    };
    tree.lines.iter().map(line).collect()
}

#[test]
fn a_viewer_is_chosen_by_the_type_and_by_looking() {
    assert_eq!(
        name(b"{\"a\":1}", "application/json; charset=utf-8"),
        "json"
    );
    assert_eq!(name(b"[1]", "application/problem+json"), "json");
    assert_eq!(name(b"{\"a\":1}", "text/plain"), "json");
    assert_eq!(name(b"{\"a\":1}", ""), "json");
    assert_eq!(
        name(b"a=1&b=2", "application/x-www-form-urlencoded"),
        "form"
    );
    assert_eq!(name(b"hello", "text/plain"), "text");
    assert_eq!(name(b"{nope", "application/json"), "text");
    assert_eq!(name(b"\x89PNG\r\n\x1a\n\0\0\0", "image/png"), "hex");
}

#[test]
fn json_is_printed_with_the_letters_as_sent() {
    assert_eq!(
        printed(br#"{"id":18446744073709551617,"id":1.10,"x":1e400,"s":"\u00e9\/","e":{},"l":[]}"#),
        [
            "{",
            r#""id": 18446744073709551617,"#,
            r#""id": 1.10,"#,
            r#""x": 1e400,"#,
            r#""s": "\u00e9\/","#,
            r#""e": {},"#,
            r#""l": []"#,
            "}",
        ]
    );
}

#[test]
fn equal_keys_are_counted_and_paths_are_filter_syntax() {
    let bytes = br#"{"a":[{"b":1},{"b":2}],"a":0,"two words":true}"#;
    let choice = choose(&subject(bytes, "application/json"), None, Window::default());
    let View::Tree(tree) = choice.shown.view else {
        panic!()
    };
    let line = |path: &str| {
        tree.lines
            .iter()
            .filter(|line| line.path == path)
            .collect::<Vec<_>>()
    };
    assert_eq!(line("a[1].b").len(), 1);
    assert_eq!(
        line("a").iter().map(|line| line.repeat).collect::<Vec<_>>(),
        [Some((1, 2)), Some((2, 2))]
    );
    assert_eq!(line("[\"two words\"]").len(), 1);
}

#[test]
fn broken_json_is_text_with_the_place_of_the_fault() {
    let shown = choose(
        &subject(b"{\"a\":1,}", "application/json"),
        None,
        Window::default(),
    )
    .shown;
    assert!(matches!(shown.view, View::Text(_)));
    let problem = shown.problem.unwrap();
    assert!(problem.contains("expected a key"), "{problem}");
}

#[test]
fn bracket_bombs_are_text_and_do_not_overflow() {
    for (depth, is_tree) in [(127, true), (128, true), (129, false), (100_000, false)] {
        let bytes = ["[".repeat(depth), "]".repeat(depth)].concat();
        let shown = choose(
            &subject(bytes.as_bytes(), "application/json"),
            None,
            Window::default(),
        )
        .shown;
        assert_eq!(matches!(shown.view, View::Tree(_)), is_tree, "{depth}");
    }
}

#[test]
fn a_large_json_opens_with_its_first_lines() {
    let bytes = format!("[{}]", vec!["1"; 1_500_000].join(","));
    let shown = choose(
        &subject(bytes.as_bytes(), "application/json"),
        None,
        Window::default(),
    )
    .shown;
    let View::Tree(tree) = shown.view else {
        panic!()
    };
    assert_eq!(tree.lines.len(), 1000);
    assert!(shown.rest.is_some());
}

#[test]
fn text_says_its_charset_and_hides_nothing() {
    let shown = choose(
        &subject(b"caf\xe9 \x1b[2J\0", "text/plain; charset=iso-8859-1"),
        Some("text"),
        Window::default(),
    )
    .shown;
    let View::Text(text) = shown.view else {
        panic!()
    };
    assert_eq!(text.text.plain(), r"café \x1b[2J\x00");
    assert!(
        shown.facts.iter().any(|fact| fact.contains("Latin-1")),
        "{:?}",
        shown.facts
    );
}

#[test]
fn hex_opens_a_body_of_any_size_at_a_window() {
    let bytes = vec![7; 10 << 20];
    let window = Window {
        offset: 5_000_003,
        all: false,
    };
    let View::Hex(hex) = choose(&subject(&bytes, "image/png"), Some("hex"), window)
        .shown
        .view
    else {
        panic!()
    };
    assert_eq!(
        (hex.from, hex.rows.len(), hex.of),
        (5_000_000, 256, 10 << 20)
    );
    assert!(hex.previous().is_some() && hex.next().is_some());
}

#[test]
fn every_viewer_survives_an_empty_body() {
    for viewer in VIEWERS {
        (viewer.view)(&subject(b"", ""), Window::default());
    }
}

proptest! {
    #[test]
    fn every_viewer_survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000), offset in any::<u64>(), all in any::<bool>()) {
        for viewer in VIEWERS {
            (viewer.view)(&subject(&bytes, "application/json; charset=x"), Window { offset, all });
        }
    }

    #[test]
    fn every_viewer_survives_near_json(text in r#"[\[\]{}",:0-9eE.+\-a-z\\u ]{0,200}"#) {
        for viewer in VIEWERS {
            (viewer.view)(&subject(text.as_bytes(), "application/json"), Window::default());
        }
    }
}
