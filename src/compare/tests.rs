use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::model::{
    Body as Kept, CaptureNumber, Draft, Envelope, Head, Headers, Reply, Scheme, Timestamp, Version,
};

fn capture(target: &str, headers: &str, body: &[u8]) -> Capture {
    let envelope = Envelope {
        received_at: Timestamp::from_micros(0),
        took_us: 0,
        head: Head {
            method: "POST".into(),
            target: target.into(),
            path_at: 0,
            version: Version::Http11,
            headers: Headers::from_wire(Bytes::copy_from_slice(headers.as_bytes())),
        },
        scheme: Scheme::Http,
        host: "h".into(),
        client: [127, 0, 0, 1].into(),
        peer: ([127, 0, 0, 1], 1).into(),
        trailers: Headers::default(),
        reply: Reply::plain(200),
    };
    let draft = Draft {
        envelope,
        body: Kept::complete(Bytes::copy_from_slice(body)),
        imported: false,
        sender: None,
    };
    draft.numbered(CaptureNumber(1))
}

fn bodies(a: &[u8], b: &[u8]) -> Body {
    compare(&capture("/", "", a), &capture("/", "", b)).body
}

/// What is not the same: name, change, and why.
fn told(rows: &[Row]) -> Vec<(String, &'static str, Option<&'static str>)> {
    rows.iter()
        .filter(|row| row.change != Change::Same)
        .map(|row| {
            (
                String::from_utf8_lossy(&row.name).into_owned(),
                row.change.as_str(),
                row.why,
            )
        })
        .collect()
}

fn json(a: &str, b: &str) -> Vec<(String, &'static str, Option<&'static str>)> {
    let body = bodies(a.as_bytes(), b.as_bytes());
    assert_eq!(body.kind, Kind::Json);
    told(&body.rows)
}

fn row(
    name: &str,
    change: &'static str,
    why: Option<&'static str>,
) -> (String, &'static str, Option<&'static str>) {
    (name.to_owned(), change, why)
}

#[test]
fn json_is_compared_by_path() {
    assert_eq!(
        json(
            r#"{"id": 1, "a": {"b": [1, 2]}, "gone": null, "n": 1.0, "s": "\u00e9"}"#,
            r#"{"id": 2, "a": {"b": [1, 2, 3]}, "n": 1, "s": "é", "new": {"x": 1}}"#
        ),
        [
            row("json.id", "changed", None),
            row("json.a.b[2]", "added", None),
            row("json.gone", "removed", None),
            row("json.n", "rewritten", Some("form of the number")),
            row("json.s", "rewritten", Some("escapes")),
            row("json.new", "added", None),
            row("json.new.x", "added", None),
            row("", "added", None),
        ]
    );
}

#[test]
fn what_moved_is_told_from_what_changed() {
    assert_eq!(
        json(r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"b": 2, "c": 3, "a": 1}"#),
        [row("json.a", "moved", Some("key order"))]
    );
    assert_eq!(
        json(
            r#"[1, {"x": 1, "y": 2}, 3]"#,
            r#"[{"y": 2, "x": 1.0}, 3, 1]"#
        ),
        [
            row("json[0].x", "rewritten", Some("form of the number")),
            row("json[2]", "moved", None),
        ]
    );
    // Items with an id stay with it.
    assert_eq!(
        json(
            r#"[{"id": 1, "n": 1}, {"id": 2, "n": 2}]"#,
            r#"[{"id": 9}, {"id": 1, "n": 7}, {"id": 2, "n": 8}]"#
        ),
        [
            row("json[0]", "added", None),
            row("json[0].id", "added", None),
            row("", "added", None),
            row("json[1].n", "changed", None),
            row("json[2].n", "changed", None),
        ]
    );
}

