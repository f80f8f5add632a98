//! Cuts a file into its captures as it comes, so that none is held as a whole.
//!
//! A log is followed only as far as to find `log.entries` and where each entry ends; whether an entry is JSON is seen when it is
//! read.

use std::collections::VecDeque;

use super::Error;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HAR 1.2.
    Har,
    /// A capture in JSON a line.
    Ndjson,
}

/// A capture of the file, still to be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which one it is: `entry 3`, `line 7`; from 1.
    pub place: String,
    /// Its text; `None` when it is too large.
    pub text: Option<Vec<u8>>,
}

/// What a file is, and how far it was read.
#[derive(Debug)]
pub struct Splitter {
    form: Form,
    /// How many bytes a piece may have.
    most: usize,
    piece: Vec<u8>,
    is_too_large: bool,
    number: u64,
    log: Log,
}

/// Where in the JSON of a log it is.
#[derive(Debug, Default)]
struct Log {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// The beginning of the last string outside of entries.
    string: Vec<u8>,
    at: At,
}

/// Which part of a log it is in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Outside,
    /// In the value of `log`.
    Log,
    /// Behind the name `entries` in it.
    Named,
    Entries,
    /// Behind the entries.
    After,
}

/// How many bytes are waited for to tell what a file is.
const BEGIN: usize = 64 * 1024;

/// How much of a string is looked at: longer than the names that matter.
const NAME: usize = 16;

/// How deep entries are.
const ENTRIES: usize = 3;

impl Form {
    /// What a file is by how it begins; `None` while that is not to be told, an error when it is neither.
    ///
    /// # Errors
    /// Where it begins as no JSON object.
    pub fn of(begin: &[u8], is_all: bool) -> Result<Option<Self>, Error> {
        let is_all = is_all || begin.len() >= BEGIN;
        let begin = without_mark(begin).trim_ascii_start();
        let Some(rest) = begin.strip_prefix(b"{") else {
            return match begin.first() {
                Some(_) => Err(Error::new(
                    "the file",
                    "is neither HAR (an object with \"log\") nor NDJSON (a capture in JSON a line)",
                )),
                // Nothing at all is a file of no lines, and nothing for so long one of empty lines.
                None => Ok(is_all.then_some(Self::Ndjson)),
            };
        };
        let rest = rest.trim_ascii_start();
        if rest.starts_with(b"\"log\"") {
            Ok(Some(Self::Har))
        } else if b"\"log\"".starts_with(rest) && !is_all {
            Ok(None)
        } else {
            Ok(Some(Self::Ndjson))
        }
    }
}

/// Without the mark that some editors put before UTF-8.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

impl Splitter {
    /// For a file of that form, with pieces of at most `most` bytes.
    pub fn new(form: Form, most: usize) -> Self {
        Self {
            form,
            most,
            piece: Vec::new(),
            is_too_large: false,
            number: 0,
            log: Log::default(),
        }
    }

    /// Takes the next bytes of the file, and gives the pieces that end in them.
    pub fn push(&mut self, bytes: &[u8], pieces: &mut VecDeque<Piece>) {
        match self.form {
            Form::Ndjson => {
                let mut lines = bytes.split(|&byte| byte == b'\n');
                if let Some(first) = lines.next() {
                    self.keep(first);
                }
                for line in lines {
                    pieces.extend(self.end());
                    self.keep(line);
                }
            }
            Form::Har => {
                for &byte in bytes {
                    if self.follow(byte) {
                        pieces.extend(self.end());
                    }
                }
            }
        }
    }

    /// The last piece, when the file is at its end.
    ///
    /// # Errors
    /// Where the file is cut off, or no log.
    pub fn finish(mut self) -> Result<Option<Piece>, Error> {
        if self.form == Form::Ndjson {
            return Ok(self.end());
        }
        if !matches!(self.log.at, At::Entries | At::After) {
            return Err(Error::new("log.entries", "is missing"));
        }
        if self.log.depth > 0 {
            return Err(Error::new("the file", "ends in the middle of the log"));
        }
        Ok(None)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.piece.len() + bytes.len() > self.most {
            self.is_too_large = true;
            self.piece = Vec::new();
        } else if !self.is_too_large {
            self.piece.extend_from_slice(bytes);
        }
    }

    fn end(&mut self) -> Option<Piece> {
        let text = std::mem::take(&mut self.piece);
        let is_too_large = std::mem::take(&mut self.is_too_large);
        let word = match self.form {
            Form::Har => "entry",
            // Lines are counted as editors do, with those that are empty.
            Form::Ndjson => {
                self.number += 1;
                "line"
            }
        };
        if !is_too_large && without_mark(&text).trim_ascii().is_empty() {
            return None;
        }
        if self.form == Form::Har {
            self.number += 1;
        }
        Some(Piece {
            place: format!("{word} {}", self.number),
            text: (!is_too_large).then_some(text),
        })
    }

    /// Takes one byte of a log; whether an entry ends before it.
    fn follow(&mut self, byte: u8) -> bool {
        let log = &mut self.log;
        if log.at == At::Entries {
            let at_top = log.depth == ENTRIES && !log.in_string;
            let is_end = at_top && (byte == b',' || byte == b']');
            log.step(byte);
            if !is_end {
                self.keep(&[byte]);
            } else if byte == b']' {
                log.at = At::After;
            }
            return is_end;
        }
        let was_in_string = log.in_string;
        log.step(byte);
        match byte {
            _ if was_in_string && log.in_string && log.string.len() < NAME => log.string.push(byte),
            _ if was_in_string => {}
            b'"' => log.string.clear(),
            b':' if log.depth == 1 && log.at != At::After => {
                log.at = if log.string == b"log" {
                    At::Log
                } else {
                    At::Outside
                };
            }
            b':' if log.depth == 2 && log.at == At::Log && log.string == b"entries" => {
                log.at = At::Named;
            }
            b',' if log.depth == 2 && log.at == At::Named => log.at = At::Log,
            b'[' if log.depth == ENTRIES && log.at == At::Named => log.at = At::Entries,
            _ => {}
        }
        false
    }
}

impl Log {
    /// Keeps track of strings and depth.
    fn step(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}
