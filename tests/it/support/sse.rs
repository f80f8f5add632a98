//! A reader of server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::time::Instant;

use super::{Connection, LONGEST, Server};

/// One event.
#[expect(
    clippy::struct_field_names,
    reason = "the names that the fields have in a stream"
)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) event: String,
    pub(crate) data: String,
}

/// A stream of events over a connection of its own.
#[derive(Debug)]
pub(crate) struct Events {
    connection: Connection,
    buffer: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) status: u16,
    /// Comments that came, such as those that keep the stream alive.
    pub(crate) comments: usize,
}

impl Events {
    /// Opens a stream with these header lines.
    pub(crate) fn open(server: &Server, target: &str, headers: &[&str]) -> Self {
        Self::over(server.connect(), target, headers).expect("an answer")
    }

    /// Opens a stream over a connection; `None` when it breaks before the answer.
    pub(crate) fn over(mut connection: Connection, target: &str, headers: &[&str]) -> Option<Self> {
        let mut head =
            format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n");
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        connection.send(head + "\r\n").ok()?;
        let response = connection.receive_head()?;
        Some(Self {
            connection,
            buffer: Vec::new(),
            headers: response.headers,
            status: response.status,
            comments: 0,
        })
    }

    /// The next event; `None` when the stream ended. Comments are counted, `retry` is passed over.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let until = Instant::now() + LONGEST;
        loop {
            // Comments say that the stream is alive, and nothing more.
            assert!(Instant::now() < until, "waited in vain for an event");
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = self.parse(&String::from_utf8(block).unwrap()) {
                    return Some(event);
                }
            }
            self.buffer.extend(self.connection.receive_chunk()?);
        }
    }

    fn parse(&mut self, block: &str) -> Option<Event> {
        let mut event = Event::default();
        let mut data: Option<String> = None;
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => self.comments += usize::from(!line.is_empty()),
                "id" => event.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut event.event),
                "data" => {
                    data = Some(data.map_or_else(|| value.to_owned(), |have| have + "\n" + value));
                }
                "retry" => {}
                other => panic!("unknown field {other:?}"),
            }
        }
        event.data = data?;
        Some(event)
    }
}
