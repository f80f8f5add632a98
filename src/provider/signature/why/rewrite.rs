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
