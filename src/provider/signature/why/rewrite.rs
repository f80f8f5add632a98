//! The same JSON in the bytes that other writers give it.

/// The blanks that a writer puts between tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blanks {
    /// None: JavaScript, Go, Rust.
    Compact,
    /// One behind each comma and colon: Python.
    Spaced,
    /// Lines, indented by so many blanks.
    Lines(usize),
}

/// How a writer puts characters beyond ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they came.
    Kept,
    /// As `\u` and four lower-case digits: Python.
    Ascii,
    /// The same, and `/` as `\/`: PHP.
    AsciiAndSlashes,
    /// Undone where they need not be: JavaScript.
    Undone,
}

/// Writes JSON anew; `None` where it breaks off.
pub(super) fn rewrite(text: &str, blanks: Blanks, escapes: Escapes) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    let mut depth = 0_usize;
    while let Some(first) = rest.chars().next() {
        let (token, after) = if first == '"' {
            rest.split_at_checked(string_end(rest)?)?
        } else {
            rest.split_at_checked(first.len_utf8())?
        };
        rest = after;
        match first {
            '"' => write_string(&mut out, token, escapes),
            '{' | '[' => {
                out.push(first);
                let close = if first == '{' { '}' } else { ']' };
                if let Some(behind) = rest.trim_start().strip_prefix(close) {
                    out.push(close);
                    rest = behind;
                } else {
                    depth += 1;
                    new_line(&mut out, blanks, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, blanks, depth);
                out.push(first);
            }
            ',' => {
                out.push(',');
                if blanks == Blanks::Spaced {
                    out.push(' ');
                }
                new_line(&mut out, blanks, depth);
            }
            ':' => out.push_str(if blanks == Blanks::Compact { ":" } else { ": " }),
            blank if blank.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    Some(out.into_bytes())
}

/// Deeper than this nothing is indented further, so that brackets cannot make the output grow with their square.
const DEPTH: usize = 64;

fn new_line(out: &mut String, blanks: Blanks, depth: usize) {
    if let Blanks::Lines(indent) = blanks {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth.min(DEPTH)));
    }
}

/// Where the string at the beginning of a text ends, its quote included.
fn string_end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn write_string(out: &mut String, token: &str, escapes: Escapes) {
    match escapes {
        Escapes::Kept => out.push_str(token),
        Escapes::Undone => {
            let plain: Option<String> = serde_json::from_str(token).ok();
            let written = plain.and_then(|plain| serde_json::to_string(&plain).ok());
            out.push_str(written.as_deref().unwrap_or(token));
        }
        Escapes::Ascii | Escapes::AsciiAndSlashes => {
            let mut before = ' ';
            for character in token.chars() {
                if character == '/' && escapes == Escapes::AsciiAndSlashes && before != '\\' {
                    out.push_str("\\/");
                } else if character.is_ascii() {
                    out.push(character);
                } else {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                before = character;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_anew_says_the_same(value in json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                for blanks in [Blanks::Compact, Blanks::Spaced, Blanks::Lines(2)] {
                    for escapes in [Escapes::Kept, Escapes::Ascii, Escapes::AsciiAndSlashes, Escapes::Undone] {
                        let written = rewrite(&text, blanks, escapes).unwrap();
                        let read: serde_json::Value = serde_json::from_slice(&written).unwrap();
                        prop_assert_eq!(&read, &value);
                    }
                }
                prop_assert_eq!(rewrite(&text, Blanks::Compact, Escapes::Kept).unwrap(), value.to_string().into_bytes());
                let pretty = serde_json::to_vec_pretty(&value).unwrap();
                prop_assert_eq!(rewrite(&text, Blanks::Lines(2), Escapes::Kept).unwrap(), pretty);
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in ".{0,60}", json in r#"[\[{"\\a,:\]} \n]{0,40}"#) {
            rewrite(&text, Blanks::Lines(4), Escapes::Ascii);
            rewrite(&json, Blanks::Spaced, Escapes::AsciiAndSlashes);
        }
    }
}
