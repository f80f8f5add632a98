//! JSON values, one a line (NDJSON, JSON Lines): a tree of each.
//!
//! A line that is no JSON stands where it is, with what is wrong with it, and the others are shown all the same.

use super::super::words::{counted, grouped};
use super::super::{Fit, Rest, Shown, Slot, Subject, View, Viewer, Window};
use super::lex::Problem;
use super::lines::Lines;
use super::{BYTES, BYTES_AT_MOST, FIRST, LINES, LINES_AT_MOST, Tree, body, parse, repeats};
use crate::model::MediaType;

/// Suits what is called so, and what is so.
pub static LINES_VIEWER: Viewer = Viewer {
    name: "lines",
    label: "Pretty",
    slot: Slot::Pretty,
    fit,
    view,
};

/// The lines that hold something, with their numbers from 1.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| (at + 1, line))
}

fn check(line: &[u8]) -> Result<(), Problem> {
    parse(line, &mut Lines::new(0, 0))
}

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::super::COMPRESSED;
    }
    let (bytes, _) = body(subject);
    let is_called = subject.is_called(MediaType::is_json_lines) && !bytes.is_empty();
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    // One value alone is JSON, not lines of it.
    let looks_like = || {
        matches!(first, Some(b'{' | b'['))
            && lines(bytes).nth(1).is_some()
            && lines(bytes).all(|(_, line)| check(line).is_ok())
    };
    if is_called || looks_like() {
        Fit::Yes
    } else {
        super::super::UNSTRUCTURED
    }
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let (bytes, bom) = body(subject);
    let (keep, size) = if window.all {
        (LINES_AT_MOST, BYTES_AT_MOST)
    } else {
        (LINES, BYTES)
    };
    let mut tree = Lines::new(keep, size);
    let (mut values, mut wrong, mut first_wrong) = (0_usize, 0_u64, None);
    for (number, line) in lines(bytes) {
        match check(line) {
            Ok(()) => {
                tree.begin(values);
                parse(line, &mut tree).ok(); // It was read a moment ago.
            }
            Err(problem) => {
                let place = format!("{} at column {}", problem.what, column(line, problem.at));
                first_wrong = first_wrong
                    .or_else(|| Some(format!("line {}: {place}", grouped(number as u64))));
                wrong += 1;
                tree.invalid(line, &place);
            }
        }
        values += 1;
    }
    let total = tree.total();
    let limit = if (total > LINES || bytes.len() > BYTES) && !window.all {
        FIRST
    } else {
        keep
    };
    let (lines, unclosed) = tree.finish(limit);
    let shown = lines.len();
    let mut facts = vec![
        "utf-8".to_owned(),
        format!("{}, one a line", counted(values as u64, "value")),
    ];
    if bom {
        facts.push("byte order mark skipped".to_owned());
    }
    let caution = first_wrong.map(|first| match wrong {
        1 => format!("Not valid JSON in {first}."),
        _ => format!(
            "Not valid JSON in {first}; and in {}.",
            counted(wrong - 1, "more line")
        ),
    });
    Shown {
        facts,
        caution: caution.or_else(|| repeats(&lines)),
        problem: (wrong == values as u64).then(|| "Not one of its lines is valid JSON.".to_owned()),
        rest: (shown < total).then(|| Rest {
            sentence: format!(
                "{} of {} lines shown.",
                grouped(shown as u64),
                grouped(total as u64)
            ),
            more: !window.all,
        }),
        ..Shown::of(View::Tree(Tree { lines, unclosed }))
    }
}

fn column(line: &[u8], at: usize) -> String {
    let before = line.get(..at).unwrap_or(line);
    grouped(String::from_utf8_lossy(before).chars().count() as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Shown {
        view(
            &Subject::new(text.as_bytes(), Some("application/x-ndjson")),
            Window::default(),
        )
    }

    fn printed(shown: &Shown) -> Vec<String> {
        let View::Tree(tree) = &shown.view else {
            panic!()
        };
        tree.lines
            .iter()
            .map(|line| {
                let key = line
                    .key
                    .as_ref()
                    .map(|key| key.plain() + " ")
                    .unwrap_or_default();
                format!("{} {key}{}", line.path, line.token.plain())
            })
            .collect()
    }

    #[test]
    fn every_line_is_a_tree_of_its_own() {
        let shown = shown("{\"a\":1}\r\n\n[2]\n3\n");
        assert_eq!(
            printed(&shown),
            [
                "json[0] {",
                "json[0].a \"a\" 1",
                " }",
                "json[1] [",
                "json[1][0] 2",
                " ]",
                "json[2] 3"
            ]
        );
        assert_eq!(shown.facts, ["utf-8", "3 values, one a line"]);
        assert_eq!((shown.problem, shown.caution), (None, None));
    }

    #[test]
    fn a_line_that_is_no_json_is_said_and_the_others_are_shown() {
        let most = shown("{\"a\":1}\n{\"b\":\n[1,]\n{\"c\":2}");
        assert_eq!(
            most.caution.as_deref(),
            Some(
                "Not valid JSON in line 2: the input ends too early at column 6; and in 1 more line."
            )
        );
        assert_eq!(printed(&most)[3..6], [" {\"b\":", " [1,]", "json[3] {"]);
        assert_eq!(
            shown("hello\nyou").problem.as_deref(),
            Some("Not one of its lines is valid JSON.")
        );
    }

    #[test]
    fn lines_without_a_name_are_known_when_all_are_json() {
        let is = |text: &str| fit(&Subject::new(text.as_bytes(), None)) == Fit::Yes;
        assert!(is("{}\n{}"));
        assert!(!is("{}"));
        assert!(!is("{\n}\n"));
        assert!(!is("1\n2"));
        assert!(!is("{}\n{"));
    }
}
