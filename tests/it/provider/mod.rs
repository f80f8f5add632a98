//! What is known of the senders, against requests that were made by others.

mod answered;
mod captured;
mod catalogue;
mod changed;
mod cli;
mod deliveries;
mod handshakes;
mod known;
mod mistakes;
mod samples;
mod secrets;
mod send;
mod signed_cases;
mod vectors;
mod verdicts;

pub(crate) use verdicts::{send, signed};
