//! Sending captures on: what arrives there, what is kept of the answer, and where nothing is sent.

mod edited;
mod guard;
mod pause;
mod replay;
mod shown;
mod silent;
mod targets;

use serde_json::{Value, json};

use crate::support::{Bin, Server};

/// What lets a test's own targets be called.
const ALLOW: [&str; 2] = ["--allow-outbound", "127.0.0.0/8"];

/// Sends a capture on, and gives the answer of the API.
fn replay(server: &Server, bin: &Bin, n: u64, order: &Value) -> (u16, Value) {
    let path = format!("/bins/{}/captures/{n}/replay", bin.id);
    server.api("POST", &path, Some(&bin.key), Some(order))
}

/// Sends a capture on, and gives the attempt.
#[track_caller]
fn attempt(server: &Server, bin: &Bin, n: u64, url: &str) -> Value {
    let (status, attempt) = replay(server, bin, n, &json!({ "url": url }));
    assert_eq!(status, 201, "{attempt}");
    attempt
}

fn attempts(server: &Server, bin: &Bin, n: u64) -> Vec<Value> {
    let path = format!("/bins/{}/captures/{n}/attempts", bin.id);
    let (status, list) = server.api("GET", &path, Some(&bin.key), None);
    assert_eq!(status, 200, "{list}");
    list["attempts"].as_array().unwrap().clone()
}
