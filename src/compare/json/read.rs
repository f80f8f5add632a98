//! Bytes → the first lines of a JSON text as nodes, without recursion and without reading a number (RFC 8259).

use super::super::{LINES, fingerprint};
use super::value;
use crate::model::json::units;

/// How deep containers may be nested; what is deeper is compared as text.
const DEPTH: usize = 128;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Literal,
}

/// A value.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) kind: Kind,
    /// The key before it, in its quotes.
    pub(super) key: Option<&'a str>,
    /// The value as sent; of a container its opening bracket.
    pub(super) text: &'a str,
    pub(super) parent: Option<usize>,
    /// Which member of its parent it is.
    pub(super) index: usize,
    pub(super) children: Vec<usize>,
    pub(super) depth: usize,
    /// The line it begins in, and of a container the line it ends in.
    pub(super) lines: (usize, usize),
    /// The same for values that mean the same.
    pub(super) hash: u64,
}

/// A JSON text.
#[derive(Debug)]
pub(in crate::compare) struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// Whether the text goes on behind what was read.
    pub(in crate::compare) is_cut: bool,
}

/// What ends the reading early.
enum Stop {
    /// The end of what there is.
    End,
    /// It is no JSON.
    Bad,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
    open: Vec<usize>,
    line: usize,
}

