//! One recorded request.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::{
    Body, BodyState, CaptureNumber, Head, Headers, Marks, Recognised, Reply, Sender, Timestamp,
    Verdict,
};

/// The scheme that the sender used, as far as the server or a trusted proxy knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS, ended by a trusted proxy.
    Https,
}

impl Scheme {
    /// As in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// All that is known of a request but its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// When the first byte of the request arrived.
    pub received_at: Timestamp,
    /// From the first byte of the request to the last of its body, in microseconds.
    pub took_us: u64,
    /// Request line and header fields.
    pub head: Head,
    /// The scheme that the sender used.
    pub scheme: Scheme,
    /// The host that the sender addressed (`Host`, or `:authority` in HTTP/2); empty when it named none.
    pub host: String,
    /// The sender's address: the peer, or what trusted proxies say of it.
    pub client: IpAddr,
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// Fields that came after the body.
    pub trailers: Headers,
    /// What was answered.
    pub reply: Reply,
}

/// A request as it was received, before the store has given it a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// All but the body.
    pub envelope: Envelope,
    /// The body.
    pub body: Body,
    /// Whether it was not received here, but taken from a file.
    pub imported: bool,
    /// Who sent it, where that was recognised.
    pub sender: Option<Sender>,
}

/// What a row of the list shows: a capture without the bytes of its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaptureLine {
    /// Its number inside the bin.
    pub n: CaptureNumber,
    /// All but the body.
    pub envelope: Envelope,
    /// How many bytes of the body were kept.
    pub size: u64,
    /// Whether the body is whole.
    pub state: BodyState,
    /// How many bytes of body were declared or sent, when that is more than was kept.
    pub sent: Option<u64>,
    /// What was noted on it.
    pub marks: Marks,
    /// Who sent it, where that was recognised.
    pub recognised: Option<Recognised>,
    /// The outcome of the signature check, where whoever read the capture has it judged; never stored.
    pub verdict: Option<Verdict>,
}

/// One recorded request, numbered inside its bin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capture {
    /// All but the bytes of the body.
    pub line: CaptureLine,
    /// The bytes of the body that were kept.
    pub body: Bytes,
}

impl Draft {
    /// The capture that this draft becomes under number `n`.
    pub fn numbered(self, n: CaptureNumber) -> Capture {
        let Self {
            envelope,
            body,
            imported,
            ..
        } = self;
        let line = CaptureLine {
            n,
            envelope,
            size: body.bytes.len() as u64,
            state: body.state,
            sent: body.sent,
            marks: Marks {
                imported,
                ..Marks::default()
            },
            recognised: None,
            verdict: None,
        };
        Capture {
            line,
            body: body.bytes,
        }
    }
}
