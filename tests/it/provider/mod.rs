//! What is known of the senders, against requests that were made by others.

mod captured;
mod catalogue;
mod changed;
mod cli;
mod handshakes;
mod send;
mod vectors;
