//! The lines of a JSON text as it would be printed, as many as a page may have.

use std::collections::HashMap;

use super::super::Spelled;
use super::super::room::{self, Room};
use super::super::words::counted;
use super::hint::hint;
use super::lex::{Kind, Lexeme, Token, unescaped};

/// The longest path that is kept; deeper lines under huge keys have none.
const PATH: usize = 1000;

/// How many bytes of one string are shown.
const STRING: usize = 64 * 1024;

/// How many bytes are shown of what is no JSON.
const INVALID: usize = 400;

/// Containers nested deeper than this start closed.
const OPEN: usize = 6;

/// One printed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What it holds.
    pub kind: LineKind,
    /// Where it is, as a filter names it (`json.data.items[0].amount`); empty at the root, on closing lines, and where it would
    /// be too long.
    pub path: String,
    /// The key before the value, in its quotes, as sent.
    pub key: Option<Spelled>,
    /// Value or bracket, as sent.
    pub token: Spelled,
    /// Whether a comma follows.
    pub comma: bool,
    /// What a number means, where its key makes that certain.
    pub hint: Option<String>,
    /// Which of how many, when the object has the key more than once.
    pub repeat: Option<(usize, usize)>,
}

impl Line {
    /// How many bytes it has on the page, about.
    pub(in crate::viewer) fn weight(&self) -> usize {
        let key = self.key.as_ref().map_or(0, Spelled::weight);
        room::LINE + room::escaped(&self.path) + key + self.token.weight()
    }
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineKind {
    /// Opens a container: what is said in its place while it is closed, and whether it starts open.
    Open {
        /// `2 keys`, `1 item`.
        fold: String,
        /// Whether it starts open.
        is_open: bool,
    },
    /// Closes one.
    Close,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Literal,
    /// A container with nothing in it.
    Empty,
    /// What could not be read, and is no JSON; the hint says why.
    Invalid,
}

impl LineKind {
    /// By what a value is coloured: `s`tring, `n`umber, `l`iteral, `p`unctuation, and `z` for what is none.
    pub fn class(&self) -> &'static str {
        match self {
            Self::String => "s",
            Self::Number => "n",
            Self::Literal => "l",
            Self::Open { .. } | Self::Close | Self::Empty => "p",
            Self::Invalid => "z",
        }
    }
}

/// An open container.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// How many members it has so far.
    members: usize,
    /// Its line, when that one is kept.
    line: Option<usize>,
    /// The length of the path of the container itself.
    path: usize,
}

