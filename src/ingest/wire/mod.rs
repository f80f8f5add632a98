//! The head as it was on the wire.
//!
//! hyper hands out header fields grouped by name and in lower case, which is not what the sender sent. So the bytes of a
//! connection are watched as they are read: a [`Tape`] follows where heads begin and end (RFC 9112 sections 2 and 6 to 7) and
//! keeps each head until its request is handled. It only ever adds to what hyper says: a head is used when its fields are
//! those that hyper read, else hyper's are. So a mistake here can show less, never something else.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use hyper::HeaderMap;

use crate::model::{Clock, Timestamp};

/// Heads that wait for their requests; a sender that pipelines more than this has the rest shown as hyper reads them.
const WAITING: usize = 64;

/// The bytes of one head, and when they began to arrive.
#[derive(Debug)]
pub(crate) struct WireHead {
    /// From the first byte of the request line to the end of the empty line.
    bytes: Bytes,
    /// When the first of them arrived.
    pub(crate) started: Started,
}

/// A moment on both clocks: to tell when, and to measure how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Started {
    /// The time of day.
    pub(crate) at: Timestamp,
    /// The same on the clock that never jumps.
    pub(crate) instant: Instant,
}

impl Started {
    /// Now.
    pub(crate) fn now(clock: &Clock) -> Self {
        Self {
            at: clock.now(),
            instant: Instant::now(),
        }
    }
}

/// What the connection is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between two requests.
    Between,
    /// In a head.
    Head,
    /// In a body of which that many bytes are to come.
    Length(u64),
    /// In a body that comes in chunks.
    Chunked(Chunk),
    /// It cannot be followed any further: HTTP/2, a tunnel, or a head that hyper refuses too.
    Lost,
}

/// Where in a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the line that says the size.
    Size,
    /// In the data, of which that many bytes are to come.
    Data(u64),
    /// In the line end behind the data.
    End,
    /// In the trailers.
    Trailers,
}

/// Follows the bytes of one connection.
#[derive(Debug)]
pub(crate) struct Tape {
    phase: Phase,
    /// The head that is arriving.
    head: BytesMut,
    /// Where the line begins that is arriving, inside `head`.
    line_at: usize,
    /// What the head says of its body so far.
    framing: Framing,
    /// The line of a chunked body that is arriving.
    line: Vec<u8>,
    started: Option<Started>,
    waiting: VecDeque<WireHead>,
    max_head: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
    upgrade: bool,
}

impl Tape {
    /// A tape at the beginning of a connection; heads over `max_head` bytes are not kept.
    pub(crate) fn new(max_head: usize) -> Self {
        Self {
            phase: Phase::Between,
            head: BytesMut::new(),
            line_at: 0,
            framing: Framing::default(),
            line: Vec::new(),
            started: None,
            waiting: VecDeque::new(),
            max_head,
        }
    }

    /// Gives up following: what is read from now on is not looked at.
    pub(crate) fn lose(&mut self) {
        self.phase = Phase::Lost;
        self.waiting = VecDeque::new();
    }

    /// Since when a head has been arriving; `None` when none is.
    pub(crate) fn in_head_since(&self) -> Option<Instant> {
        self.started
            .map(|started| started.instant)
            .filter(|_| self.phase == Phase::Head)
    }

    /// Whether everything that was read belongs to whole requests.
    pub(crate) fn is_between(&self) -> bool {
        self.phase == Phase::Between
    }

    /// The head that is arriving, or the last one that could not be followed.
    pub(crate) fn unfinished(&self) -> &[u8] {
        &self.head
    }

    /// The head of the next request.
    pub(crate) fn take(&mut self) -> Option<WireHead> {
        self.waiting.pop_front()
    }

    /// The newest whole head that no request took.
    pub(crate) fn last_waiting(&self) -> Option<&Bytes> {
        self.waiting.back().map(|head| &head.bytes)
    }

