//! XML, indented: SOAP envelopes and others that come in one line.
//!
//! The letters of tags, texts and entities stay as they are; only blanks between tags are ours. Where an element holds text
//! beside its children, all of it stays as it was sent. Nothing is expanded and nothing is looked up: a document type is text
//! like any other.

use super::room::Room;
use super::words::grouped;
use super::{Fit, Shown, Slot, Spelled, Subject, Text, View, Viewer, Window, charset, text};

/// Suits what is called XML, and what begins as it.
pub static VIEWER: Viewer = Viewer {
    name: "xml",
    label: "Pretty",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How deep elements may be nested.
const DEPTH: usize = 256;

/// The deepest indentation, in steps of two blanks.
const STEPS: usize = 40;

/// How many times as long as the source the indented text may be.
const GROWTH: usize = 4;

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    let looks_like = || {
        let begins = |mark: &[u8]| subject.bytes.trim_ascii_start().starts_with(mark);
        begins(b"<?xml") || begins(b"\xef\xbb\xbf<?xml")
    };
    // XHTML is meant to be read by a browser, where every blank may count.
    let is_xhtml = subject.is_called(|media_type| media_type.essence == "application/xhtml+xml");
    let is_xml = subject.is_called(super::MediaType::is_xml) || looks_like();
    if is_xml && !is_xhtml && !subject.bytes.is_empty() {
        Fit::Yes
    } else {
        super::UNSTRUCTURED
    }
}

/// A piece of a document, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    at: usize,
    /// Of an opening tag: whether its element holds text of its own.
    holds_text: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Empty,
    Text,
    /// Comments, instructions, the document type.
    Other,
}

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    at: usize,
    what: String,
}

fn problem(at: usize, what: impl Into<String>) -> Problem {
    Problem {
        at,
        what: what.into(),
    }
}

/// Takes a text apart; an unfinished end is an error unless the text was cut there.
fn tokens(text: &str, is_cut: bool) -> Result<Vec<Token<'_>>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = match rest.find('<') {
            Some(0) => match markup(rest) {
                Some(found) => found,
                None if is_cut => (Kind::Other, rest.len()),
                None => return Err(problem(at, "this tag has no end")),
            },
            Some(length) => (Kind::Text, length),
            None => (Kind::Text, rest.len()),
        };
        tokens.push(Token {
            kind,
            text: rest.get(..length).unwrap_or(rest),
            at,
            holds_text: false,
        });
        at += length;
    }
    Ok(tokens)
}

/// What begins with `<`, and how long it is; `None` when it has no end.
fn markup(rest: &str) -> Option<(Kind, usize)> {
    let until = |end: &str| rest.find(end).map(|at| at + end.len());
    if rest.starts_with("<!--") {
        return rest.get(4..)?.find("-->").map(|at| (Kind::Other, at + 7));
    }
    if rest.starts_with("<![CDATA[") {
        return Some((Kind::Text, until("]]>")?));
    }
    if rest.starts_with("<?") {
        return Some((Kind::Other, until("?>")?));
    }
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            // The inner part of a document type.
            (None, b'[') if rest.starts_with("<!") => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => {
                let kind = match rest.as_bytes() {
                    [_, b'!', ..] => Kind::Other,
                    [_, b'/', ..] => Kind::Close,
                    _ if rest.get(..at).is_some_and(|tag| tag.ends_with('/')) => Kind::Empty,
                    _ => Kind::Open,
                };
                return Some((kind, at + 1));
            }
            _ => {}
        }
    }
    None
}

/// The name in a tag.
fn name(tag: &str) -> &str {
    let inner = tag.trim_start_matches(['<', '/']);
    let end = inner.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    inner.get(..end.unwrap_or(inner.len())).unwrap_or(inner)
}