/// Takes what the reader finds, and keeps the first lines of it.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    kept: Vec<Line>,
    /// How many lines are kept at most, and how many bytes of them.
    limit: usize,
    bytes_left: usize,
    room: Room,
    /// How many lines there are, kept or not.
    total: usize,
    frames: Vec<Frame>,
    path: String,
    key: Option<&'a str>,
    keys: HashMap<(usize, String), Vec<usize>>,
    /// Whether the last line was kept, and is still the one that a comma belongs to.
    last_is_kept: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(limit: usize, bytes: usize) -> Self {
        Self {
            kept: Vec::new(),
            limit,
            bytes_left: bytes,
            room: Room::new(limit > super::LINES),
            total: 0,
            frames: Vec::new(),
            path: "json".to_owned(),
            key: None,
            keys: HashMap::new(),
            last_is_kept: false,
        }
    }

    /// How many lines there are, kept or not.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The lines that were kept, at most `limit` of them, and how many containers are open behind the last.
    pub(super) fn finish(mut self, limit: usize) -> (Vec<Line>, usize) {
        while let Some(frame) = self.frames.pop() {
            self.fold(&frame);
        }
        for lines in self.keys.values().filter(|lines| lines.len() > 1) {
            for (nth, &at) in lines.iter().enumerate() {
                if let Some(line) = self.kept.get_mut(at) {
                    line.repeat = Some((nth + 1, lines.len()));
                }
            }
        }
        self.kept.truncate(limit);
        let unclosed = self
            .kept
            .iter()
            .fold(0_usize, |open, line| match line.kind {
                LineKind::Open { .. } => open + 1,
                LineKind::Close => open.saturating_sub(1),
                _ => open,
            });
        (self.kept, unclosed)
    }

    /// Begins a further value beside those before, as if all were in one array.
    pub(super) fn begin(&mut self, index: usize) {
        self.frames.clear();
        self.key = None;
        self.path.clear();
        self.path.push_str(&format!("json[{index}]"));
    }

    /// Adds a line of what could not be read, and why not.
    pub(super) fn invalid(&mut self, bytes: &[u8], why: &str) {
        self.total += 1;
        let size = bytes.len().min(INVALID);
        self.last_is_kept = false;
        if self.kept.len() >= self.limit || size > self.bytes_left {
            self.limit = self.kept.len();
            return;
        }
        self.bytes_left -= size;
        self.keep(Line {
            number: self.total,
            kind: LineKind::Invalid,
            path: String::new(),
            key: None,
            token: Spelled::beginning(bytes, INVALID),
            comma: false,
            hint: Some(why.to_owned()),
            repeat: None,
        });
    }

    pub(super) fn key(&mut self, lexeme: Lexeme<'a>) {
        self.key = Some(lexeme.text);
    }

    pub(super) fn comma(&mut self) {
        if self.last_is_kept
            && let Some(line) = self.kept.last_mut()
        {
            line.comma = true;
        }
    }

    pub(super) fn leaf(&mut self, lexeme: Lexeme<'a>) {
        let kind = match lexeme.token {
            Token::String => LineKind::String,
            Token::Number => LineKind::Number,
            _ => LineKind::Literal,
        };
        let key = self.key;
        let before = self.step_in();
        let at = self.push(kind, key, lexeme.text);
        if let (Some(line), Some(key)) = (at.and_then(|at| self.kept.get_mut(at)), key) {
            line.hint = hint(&unescaped(key), lexeme.text);
        }
        self.path.truncate(before);
    }

    pub(super) fn open(&mut self, lexeme: Lexeme<'a>) {
        let key = self.key;
        let before = self.step_in();
        let kind = LineKind::Open {
            fold: String::new(),
            is_open: self.frames.len() <= OPEN,
        };
        let line = self.push(kind, key, lexeme.text);
        let kind = match lexeme.token {
            Token::Open(kind) => kind,
            _ => Kind::Object,
        };
        self.frames.push(Frame {
            kind,
            members: 0,
            line,
            path: before,
        });
    }

    pub(super) fn close(&mut self, lexeme: Lexeme<'a>) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.members == 0 {
            // `{}` and `[]` stay on one line. Nothing was printed since the opening one, so that is the last.
            self.last_is_kept = frame.line.is_some();
            if let Some(line) = frame.line.and_then(|at| self.kept.get_mut(at)) {
                line.kind = LineKind::Empty;
                line.token.push_text(lexeme.text);
            }
        } else {
            self.fold(&frame);
            self.push(LineKind::Close, None, lexeme.text);
        }
        self.path.truncate(frame.path);
    }

    /// Says on a container's line how much is in it.
    fn fold(&mut self, frame: &Frame) {
        let thing = match frame.kind {
            Kind::Object => "key",
            Kind::Array => "item",
        };
        let line = frame.line.and_then(|at| self.kept.get_mut(at));
        if let Some(LineKind::Open { fold, .. }) = line.map(|line| &mut line.kind) {
            *fold = counted(frame.members as u64, thing);
        }
    }

    /// Counts a member of the open container and adds its step to the path; gives the length of the path before.
    fn step_in(&mut self) -> usize {
        let before = self.path.len();
        let key = self.key.take();
        let Some(frame) = self.frames.last_mut() else {
            return before;
        };
        let index = frame.members;
        frame.members += 1;
        let may_be_kept = self.kept.len() < self.limit;
        if may_be_kept && before <= PATH {
            match key {
                Some(key) => push_key(&mut self.path, key),
                None => self.path.push_str(&format!("[{index}]")),
            }
        }
        if may_be_kept && let (Some(parent), Some(key)) = (frame.line, key) {
            let at = self.kept.len();
            self.keys
                .entry((parent, unescaped(key)))
                .or_default()
                .push(at);
        }
        before
    }

    /// Keeps a line if there is room, and says where.
    fn push(&mut self, kind: LineKind, key: Option<&str>, token: &str) -> Option<usize> {
        self.total += 1;
        let size = token.len().min(STRING) + key.map_or(0, |key| key.len().min(STRING));
        self.last_is_kept = self.kept.len() < self.limit && size <= self.bytes_left;
        if !self.last_is_kept {
            // What comes later is not kept either, however small: a page has no holes.
            self.limit = self.kept.len();
            return None;
        }
        self.bytes_left -= size;
        let has_path = kind != LineKind::Close && self.path.len() > "json".len();
        let path = if has_path && self.path.len() <= PATH {
            self.path.clone()
        } else {
            String::new()
        };
        self.last_is_kept = self.keep(Line {
            number: self.total,
            kind,
            path,
            key: key.map(|key| Spelled::beginning(key.as_bytes(), STRING)),
            token: Spelled::beginning(token.as_bytes(), STRING),
            comma: false,
            hint: None,
            repeat: None,
        });
        self.last_is_kept.then(|| self.kept.len() - 1)
    }

    /// Keeps a line if there is room for it on the page, else neither it nor any that comes later.
    fn keep(&mut self, line: Line) -> bool {
        let has_room = self.room.take(line.weight());
        if has_room {
            self.kept.push(line);
        } else {
            self.limit = self.kept.len();
        }
        has_room
    }
}

/// Adds a key to a path: `.amount`, or `["two words"]` with the letters as sent.
fn push_key(path: &mut String, token: &str) {
    let name = token
        .get(1..token.len().saturating_sub(1))
        .unwrap_or_default();
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'-'));
    if is_plain {
        path.push('.');
        path.push_str(name);
        return;
    }
    path.push_str("[\"");
    for c in name.chars().take(PATH) {
        if super::super::spelled::hides(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                path.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            path.push(c);
        }
    }
    path.push_str("\"]");
}