    /// Looks at bytes that were just read.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], clock: &Clock) {
        while !bytes.is_empty() {
            bytes = match self.phase {
                Phase::Lost => return,
                Phase::Between => {
                    // A server should ignore an empty line before a request (RFC 9112 section 2.2).
                    let blank = bytes
                        .iter()
                        .take_while(|&&byte| byte == b'\r' || byte == b'\n')
                        .count();
                    let rest = bytes.get(blank..).unwrap_or_default();
                    if !rest.is_empty() {
                        self.phase = Phase::Head;
                        self.started = Some(Started::now(clock));
                        self.framing = Framing::default();
                        self.head.clear();
                        self.line_at = 0;
                    }
                    rest
                }
                Phase::Head => self.feed_head(bytes),
                Phase::Length(left) => {
                    let (rest, left) = skip(bytes, left);
                    self.phase = if left == 0 {
                        Phase::Between
                    } else {
                        Phase::Length(left)
                    };
                    rest
                }
                Phase::Chunked(chunk) => self.feed_chunk(bytes, chunk),
            };
        }
    }

    /// Takes bytes up to the end of the head, and gives back what is behind it.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.head.extend_from_slice(bytes);
            self.check_size();
            return &[];
        };
        let (line, rest) = bytes.split_at(end + 1);
        self.head.extend_from_slice(line);
        self.check_size();
        let line = self.head.get(self.line_at..).unwrap_or_default();
        let first = self.line_at == 0;
        self.line_at = self.head.len();
        match strip_end(line) {
            _ if self.phase == Phase::Lost => return &[],
            [] => self.end_head(),
            line if first => {
                self.framing.upgrade = line.starts_with(b"CONNECT ") || line.starts_with(b"PRI ");
            }
            line => note_framing(line, &mut self.framing),
        }
        rest
    }

    fn check_size(&mut self) {
        if self.head.len() > self.max_head {
            self.lose();
        }
    }

    fn end_head(&mut self) {
        let bytes = self.head.split().freeze();
        if let (Some(started), true) = (self.started.take(), self.waiting.len() < WAITING) {
            self.waiting.push_back(WireHead { bytes, started });
        }
        self.phase = match self.framing {
            Framing { upgrade: true, .. } => Phase::Lost,
            // The chunked coding overrides a length (RFC 9112 section 6.3).
            Framing { chunked: true, .. } => Phase::Chunked(Chunk::Size),
            Framing {
                length: Some(length),
                ..
            } if length > 0 => Phase::Length(length),
            _ => Phase::Between,
        };
    }

    fn feed_chunk<'a>(&mut self, bytes: &'a [u8], chunk: Chunk) -> &'a [u8] {
        if let Chunk::Data(left) = chunk {
            let (rest, left) = skip(bytes, left);
            self.phase = Phase::Chunked(if left == 0 {
                Chunk::End
            } else {
                Chunk::Data(left)
            });
            return rest;
        }
        let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
        let (part, rest) = bytes.split_at(end);
        self.line.extend_from_slice(part);
        if self.line.len() > self.max_head {
            self.lose();
        } else if part.ends_with(b"\n") {
            let line = std::mem::take(&mut self.line);
            self.phase = match (chunk, strip_end(&line)) {
                (Chunk::Size, line) => match chunk_size(line) {
                    Some(0) => Phase::Chunked(Chunk::Trailers),
                    Some(size) => Phase::Chunked(Chunk::Data(size)),
                    None => Phase::Lost,
                },
                (Chunk::Trailers, []) => Phase::Between,
                (Chunk::Trailers, _) => Phase::Chunked(Chunk::Trailers),
                (Chunk::End | Chunk::Data(_), _) => Phase::Chunked(Chunk::Size),
            };
        }
        rest
    }
}

/// Passes over up to `left` bytes; gives the rest, and how many are still to come.
fn skip(bytes: &[u8], left: u64) -> (&[u8], u64) {
    let now = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    (bytes.get(now..).unwrap_or_default(), left - now as u64)
}

/// A line without its end, which may be a lone LF (RFC 9112 section 2.2).
fn strip_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes note of a field that says how the body is framed.
fn note_framing(line: &[u8], framing: &mut Framing) {
    // Few names begin so: most lines are passed over after one look.
    if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T')) {
        return;
    }
    let Some((name, value)) = memchr::memchr(b':', line).map(|colon| line.split_at(colon)) else {
        return;
    };
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"content-length") {
        framing.length = std::str::from_utf8(value)
            .ok()
            .and_then(|digits| digits.parse().ok());
    } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
        let last = value
            .rsplit(|&byte| byte == b',')
            .next()
            .unwrap_or_default();
        framing.chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
    }
}

/// The size that a chunk's first line says, its extensions left aside.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

impl WireHead {
    /// All of it.
    pub(crate) fn bytes(self) -> Bytes {
        self.bytes
    }

    /// The request line's method and target, and the lines of the fields; `None` when the first line is no request line.
    pub(crate) fn parts(&self) -> Option<(&[u8], &[u8], Bytes)> {
        let end = memchr::memchr(b'\n', &self.bytes)? + 1;
        let (method, target) = request_line(self.bytes.get(..end)?)?;
        let fields = self.bytes.get(end..)?;
        let empty_line = if fields.ends_with(b"\r\n") { 2 } else { 1 };
        let fields = self.bytes.slice(
            end..self
                .bytes
                .len()
                .checked_sub(empty_line)
                .filter(|&to| to >= end)?,
        );
        Some((method, target, fields))
    }
}

/// Method and target of a request line (RFC 9112 section 3).
pub(crate) fn request_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = strip_end(line).splitn(2, |&byte| byte == b' ');
    let (method, rest) = (words.next()?, words.next()?);
    let target = match rest.iter().rposition(|&byte| byte == b' ') {
        Some(space) if rest.get(space..)?.starts_with(b" HTTP/") => rest.get(..space)?,
        _ => rest,
    };
    Some((method, target))
}

/// Whether lines of fields say the same as hyper's map, apart from order and case.
pub(crate) fn agrees<'a>(
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
    map: &HeaderMap,
) -> bool {
    let same =
        |(name, value): (&[u8], &[u8]),
         (have, held): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
            name.eq_ignore_ascii_case(have.as_str().as_bytes()) && value == held.as_bytes()
        };
    // Without repeated names the map keeps the order, and one pass over both is enough.
    let mut map_fields = map.iter();
    if fields
        .clone()
        .all(|field| map_fields.next().is_some_and(|have| same(field, have)))
        && map_fields.next().is_none()
    {
        return true;
    }
    let mut left: Vec<_> = map.iter().collect();
    let mut all_there = true;
    for field in fields {
        match left.iter().position(|&have| same(field, have)) {
            Some(at) => drop(left.swap_remove(at)),
            // hyper keeps one of several equal lengths, and none beside the chunked coding.
            None => all_there &= field.0.eq_ignore_ascii_case(b"content-length"),
        }
    }
    all_there && left.is_empty()
}

#[cfg(test)]
mod tests;