/// Checks that tags match, and marks the elements that hold text.
fn nest(tokens: &mut [Token<'_>], is_cut: bool, end: usize) -> Result<(), Problem> {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..tokens.len() {
        let Some(&token) = tokens.get(at) else { break };
        match token.kind {
            Kind::Open if open.len() >= DEPTH => {
                return Err(problem(
                    token.at,
                    format!("nested deeper than {DEPTH} levels"),
                ));
            }
            Kind::Open => open.push(at),
            Kind::Close => {
                let opened = open.pop().and_then(|at| tokens.get(at));
                if opened.is_none_or(|opened| name(opened.text) != name(token.text)) {
                    let what = match opened {
                        Some(opened) => format!("{} is not closed by this", short(opened.text)),
                        None => "nothing is open that this could close".to_owned(),
                    };
                    return Err(problem(token.at, what));
                }
            }
            Kind::Text if !token.text.trim().is_empty() => {
                let Some(parent) = open.last().and_then(|&at| tokens.get_mut(at)) else {
                    if is_cut {
                        continue;
                    }
                    return Err(problem(token.at, "text outside of the root element"));
                };
                parent.holds_text = true;
            }
            Kind::Text | Kind::Empty | Kind::Other => {}
        }
    }
    match open.last().and_then(|&at| tokens.get(at)) {
        Some(opened) if !is_cut => Err(problem(
            end,
            format!("{} is not closed", short(opened.text)),
        )),
        _ => Ok(()),
    }
}

fn short(tag: &str) -> String {
    let name: String = name(tag).chars().take(60).collect();
    format!("<{name}>")
}

/// The tokens with a line for each, and whether the room was enough for all.
fn indented(tokens: &[Token<'_>], room: usize) -> (String, bool) {
    let mut out = String::new();
    let mut depth: usize = 0;
    // The depth of the outermost element that holds text: inside of it all stays as it is.
    let mut as_is: Option<usize> = None;
    for token in tokens {
        if out.len() > room {
            return (out, false);
        }
        if token.kind == Kind::Close {
            depth = depth.saturating_sub(1);
        }
        let is_blank = token.kind == Kind::Text && token.text.trim().is_empty();
        if as_is.is_some() {
            out.push_str(token.text);
        } else if !is_blank {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n("  ", depth.min(STEPS)));
            out.push_str(token.text.trim());
        }
        match token.kind {
            Kind::Open => {
                if token.holds_text {
                    as_is = as_is.or(Some(depth));
                }
                depth += 1;
            }
            Kind::Close if as_is == Some(depth) => as_is = None,
            _ => {}
        }
    }
    (out, true)
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let limit = if window.all {
        text::SHOWN_AT_MOST
    } else {
        text::SHOWN
    };
    let cut = subject.bytes.get(..limit).unwrap_or(subject.bytes);
    let is_cut = subject.is_cut || cut.len() < subject.bytes.len();
    let read = charset::read(cut, subject.charset().or_else(|| declared(cut)), is_cut);
    let source = String::from_utf8_lossy(&read.text);
    let result = tokens(&source, is_cut).and_then(|mut tokens| {
        nest(&mut tokens, is_cut, source.len())?;
        Ok(indented(&tokens, cut.len() * GROWTH + 1024))
    });
    let (text, is_whole, problem) = match result {
        Ok((text, is_whole)) => (text, is_whole, None),
        Err(problem) => (
            source.clone().into_owned(),
            true,
            Some(sentence(&source, &problem)),
        ),
    };
    let (mut text, is_all) = Spelled::bounded(text.as_bytes(), text::RUNS);
    let is_all = !text.cut(Room::of(window).left()) && is_all;
    let mut facts = vec![read.word];
    if read.has_mark {
        facts.push("byte order mark skipped".to_owned());
    }
    if problem.is_none() {
        facts.push("indented".to_owned());
    }
    Shown {
        facts,
        problem,
        rest: text::rest(
            cut.len(),
            subject.bytes.len(),
            !is_all || !is_whole,
            window.all,
        ),
        ..Shown::of(View::Text(Text { text }))
    }
}

/// The charset that the document names itself (XML 1.0 section 4.3.3).
fn declared(bytes: &[u8]) -> Option<&str> {
    let first = bytes.get(..200).unwrap_or(bytes);
    let end = memchr::memchr(b'>', first)?;
    let line = std::str::from_utf8(first.get(..end)?).ok()?;
    let (_, rest) = line.strip_prefix("<?xml")?.split_once("encoding=")?;
    let quote = rest
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let name = rest.get(1..)?.split(quote).next()?;
    (!name.is_empty() && !name.eq_ignore_ascii_case("utf-8")).then_some(name)
}

fn sentence(source: &str, problem: &Problem) -> String {
    let before = source.get(..problem.at).unwrap_or(source);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    format!(
        "Not well-formed XML: {} at line {}, column {}.",
        problem.what,
        grouped(line as u64),
        grouped(column as u64)
    )
}

#[cfg(test)]
mod tests;