#[test]
fn types_and_repeated_keys_and_layout_are_told() {
    assert_eq!(
        json(r#"{"a": 1}"#, r#"{"a": "1"}"#),
        [row("json.a", "changed", Some("type"))]
    );
    assert_eq!(
        json(r#"{"a": 1, "a": 2}"#, r#"{"a": 1, "a": 3}"#),
        [row("json.a", "changed", None)]
    );
    let body = bodies(b"{\"a\": [1]}", b"{\"a\":[1]}");
    assert_eq!(told(&body.rows), []);
    assert!(
        body.notes[0].contains("laid out otherwise"),
        "{:?}",
        body.notes
    );
}

#[test]
fn fields_are_compared_by_name() {
    let a = "Host: h\r\nX-A: 1\r\nX-A: 2\r\nX-B: b\r\nX-Sig: t=1,v=2\r\n";
    let b = "host: h\r\nX-B: b\r\nX-A: 2\r\nX-A: 3\r\nX-A: 4\r\nX-Sig: t=9,v=2\r\n";
    let compared = compare(
        &capture("/a?x=1&y=%20", a, b""),
        &capture("/a?y=+&x=1", b, b""),
    );
    assert_eq!(
        told(&compared.headers),
        [
            row("host", "rewritten", Some("the case of its name")),
            row("X-A", "moved", None),
            row("X-A", "changed", None),
            row("X-A", "added", None),
            row("X-Sig", "changed", None),
        ]
    );
    assert_eq!(count(&compared.query, Change::Moved), 1);
    assert_eq!(differences(&compared.query), 0);
    assert_eq!(told(&compared.request), []);
}

#[test]
fn text_is_compared_by_line_and_bytes_by_offset() {
    let body = bodies(b"one\ntwo\nthree\n", b"one\r\n2\nthree\nfour");
    assert_eq!(body.kind, Kind::Text);
    assert_eq!(
        told(&body.rows),
        [
            row("", "rewritten", Some("line end: LF, now CR LF")),
            row("", "changed", None),
            row("", "added", None),
        ]
    );
    let body = bodies(b"\0\x01\x02", b"\0\x01\xff\xff");
    assert_eq!((body.kind, body.first_difference), (Kind::Binary, Some(2)));
    let same = bodies(b"\0\xff", b"\0\xff");
    assert_eq!(
        (same.kind, same.rows.len(), same.first_difference),
        (Kind::Same, 0, None)
    );
}

#[test]
fn large_and_deep_bodies_are_bounded_and_it_is_said() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let body = bodies(deep.as_bytes(), format!("{deep} ").as_bytes());
    assert_eq!(body.kind, Kind::Text);
    let items = |n: u32| {
        format!(
            "[{}]",
            (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
        )
    };
    let body = bodies(items(1_300_000).as_bytes(), items(1_299_999).as_bytes());
    assert_eq!(
        (body.kind, body.rows.len() <= 2 * LINES),
        (Kind::Json, true)
    );
    assert!(
        body.notes[0].contains("Only the beginning of A and B"),
        "{:?}",
        body.notes
    );
    let lines = "a\nb\n".repeat(2_500_000);
    let others = "b\nb\na\n".repeat(3_000_000);
    let body = bodies(lines.as_bytes(), others.as_bytes());
    assert!(body.rows.len() <= 2 * LINES);
    let long = format!("\"{}1\"", "x".repeat(1_000_000));
    let body = bodies(
        format!("[{long}]").as_bytes(),
        format!("[{}]", long.replace('1', "2")).as_bytes(),
    );
    let size: usize = body
        .rows
        .iter()
        .flat_map(|row| row.a.iter().chain(&row.b))
        .flat_map(|side| &side.pieces)
        .map(|piece| match piece {
            Piece::Same(text) | Piece::Differs(text) => text.len(),
            Piece::Skipped(_) => 0,
        })
        .sum();
    assert!(size < 10_000, "{size}");
}

/// JSON values of all kinds, as text.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        (0..9).prop_map(|n: i32| n.to_string()),
        Just("1.0".to_owned()),
        Just("\"a\"".to_owned()),
        Just(r#""\u0061""#.to_owned()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let member = (prop_oneof![Just("a"), Just("b"), Just("id")], inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// One side of all rows, in the order of its lines.
fn side_of(rows: &[Row], of: fn(&Row) -> &Option<Side>) -> String {
    let mut sides: Vec<&Side> = rows.iter().filter_map(|row| of(row).as_ref()).collect();
    sides.sort_by_key(|side| side.place);
    let mut all = String::new();
    for side in sides {
        if let Some(key) = &side.key {
            all.push_str(&String::from_utf8_lossy(key));
            all.push(':');
        }
        for piece in &side.pieces {
            if let Piece::Same(text) | Piece::Differs(text) = piece {
                all.push_str(&String::from_utf8_lossy(text));
            }
        }
        all.push_str(side.end);
    }
    all
}

proptest! {
    #[test]
    fn the_sides_of_all_rows_are_both_bodies(a in any_json(), b in any_json()) {
        let (a, b) = (format!("[{a}]"), format!("[{b}]"));
        let body = bodies(a.as_bytes(), b.as_bytes());
        if body.kind == Kind::Same {
            prop_assert_eq!(a, b);
        } else {
            prop_assert_eq!(side_of(&body.rows, |row| &row.a), a);
            prop_assert_eq!(side_of(&body.rows, |row| &row.b), b);
            for row in &body.rows {
                match row.change {
                    Change::Added => prop_assert!(row.a.is_none() && row.b.is_some()),
                    Change::Removed => prop_assert!(row.b.is_none() && row.a.is_some()),
                    _ => prop_assert!(row.a.is_some() && row.b.is_some()),
                }
            }
        }
    }

    #[test]
    fn a_text_is_its_lines(a in "[ab\r\n]{0,30}", b in "[ab\r\n]{0,30}") {
        let body = bodies(a.as_bytes(), b.as_bytes());
        if body.kind == Kind::Text {
            prop_assert_eq!(side_of(&body.rows, |row| &row.a), a);
            prop_assert_eq!(side_of(&body.rows, |row| &row.b), b);
        }
    }

    #[test]
    fn nothing_differs_from_itself(body in prop::collection::vec(any::<u8>(), 0..60)) {
        let one = capture("/x?a=1&a=2", "A: 1\r\nA: 2\r\n", &body);
        let compared = compare(&one, &one);
        prop_assert_eq!(compared.body.kind, Kind::Same);
        for rows in [compared.request, compared.query, compared.headers, compared.trailers] {
            prop_assert!(rows.iter().all(|row| row.change == Change::Same));
        }
    }

    #[test]
    fn no_bytes_are_too_odd(a in prop::collection::vec(any::<u8>(), 0..80), b in prop::collection::vec(any::<u8>(), 0..80)) {
        let body = bodies(&a, &b);
        prop_assert_eq!(body.kind == Kind::Same, a == b);
    }

    #[test]
    fn no_broken_json_is_too_odd(a in r#"[\[\]{},:"\\u0-9a-e. tr-]{0,40}"#, b in r#"[\[\]{},:"\\u0-9a-e. tr-]{0,40}"#) {
        bodies(a.as_bytes(), b.as_bytes());
    }
}
