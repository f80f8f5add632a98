//! A stream of server-sent events, read as it comes.

use std::io;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

/// The longest line of a stream, in bytes: a capture without its body.
const LINE: usize = 16 << 20;

/// An event of a stream.
#[derive(Debug, Default)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
}

/// A stream of server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), as hookwell writes them.
#[derive(Debug)]
pub(super) struct Stream {
    body: Incoming,
    buffer: Vec<u8>,
    /// How far it was looked through for an end of line.
    looked: usize,
    silence: Duration,
}

impl Stream {
    pub(super) fn new(body: Incoming, silence: Duration) -> Self {
        Self {
            body,
            silence,
            buffer: Vec::new(),
            looked: 0,
        }
    }

    /// The next event that has data; `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        loop {
            let Some(line) = self.line().await? else {
                return Ok(None);
            };
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.name),
                "data" => event.data.push_str(value),
                "" if line.is_empty() && !event.data.is_empty() => return Ok(Some(event)),
                _ => {}
            }
        }
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            let unseen = self.buffer.get(self.looked..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unseen) {
                let rest = self.buffer.split_off(self.looked + at + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                self.looked = 0;
                line.truncate(line.trim_ascii_end().len());
                return String::from_utf8(line)
                    .map(Some)
                    .map_err(|_| io::ErrorKind::InvalidData.into());
            }
            self.looked = self.buffer.len();
            if self.looked > LINE {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let frame = timeout(self.silence, self.body.frame()).await;
            let frame = frame.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
            match frame {
                None => return Ok(None),
                Some(frame) => {
                    let data = frame.map_err(io::Error::other)?.into_data();
                    self.buffer.extend_from_slice(&data.unwrap_or_default());
                }
            }
        }
    }
}
