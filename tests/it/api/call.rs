//! Calls of the API, and what is expected of their answers.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Bin, Events, Response, Server};

/// Asking, with whatever fields a test gives.
pub(super) trait Ask {
    /// Asks as a program does: with a `Host`, unless the test gives another one.
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Response;

    /// Asks with the bin's key, below the bin's address in the API.
    fn of(&self, bin: &Bin, method: &str, below: &str) -> Response;

    /// Sends JSON with the bin's key, to the bin's address in the API.
    fn patch(&self, bin: &Bin, body: &str) -> Response;

    /// Sends a request to the bin's capture URL.
    fn deliver(&self, bin: &Bin, method: &str, below: &str, fields: &[(&str, &[u8])], body: &[u8]);

    /// Sends a POST of one byte to the bin's capture URL.
    fn deliver_any(&self, bin: &Bin) {
        self.deliver(bin, "POST", "", &[], b"x");
    }

    /// Opens the bin's event stream.
    fn watch(&self, bin: &Bin, query: &str, fields: &[&str]) -> Events;
}

impl Ask for Server {
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Response {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !fields.iter().any(|(name, _)| *name == "host") {
            write!(head, "host: {}\r\n", self.address).unwrap();
        }
        if !body.is_empty() {
            write!(head, "content-length: {}\r\n", body.len()).unwrap();
        }
        for (name, value) in fields {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let mut connection = self.connect();
        // A server that refuses early may close while this still writes; its answer counts.
        connection
            .send([head.as_bytes(), b"\r\n", body].concat())
            .ok();
        connection.receive_to(method).expect("an answer")
    }

    fn of(&self, bin: &Bin, method: &str, below: &str) -> Response {
        let path = format!("/api/v1/bins/{}{below}", bin.id);
        self.ask(method, &path, &[("authorization", &bearer(bin))], b"")
    }

    fn patch(&self, bin: &Bin, body: &str) -> Response {
        let key = bearer(bin);
        let fields = [
            ("authorization", key.as_str()),
            ("content-type", "application/json"),
        ];
        let path = format!("/api/v1/bins/{}", bin.id);
        self.ask("PATCH", &path, &fields, body.as_bytes())
    }

    fn deliver(&self, bin: &Bin, method: &str, below: &str, fields: &[(&str, &[u8])], body: &[u8]) {
        let mut bytes = format!(
            "{method} /{}{below} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            bin.id,
            self.address,
            body.len()
        )
        .into_bytes();
        for (name, value) in fields {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        self.send([&bytes, b"\r\n" as &[u8], body].concat()).is(200);
    }

    fn watch(&self, bin: &Bin, query: &str, fields: &[&str]) -> Events {
        let key = format!("authorization: {}", bearer(bin));
        let fields = [&[key.as_str()], fields].concat();
        let path = format!("/api/v1/bins/{}/events{query}", bin.id);
        Events::open(self, &path, &fields)
    }
}

/// The bin's key as a field carries it.
pub(super) fn bearer(bin: &Bin) -> String {
    format!("Bearer {}", bin.key)
}

/// What is expected of an answer.
pub(super) trait Expect: Sized {
    /// This status.
    fn is(self, status: u16) -> Self;

    /// A problem document with this status and, where one is given, this field; gives the document.
    fn problem(self, status: u16, field: Option<&str>) -> Value;

    /// A field that must be there.
    fn field(&self, name: &str) -> &str;

    /// That no other origin is let in.
    fn lets_no_other_origin_in(&self);
}

impl Expect for Response {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    #[track_caller]
    fn problem(self, status: u16, field: Option<&str>) -> Value {
        let answer = self.is(status);
        assert_eq!(answer.field("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        let named = problem.get("field").and_then(Value::as_str);
        assert_eq!(named, field, "{problem}");
        problem
    }

    #[track_caller]
    fn field(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    #[track_caller]
    fn lets_no_other_origin_in(&self) {
        let mut names = self.headers.iter().map(|(name, _)| name);
        assert!(!names.any(|name| name.starts_with("access-control-")));
    }
}