/// Reads a text; `None` when it is no JSON. One that `is_cut` may end anywhere.
pub(in crate::compare) fn read(text: &str, is_cut: bool) -> Option<Tree<'_>> {
    let mut reader = Reader {
        text,
        at: 0,
        nodes: Vec::new(),
        open: Vec::new(),
        line: 0,
    };
    let was_cut = match reader.run() {
        Ok(is_full) => is_full,
        Err(Stop::End) if is_cut => true,
        Err(_) => return None,
    };
    while !reader.open.is_empty() {
        reader.close();
    }
    (!reader.nodes.is_empty()).then_some(Tree {
        nodes: reader.nodes,
        is_cut: was_cut || is_cut,
    })
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Reads to the end, or until there are enough lines: whether it was that.
    fn run(&mut self) -> Result<bool, Stop> {
        loop {
            // A value, or the end of an empty container, is due.
            let byte = self.skip_blanks().ok_or(Stop::End)?;
            let top = self.top();
            let is_first = top.is_some_and(|top| top.children.is_empty());
            let closes = matches!(
                (top.map(|top| top.kind), byte),
                (Some(Kind::Object), b'}') | (Some(Kind::Array), b']')
            );
            if is_first && closes {
                self.at += 1;
                self.close();
            } else {
                if self.line >= LINES {
                    return Ok(true);
                }
                let key = match top.map(|top| top.kind) {
                    Some(Kind::Object) => Some(self.key()?),
                    _ => None,
                };
                if self.value(key)? {
                    continue;
                }
            }
            // A value has ended: what comes behind it.
            loop {
                let Some(kind) = self.top().map(|top| top.kind) else {
                    return match self.skip_blanks() {
                        None => Ok(false),
                        Some(_) => Err(Stop::Bad),
                    };
                };
                let byte = self.skip_blanks().ok_or(Stop::End)?;
                self.at += 1;
                match (byte, kind) {
                    (b'}', Kind::Object) | (b']', Kind::Array) => self.close(),
                    (b',', _) => match self.skip_blanks() {
                        None => return Err(Stop::End),
                        Some(b'}' | b']') => return Err(Stop::Bad),
                        Some(_) => break,
                    },
                    _ => return Err(Stop::Bad),
                }
            }
        }
    }

    fn top(&self) -> Option<&Node<'a>> {
        self.open.last().and_then(|&at| self.nodes.get(at))
    }

    fn key(&mut self) -> Result<&'a str, Stop> {
        let key = self.string()?;
        match self.skip_blanks() {
            None => return Err(Stop::End),
            Some(b':') => self.at += 1,
            Some(_) => return Err(Stop::Bad),
        }
        self.skip_blanks().ok_or(Stop::End)?;
        Ok(key)
    }

    /// Takes a value: whether it is a container, whose members come next.
    fn value(&mut self, key: Option<&'a str>) -> Result<bool, Stop> {
        let start = self.at;
        let kind = match self.peek().ok_or(Stop::End)? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => {
                self.string()?;
                Kind::String
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                Kind::Number
            }
            _ => {
                self.literal()?;
                Kind::Literal
            }
        };
        let is_container = matches!(kind, Kind::Object | Kind::Array);
        if is_container {
            if self.open.len() >= DEPTH {
                return Err(Stop::Bad);
            }
            self.at += 1;
        }
        self.line += 1;
        let text = self.text.get(start..self.at).unwrap_or_default();
        let at = self.nodes.len();
        let parent = self.open.last().copied();
        let siblings = parent.and_then(|parent| self.nodes.get_mut(parent));
        let index = siblings.map_or(0, |parent| {
            parent.children.push(at);
            parent.children.len() - 1
        });
        self.nodes.push(Node {
            kind,
            key,
            text,
            parent,
            index,
            children: Vec::new(),
            depth: self.open.len(),
            lines: (self.line, self.line),
            hash: if is_container {
                0
            } else {
                value::hash(kind, text)
            },
        });
        if is_container {
            self.open.push(at);
        }
        Ok(is_container)
    }

    fn close(&mut self) {
        let Some(at) = self.open.pop() else {
            return;
        };
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let members = node
            .children
            .iter()
            .filter_map(|&child| self.nodes.get(child));
        let hash = match node.kind {
            // The order of keys means nothing.
            Kind::Object => members.fold(1, |sum: u64, member| {
                let key = units(member.key.unwrap_or_default());
                sum.wrapping_add(fingerprint((key, member.hash)))
            }),
            _ => members.fold(2, |sum, member| fingerprint((sum, member.hash))),
        };
        let is_empty = node.children.is_empty();
        self.line += usize::from(!is_empty);
        if let Some(node) = self.nodes.get_mut(at) {
            node.hash = fingerprint((node.kind, hash));
            node.lines.1 = self.line;
        }
    }

    fn string(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        if self.peek().ok_or(Stop::End)? != b'"' {
            return Err(Stop::Bad);
        }
        self.at += 1;
        loop {
            match self.peek().ok_or(Stop::End)? {
                b'"' => {
                    self.at += 1;
                    return Ok(self.text.get(start..self.at).unwrap_or_default());
                }
                b'\\' => self.escape()?,
                0..=0x1f => return Err(Stop::Bad),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        self.at += 1;
        let byte = self.peek().ok_or(Stop::End)?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let digits = self
                    .text
                    .as_bytes()
                    .get(self.at..self.at + 4)
                    .ok_or(Stop::End)?;
                self.at += 4;
                if digits.iter().all(u8::is_ascii_hexdigit) {
                    Ok(())
                } else {
                    Err(Stop::Bad)
                }
            }
            _ => Err(Stop::Bad),
        }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match (self.at > start, self.peek()) {
            (true, _) => Ok(()),
            (false, None) => Err(Stop::End),
            (false, Some(_)) => Err(Stop::Bad),
        }
    }

    fn number(&mut self) -> Result<(), Stop> {
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = self.at;
        self.digits()?;
        if self.at > whole + 1 && self.text.as_bytes().get(whole) == Some(&b'0') {
            return Err(Stop::Bad);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn literal(&mut self) -> Result<(), Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for word in ["true", "false", "null"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return match self.peek() {
                    Some(byte) if byte.is_ascii_alphanumeric() => Err(Stop::Bad),
                    _ => Ok(()),
                };
            }
            if word.starts_with(rest) {
                return Err(Stop::End);
            }
        }
        Err(Stop::Bad)
    }
}
