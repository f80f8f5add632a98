//! Watching a bin: what the hub promises to its readers, and what arrives at the other end of a socket.

mod hub;
mod stream;
