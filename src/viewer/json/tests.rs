use super::*;
use crate::model::MediaType;

fn shown(bytes: &[u8], all: bool) -> Shown {
    let subject = Subject {
        bytes,
        media_type: MediaType::parse("application/json"),
        coding: None,
        is_cut: false,
        depth: 0,
    };
    view(&subject, Window { offset: 0, all })
}

fn tree(shown: Shown) -> Tree {
    match shown.view {
        View::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

fn lines(text: &str) -> Vec<Line> {
    let shown = shown(text.as_bytes(), false);
    assert_eq!((shown.problem.clone(), shown.rest.clone()), (None, None));
    tree(shown).lines
}

/// As the page would print it.
fn printed(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .map(|line| {
            let key = line.key.as_ref().map(|key| format!("{}: ", key.plain()));
            let fold = match &line.kind {
                LineKind::Open { fold, .. } => format!(" ({fold})"),
                _ => String::new(),
            };
            let comma = if line.comma { "," } else { "" };
            format!(
                "{} {}{}{comma}{fold}",
                line.path,
                key.unwrap_or_default(),
                line.token.plain()
            )
        })
        .collect()
}

#[test]
fn lines_have_paths_folds_and_commas() {
    let text = r#"{"data":{"items":[{"amount":4900},{}, "x"],"two words":[]},"ok":true}"#;
    assert_eq!(
        printed(&lines(text)),
        [
            " { (2 keys)",
            r#"json.data "data": { (2 keys)"#,
            r#"json.data.items "items": [ (3 items)"#,
            "json.data.items[0] { (1 key)",
            r#"json.data.items[0].amount "amount": 4900"#,
            " },",
            "json.data.items[1] {},",
            r#"json.data.items[2] "x""#,
            " ],",
            r#"json.data["two words"] "two words": []"#,
            " },",
            r#"json.ok "ok": true"#,
            " }",
        ]
    );
}

#[test]
fn rnd_07_numbers_order_and_repeated_keys_stay_as_sent() {
    let text = r#"{"id":1234567890123456789,"big":18446744073709551617,"price":1.10,"e":1e400,"\u0069d":1}"#;
    let lines = lines(text);
    let tokens: Vec<_> = lines[1..6].iter().map(|line| line.token.plain()).collect();
    assert_eq!(
        tokens,
        [
            "1234567890123456789",
            "18446744073709551617",
            "1.10",
            "1e400",
            "1"
        ]
    );
    let repeats: Vec<_> = lines[1..6].iter().map(|line| line.repeat).collect();
    assert_eq!(repeats, [Some((1, 2)), None, None, None, Some((2, 2))]);
}

#[test]
fn escapes_stay_as_sent_and_hidden_characters_are_spelled_out() {
    let lines = lines("{\"a\":\"caf\\u00e9 \\/ \u{202e}é\"}");
    assert_eq!(lines[1].token.plain(), "\"caf\\u00e9 \\/ ⟨U+202E⟩é\"");
    assert!(lines[1].token.has_spelled());
}

#[test]
fn a_path_names_odd_keys_without_their_hidden_characters() {
    let lines = lines("[{\"a.b\":1,\"\":2,\"\u{202e}\":3}]");
    let paths: Vec<_> = lines[2..5].iter().map(|line| line.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            r#"json[0]["a.b"]"#,
            r#"json[0][""]"#,
            r#"json[0]["\u202e"]"#
        ]
    );
}

#[test]
fn what_is_wrong_is_said_with_line_and_column() {
    for (text, want) in [
        (
            "{\"a\":1\n \"ü\":2}",
            "Not valid JSON: expected a comma or } at line 2, column 2.",
        ),
        (
            "[1,2",
            "Not valid JSON: the input ends too early at line 1, column 5.",
        ),
        (
            "{\"ü\":\"b",
            "Not valid JSON: the input ends inside a string at line 1, column 8.",
        ),
        (
            "{} {}",
            "Not valid JSON: expected the end, after one JSON value at line 1, column 4.",
        ),
        (
            "{,}",
            "Not valid JSON: expected a key in double quotes or } at line 1, column 2.",
        ),
        (
            "[1,]",
            "Not valid JSON: expected a value at line 1, column 4.",
        ),
        (
            "[}",
            "Not valid JSON: expected a value or ] at line 1, column 2.",
        ),
        (
            "",
            "Not valid JSON: the input ends too early at line 1, column 1.",
        ),
    ] {
        assert_eq!(
            shown(text.as_bytes(), false).problem.as_deref(),
            Some(want),
            "{text}"
        );
    }
}

#[test]
fn a_body_that_was_cut_is_not_called_wrong() {
    let subject = Subject {
        bytes: b"{\"a\": [1, \"b",
        media_type: None,
        coding: None,
        is_cut: true,
        depth: 0,
    };
    let shown = view(&subject, Window::default());
    assert_eq!(
        shown.problem.as_deref(),
        Some("A body that was cut is not whole JSON.")
    );
}

#[test]
fn body_18_bytes_that_are_not_utf_8_are_named() {
    let shown = shown(b"{\"name\":\"\xff\xfe\"}", false);
    assert_eq!(
        shown.problem.as_deref(),
        Some("Not valid JSON: this byte is not UTF-8 at line 1, column 10.")
    );
}

#[test]
fn what_was_read_before_the_fault_can_be_shown() {
    let tree = tree(shown(br#"{"a":[1,{"b":2"#, false));
    assert_eq!(
        printed(&tree.lines),
        [
            " { (1 key)",
            r#"json.a "a": [ (2 items)"#,
            "json.a[0] 1,",
            "json.a[1] { (1 key)",
            r#"json.a[1].b "b": 2"#
        ]
    );
    assert_eq!(tree.unclosed, 3);
}

#[test]
fn body_06_a_byte_order_mark_is_skipped_and_said() {
    let shown = shown(b"\xef\xbb\xbf{}", false);
    assert!(shown.problem.is_none() && shown.facts.contains(&"byte order mark skipped".to_owned()));
}

#[test]
fn nesting_is_read_to_128_levels_and_no_further() {
    for (depth, is_read) in [(127, true), (128, true), (129, false), (1_000_000, false)] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let each = open.matches(['[', '{']).count();
            let times = depth / each;
            let text = format!("{}1{}", open.repeat(times), close.repeat(times));
            let shown = shown(text.as_bytes(), false);
            assert_eq!(
                shown.problem.is_none(),
                is_read || times * each <= 128,
                "{depth} {open}"
            );
        }
    }
}

#[test]
fn containers_deeper_than_six_start_closed() {
    let lines = lines("[[[[[[[[1]]]]]]]]");
    let open: Vec<_> = lines
        .iter()
        .filter_map(|line| match line.kind {
            LineKind::Open { is_open, .. } => Some(is_open),
            _ => None,
        })
        .collect();
    assert_eq!(open, [true, true, true, true, true, true, true, false]);
}

#[test]
fn a_large_body_opens_with_its_first_lines_and_true_counts() {
    let text = format!("{{\"a\":[{}1]}}", "1,".repeat(1_499_999));
    let shown_first = shown(text.as_bytes(), false);
    assert_eq!(
        shown_first.rest,
        Some(Rest {
            sentence: "1,000 of 1,500,004 lines shown.".into(),
            more: true
        })
    );
    let tree_first = tree(shown_first);
    assert_eq!((tree_first.lines.len(), tree_first.unclosed), (1000, 2));
    assert!(
        matches!(&tree_first.lines[1].kind, LineKind::Open { fold, .. } if fold == "1,500,000 items")
    );
    let all = shown(text.as_bytes(), true);
    assert_eq!(
        all.rest,
        Some(Rest {
            sentence: "20,000 of 1,500,004 lines shown.".into(),
            more: false
        })
    );
}

#[test]
fn a_body_just_inside_the_limits_is_whole() {
    let text = format!("[{}1]", "1,".repeat(4997));
    assert_eq!(tree(shown(text.as_bytes(), false)).lines.len(), 5000);
}

#[test]
fn a_huge_string_and_a_huge_key_are_cut_in_the_line() {
    let text = format!("{{\"{0}\":[\"{0}\"]}}", "ü".repeat(100_000));
    let tree = tree(shown(text.as_bytes(), false));
    let key = tree.lines[1].key.as_ref().unwrap().plain();
    assert!(
        key.ends_with("… 134,467 more bytes") && key.len() < 70_000,
        "{}",
        key.len()
    );
    assert_eq!(tree.lines[2].path, "");
}
