//! What senders were told, kept beside what the server holds: the two must agree, whatever happened in between.

use std::collections::BTreeMap;

use super::{Bin, Connection, Server};

/// What became of the bodies that were sent; each is sent once in its life.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// By number: those that were answered with one, and 200.
    pub(crate) kept: BTreeMap<u64, String>,
    /// Those that were answered with something else: they must not be there.
    pub(crate) refused: Vec<String>,
    /// Those that were not answered: they may be there, once, or not.
    pub(crate) unanswered: Vec<String>,
    /// Numbers that were told twice.
    pub(crate) told_twice: Vec<u64>,
}

impl Ledger {
    /// What several senders were told.
    pub(crate) fn of_all(ledgers: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for ledger in ledgers {
            all.add(ledger);
        }
        all
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (n, body) in other.kept {
            self.keep(n, body);
        }
        self.refused.extend(other.refused);
        self.unanswered.extend(other.unanswered);
        self.told_twice.extend(other.told_twice);
    }

    fn keep(&mut self, n: u64, body: String) {
        if self.kept.insert(n, body).is_some() {
            self.told_twice.push(n);
        }
    }

    /// Sends a body over a connection and notes what is heard; `None` when the connection ended.
    pub(crate) fn send(
        &mut self,
        connection: &mut Connection,
        bin: &Bin,
        body: String,
    ) -> Option<u16> {
        let request = format!(
            "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            bin.id,
            body.len()
        );
        let answer = connection
            .send(request)
            .ok()
            .and_then(|()| connection.receive());
        let Some(answer) = answer else {
            self.unanswered.push(body);
            return None;
        };
        match answer.header("x-hookwell-request") {
            Some(n) if answer.status == 200 => self.keep(n.parse().unwrap(), body),
            _ => self.refused.push(body),
        }
        Some(answer.status)
    }

    /// What is wrong, when these bodies are what the bin holds.
    pub(crate) fn faults(&self, held: &BTreeMap<u64, String>) -> Vec<String> {
        let mut faults: Vec<String> = self
            .told_twice
            .iter()
            .map(|n| format!("number {n} was told to two senders"))
            .collect();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for body in held.values() {
            *times.entry(body).or_default() += 1;
        }
        let mut count = |body: &str| times.remove(body).unwrap_or(0);
        for (n, body) in &self.kept {
            match held.get(n) {
                None => faults.push(format!("{body} was acknowledged as {n} and is lost")),
                Some(other) if other != body => {
                    faults.push(format!(
                        "{body} was acknowledged as {n}, which holds {other}"
                    ));
                }
                Some(_) => {}
            }
            let count = count(body);
            if count > 1 {
                faults.push(format!("{body} is there {count} times"));
            }
        }
        for body in &self.refused {
            if count(body) > 0 {
                faults.push(format!("{body} was refused and is there"));
            }
        }
        for body in &self.unanswered {
            let count = count(body);
            if count > 1 {
                faults.push(format!("{body} is there {count} times"));
            }
        }
        faults.extend(times.keys().map(|body| format!("{body} was never sent")));
        faults
    }
}

/// Everything that a bin holds above a number, read through the API.
pub(crate) fn held(server: &Server, bin: &Bin, above: u64) -> BTreeMap<u64, String> {
    let mut held = BTreeMap::new();
    let mut after = above;
    loop {
        let path = format!("/bins/{}/captures?after={after}&limit=200", bin.id);
        let (status, list) = server.api("GET", &path, Some(&bin.key), None);
        assert_eq!(status, 200, "{list}");
        for capture in list["captures"].as_array().unwrap() {
            let n = capture["n"].as_u64().unwrap();
            let body = String::from_utf8(server.body(bin, n)).unwrap();
            assert!(held.insert(n, body).is_none(), "{n} is listed twice");
            after = n;
        }
        if list["next"].is_null() {
            return held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        Ledger {
            kept: [(1, "a".to_owned()), (2, "b".to_owned())].into(),
            refused: vec!["c".to_owned()],
            unanswered: vec!["d".to_owned()],
            told_twice: Vec::new(),
        }
    }

    fn held(bodies: &[(u64, &str)]) -> BTreeMap<u64, String> {
        bodies
            .iter()
            .map(|&(n, body)| (n, body.to_owned()))
            .collect()
    }

    #[test]
    fn what_was_acknowledged_must_be_there_and_what_was_not_answered_may_be() {
        for bodies in [&[(1, "a"), (2, "b")][..], &[(1, "a"), (2, "b"), (3, "d")]] {
            assert_eq!(ledger().faults(&held(bodies)), [""; 0]);
        }
    }

    #[test]
    fn every_way_to_be_wrong_is_seen() {
        for (bodies, want) in [
            (&[(1, "a")][..], "b was acknowledged as 2 and is lost"),
            (
                &[(1, "a"), (2, "x")],
                "b was acknowledged as 2, which holds x",
            ),
            (&[(1, "a"), (2, "b"), (3, "b")], "b is there 2 times"),
            (
                &[(1, "a"), (2, "b"), (3, "c")],
                "c was refused and is there",
            ),
            (
                &[(1, "a"), (2, "b"), (3, "d"), (4, "d")],
                "d is there 2 times",
            ),
            (&[(1, "a"), (2, "b"), (3, "e")], "e was never sent"),
        ] {
            let faults = ledger().faults(&held(bodies));
            assert!(faults.contains(&want.to_owned()), "{want}: {faults:?}");
        }
        let mut twice = ledger();
        twice.add(Ledger {
            kept: [(2, "f".to_owned())].into(),
            ..Ledger::default()
        });
        assert!(!twice.faults(&held(&[(1, "a"), (2, "f")])).is_empty());
    }
}
