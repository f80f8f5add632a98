//! Reads HTTP/1.1 answers: just what the load generator needs, so that it costs little beside the servers it measures.
//!
//! [`parse_head`] and [`Chunks`] work on bytes alone; [`Reader`] feeds them from a connection and keeps what came too much
//! for the next answer.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// That many bytes.
    Length(usize),
    /// In chunks, the last of which is empty.
    Chunked,
    /// Up to the end of the connection.
    UntilClose,
}

/// The parts of an answer's head that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status code.
    pub(crate) status: u16,
    /// The value of `x-hookwell-request`: the number that a capture was given.
    pub(crate) number: Option<u64>,
    /// How the body is framed.
    pub(crate) framing: Framing,
    /// The length of the head with its empty line.
    pub(crate) length: usize,
}

/// A head, or `None` while its end has not come.
///
/// # Errors
/// When it is no HTTP/1.x head.
pub(crate) fn parse_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP/1.x answer");
    let (head, _) = bytes.split_at(end);
    let mut lines = head.split(|&byte| byte == b'\n');
    let line = lines.next().unwrap_or_default();
    let status = (line.starts_with(b"HTTP/1."))
        .then(|| line.get(9..12))
        .flatten()
        .and_then(number)
        .ok_or_else(malformed)?;
    let status = u16::try_from(status).map_err(|_| malformed())?;
    let mut framing = match status {
        100..200 | 204 | 304 => Framing::Length(0),
        _ => Framing::UntilClose,
    };
    let mut capture = None;
    for line in lines {
        if let Some(value) = value_of(line, b"content-length:") {
            framing = Framing::Length(
                number(value)
                    .and_then(|length| usize::try_from(length).ok())
                    .ok_or_else(malformed)?,
            );
        } else if let Some(value) = value_of(line, b"transfer-encoding:") {
            if value.eq_ignore_ascii_case(b"chunked") {
                framing = Framing::Chunked;
            }
        } else if let Some(value) = value_of(line, b"x-hookwell-request:") {
            capture = number(value);
        }
    }
    Ok(Some(Head {
        status,
        number: capture,
        framing,
        length: end + 4,
    }))
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (have, value) = line.split_at_checked(name.len())?;
    have.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Takes the data out of a chunked body, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// Bytes of the current chunk that have not come yet.
    missing: usize,
    /// The line that is being read: a chunk's size, or the empty line behind its data.
    line: Vec<u8>,
    /// Whether the last chunk has come.
    ended: bool,
}

impl Chunks {
    /// Appends the data in `bytes` to `data` and says how many bytes it used; fewer than there are only at the end.
    ///
    /// # Errors
    /// When a chunk's size is not a number.
    pub(crate) fn take(&mut self, bytes: &[u8], data: &mut Vec<u8>) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() && !self.ended {
            if self.missing > 0 {
                let (chunk, after) = rest.split_at(self.missing.min(rest.len()));
                data.extend_from_slice(chunk);
                self.missing -= chunk.len();
                rest = after;
                continue;
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (piece, after) = rest.split_at(end);
            self.line.extend_from_slice(piece);
            rest = after;
            if self.line.ends_with(b"\n") {
                self.end_of_line()?;
            }
        }
        Ok(bytes.len() - rest.len())
    }

    /// Whether the last chunk has come.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    fn end_of_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(size.trim_ascii()).unwrap_or("?");
        if size.is_empty() {
            // The line end behind a chunk's data.
            return Ok(());
        }
        self.missing = usize::from_str_radix(size, 16).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "a chunk's size is no number")
        })?;
        // Trailers would follow the empty chunk; no server here sends any, so its line and the empty one end the body.
        self.ended = self.missing == 0;
        Ok(())
    }
}

/// An answer with its body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its head.
    pub(crate) head: Head,
    /// Its body, without chunk sizes.
    pub(crate) body: Vec<u8>,
}

/// Reads answers from a connection, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// What was read and not used yet.
    buffer: Vec<u8>,
}

impl Reader {
    /// Reads an answer and forgets its body: the fast way, without a copy.
    ///
    /// # Errors
    /// When the connection ends or fails before the answer is whole, or what came is no HTTP.
    pub(crate) async fn skim(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
        let head = self.head(from).await?;
        if let Framing::Length(length) = head.framing {
            let end = head.length + length;
            while self.buffer.len() < end {
                self.fill(from).await?;
            }
            self.buffer.drain(..end);
        } else {
            self.body(from, &head).await?;
        }
        Ok(head)
    }

    /// Reads a whole answer.
    ///
    /// # Errors
    /// As [`skim`](Self::skim).
    pub(crate) async fn read(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Answer> {
        let head = self.head(from).await?;
        let body = self.body(from, &head).await?;
        Ok(Answer { head, body })
    }

    /// Reads a head and leaves its body to [`events`](Self::events).
    ///
    /// # Errors
    /// As [`skim`](Self::skim).
    pub(crate) async fn open(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
        let head = self.head(from).await?;
        self.buffer.drain(..head.length);
        Ok(head)
    }

    /// Waits for more of a chunked body whose head was [`open`](Self::open)ed, and appends it to `data`.
    ///
    /// # Errors
    /// As [`skim`](Self::skim).
    pub(crate) async fn more(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        chunks: &mut Chunks,
        data: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.buffer.is_empty() {
            self.fill(from).await?;
        }
        let used = chunks.take(&self.buffer, data)?;
        self.buffer.drain(..used);
        Ok(())
    }

    async fn head(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
        loop {
            match parse_head(&self.buffer)? {
                // An interim answer: the real one follows.
                Some(head) if head.status < 200 => {
                    self.buffer.drain(..head.length);
                }
                Some(head) => return Ok(head),
                None => self.fill(from).await?,
            }
        }
    }

    async fn body(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        head: &Head,
    ) -> io::Result<Vec<u8>> {
        self.buffer.drain(..head.length);
        match head.framing {
            Framing::Length(length) => {
                while self.buffer.len() < length {
                    self.fill(from).await?;
                }
                Ok(self.buffer.drain(..length).collect())
            }
            Framing::Chunked => {
                let (mut chunks, mut data) = (Chunks::default(), Vec::new());
                while !chunks.is_ended() {
                    self.more(from, &mut chunks, &mut data).await?;
                }
                // The empty line behind the last chunk.
                while self.buffer.len() < 2 {
                    self.fill(from).await?;
                }
                self.buffer.drain(..2);
                Ok(data)
            }
            Framing::UntilClose => {
                let mut data = std::mem::take(&mut self.buffer);
                from.read_to_end(&mut data).await?;
                Ok(data)
            }
        }
    }

    async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        if self.buffer.capacity() - self.buffer.len() < 1024 {
            self.buffer.reserve(4096);
        }
        match from.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
