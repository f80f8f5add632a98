//! What is wrong with a head that could not be read as HTTP/1.

use std::ops::ControlFlow;

/// The first thing in a head that HTTP/1 does not allow, as a phrase for people; `None` when what there is of it is in order.
///
/// The rules are those of RFC 9112; a line that was cut off is not judged.
pub(super) fn find(head: &[u8]) -> Option<String> {
    let mut lines = (1..)
        .zip(lines(head))
        .skip_while(|(_, line)| line.is_empty());
    let (_, first) = lines.next()?;
    let version = match first_line(first) {
        ControlFlow::Continue(version) => version,
        ControlFlow::Break(fault) => return Some(fault),
    };
    let mut framing = Framing::default();
    for (number, line) in lines {
        if line.is_empty() {
            return framing.fault(version);
        }
        match field(line) {
            Ok((name, value)) => framing.add(name, value),
            Err(fault) => return Some(format!("line {number} {fault}")),
        }
    }
    None
}

/// The lines that are whole, without their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split_inclusive(|&byte| byte == b'\n')
        .map_while(|line| {
            let line = line.strip_suffix(b"\n")?;
            Some(line.strip_suffix(b"\r").unwrap_or(line))
        })
}

/// The version that a first line names, or what is wrong with it (RFC 9112 section 3).
fn first_line(line: &[u8]) -> ControlFlow<String, &[u8]> {
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let fault = match words.as_slice() {
        [method, ..] if !is_token(method) => {
            "the method has a character that none may have".to_owned()
        }
        [_] | [_, _] => "the first line is not METHOD TARGET HTTP/1.1".to_owned(),
        [.., version] if !matches!(*version, b"HTTP/1.0" | b"HTTP/1.1") => {
            "the first line does not end with HTTP/1.0 or HTTP/1.1".to_owned()
        }
        [_, target, version] => match not_in_target(target) {
            Some(byte) => format!(
                "the target has the byte {}, which is written as %{byte:02X}",
                named(byte)
            ),
            None => return ControlFlow::Continue(version),
        },
        words if words.iter().any(|word| word.is_empty()) => {
            "the first line has two spaces where one stands".to_owned()
        }
        _ => "the target has a space in it, which is written as %20".to_owned(),
    };
    ControlFlow::Break(fault)
}

/// A byte that may not stand in a target as it is.
fn not_in_target(target: &[u8]) -> Option<u8> {
    let path = target.iter().position(|&byte| byte == b'?');
    let (path, query) = target.split_at(path.unwrap_or(target.len()));
    let never = |byte: &&u8| !byte.is_ascii_graphic() && byte.is_ascii() || b"<>".contains(byte);
    let in_path = path.iter().find(|byte| never(byte) || **byte == b'`');
    let in_query = query.iter().find(|byte| never(byte) || **byte == b'"');
    let not_text = || {
        target
            .utf8_chunks()
            .find_map(|chunk| chunk.invalid().first())
    };
    in_path.or(in_query).or_else(not_text).copied()
}

/// A line's name and value, or what is wrong with it (RFC 9112 section 5).
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), String> {
    if line.first().is_some_and(|byte| b" \t".contains(byte)) {
        return Err("begins with a space: a value goes on over no second line".to_owned());
    }
    let Some(colon) = line.iter().position(|&byte| byte == b':') else {
        return Err("has no colon".to_owned());
    };
    let (name, value) = line.split_at(colon);
    let value = value.strip_prefix(b":").unwrap_or(value);
    if name.is_empty() {
        return Err("has no name before its colon".to_owned());
    }
    if name.last().is_some_and(|byte| b" \t".contains(byte)) {
        return Err("has a space before its colon".to_owned());
    }
    if let Some(&byte) = name.iter().find(|&&byte| !is_of_token(byte)) {
        return Err(format!("has the byte {} in its name", named(byte)));
    }
    let is_control = |byte: &&u8| byte.is_ascii_control() && **byte != b'\t';
    if let Some(&byte) = value.iter().find(is_control) {
        return Err(format!("has the byte {} in its value", named(byte)));
    }
    Ok((name, value.trim_ascii()))
}

/// What says where a request ends and whom it is for.
#[derive(Default)]
struct Framing<'a> {
    hosts: usize,
    lengths: Vec<&'a [u8]>,
    coding: Option<&'a [u8]>,
}

impl<'a> Framing<'a> {
    fn add(&mut self, name: &[u8], value: &'a [u8]) {
        if name.eq_ignore_ascii_case(b"host") {
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.lengths.push(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.coding = Some(value);
        }
    }

    fn fault(&self, version: &[u8]) -> Option<String> {
        let is_number = |value: &&[u8]| {
            let digits = value.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(value).ok();
            digits && text.is_some_and(|text| text.parse::<u64>().is_ok())
        };
        let (first, is_old) = (self.lengths.first(), version == b"HTTP/1.0");
        let fault = match self.coding {
            Some(_) if is_old => "HTTP/1.0 has no Transfer-Encoding".to_owned(),
            Some(coding) if !ends_with_chunked(coding) => {
                "Transfer-Encoding does not end with chunked: nobody knows where the body ends"
                    .to_owned()
            }
            None if !self.lengths.iter().all(is_number) => {
                "Content-Length is not one number".to_owned()
            }
            None if self.lengths.iter().any(|value| Some(value) != first) => {
                "Content-Length is there more than once, and not the same".to_owned()
            }
            _ if !is_old && self.hosts == 0 => {
                "there is no Host, and HTTP/1.1 wants one".to_owned()
            }
            _ if !is_old && self.hosts > 1 => "Host is there more than once".to_owned(),
            _ => return None,
        };
        Some(fault)
    }
}

fn ends_with_chunked(coding: &[u8]) -> bool {
    let last = coding.rsplit(|&byte| byte == b',').next();
    last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

fn is_token(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|&byte| is_of_token(byte))
}

/// RFC 9110 section 5.6.2.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A byte by its number, and as it is where it can be seen.
fn named(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("0x{byte:02X} ({})", char::from(byte))
    } else {
        format!("0x{byte:02X}")
    }
}
