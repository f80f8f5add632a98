//! Finds values in JSON by their path without building anything: what stands beside the path is stepped over.
//!
//! A filter looks at very many bodies for very few values. So this reads no more strictly than it has to: what is no JSON has no
//! values, or those before its mistake.

use std::borrow::Cow;

/// A step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// A member of that name, or, where it is a number, an item of a list.
    Name(String),
    /// Any member or item: `*`.
    Any,
}

/// A value that a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A string, without its escapes.
    Text(Cow<'a, str>),
    /// A number, `true`, `false` or `null`, as written.
    Word(&'a [u8]),
    /// An object or a list.
    Nested,
}

/// Whether any value at the path passes the test.
pub(super) fn any(body: &[u8], path: &[Step], test: &mut dyn FnMut(&Found<'_>) -> bool) -> bool {
    if let Some(Step::Name(name)) = path.last()
        && name.parse::<usize>().is_err()
        && memchr::memchr(b'\\', body).is_none()
        && memchr::memmem::find(body, name.as_bytes()).is_none()
    {
        return false; // Without escapes the name would stand there as it is.
    }
    let mut reader = Reader { bytes: body, at: 0 };
    reader.value(path, test) == Some(true)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
        {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes the comma in front of another member or item, or the end of them, and says which.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => Some(true),
            byte if byte == end => Some(false),
            _ => None,
        }
    }

    /// Reads one value and tests what the path leads to in it; `None` at the end, or where it is no JSON. The depth of calls is
    /// that of the path.
    fn value(&mut self, path: &[Step], test: &mut dyn FnMut(&Found<'_>) -> bool) -> Option<bool> {
        let Some((step, rest)) = path.split_first() else {
            return self.leaf(test);
        };
        match self.peek()? {
            b'{' => self.object(step, rest, test),
            b'[' => self.list(step, rest, test),
            _ => self.skip().map(|()| false),
        }
    }

    fn object(
        &mut self,
        step: &Step,
        rest: &[Step],
        test: &mut dyn FnMut(&Found<'_>) -> bool,
    ) -> Option<bool> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(false);
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            let is_wanted = match step {
                Step::Any => true,
                Step::Name(name) => unescaped(key)? == *name,
            };
            if is_wanted {
                if self.value(rest, test)? {
                    return Some(true);
                }
            } else {
                self.skip()?;
            }
            if !self.goes_on(b'}')? {
                return Some(false);
            }
        }
    }

    fn list(
        &mut self,
        step: &Step,
        rest: &[Step],
        test: &mut dyn FnMut(&Found<'_>) -> bool,
    ) -> Option<bool> {
        let wanted = match step {
            Step::Any => None,
            // A name that is no number is in no list.
            Step::Name(name) => Some(name.parse::<usize>().unwrap_or(usize::MAX)),
        };
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(false);
        }
        for index in 0_usize.. {
            if wanted.is_none_or(|wanted| wanted == index) {
                if self.value(rest, test)? {
                    return Some(true);
                }
            } else {
                self.skip()?;
            }
            if !self.goes_on(b']')? {
                return Some(false);
            }
        }
        None
    }

    fn leaf(&mut self, test: &mut dyn FnMut(&Found<'_>) -> bool) -> Option<bool> {
        match self.peek()? {
            b'"' => {
                let string = unescaped(self.string()?)?;
                Some(test(&Found::Text(string)))
            }
            b'{' | b'[' => {
                self.skip()?;
                Some(test(&Found::Nested))
            }
            _ => {
                let word = self.word()?;
                Some(test(&Found::Word(word)))
            }
        }
    }

    /// A string's characters as written, between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let begin = self.at;
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += memchr::memchr2(b'"', b'\\', rest)?;
            if self.bytes.get(self.at) == Some(&b'"') {
                self.at += 1;
                return self.bytes.get(begin..self.at - 1);
            }
            self.at += 2;
        }
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.'))
            .unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest.get(..end)).flatten()
    }

    /// Steps over a value, however deep.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    self.word()?;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// A string without its escapes.
fn unescaped(raw: &[u8]) -> Option<Cow<'_, str>> {
    let text = String::from_utf8_lossy(raw);
    if !text.contains('\\') {
        return Some(text);
    }
    serde_json::from_str(&format!("\"{text}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str, path: &str) -> Vec<String> {
        let steps: Vec<Step> = path
            .split('.')
            .map(|name| match name {
                "*" => Step::Any,
                name => Step::Name(name.to_owned()),
            })
            .collect();
        let mut found = Vec::new();
        any(body.as_bytes(), &steps, &mut |value| {
            found.push(match value {
                Found::Text(text) => format!("'{text}'"),
                Found::Word(word) => String::from_utf8_lossy(word).into_owned(),
                Found::Nested => "nested".to_owned(),
            });
            false
        });
        found
    }

    #[test]
    fn values_are_found_by_their_path() {
        let body = r#" {"a": {"b": [1, "two", {"c": null}], "b": -1.5e3}, "x\"y": "q\u00e9\n", "deep": [[[]]], "é": true} "#;
        for (path, want) in [
            ("a.b", vec!["nested", "-1.5e3"]),
            ("a.b.0", vec!["1"]),
            ("a.b.1", vec!["'two'"]),
            ("a.b.2.c", vec!["null"]),
            ("a.b.*.c", vec!["null"]),
            ("a.b.*", vec!["1", "'two'", "nested"]),
            ("*.b.1", vec!["'two'"]),
            ("x\"y", vec!["'qé\n'"]),
            ("deep.0.0", vec!["nested"]),
            ("é", vec!["true"]),
            ("none", vec![]),
            ("a.none", vec![]),
        ] {
            assert_eq!(all(body, path), want, "{path}");
        }
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        for body in [
            "",
            "a=1",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{a:1}",
            "[",
            "\"a",
            "}",
            "{\"a\" 1}",
            "{\"b\":]}",
        ] {
            assert_eq!(all(body, "a"), Vec::<String>::new(), "{body}");
        }
        // What stands before the mistake is there.
        assert_eq!(all("{\"a\":1,\"b\":", "a"), ["1"]);
    }

    #[test]
    fn depth_costs_no_stack() {
        let body = format!(
            "{{\"x\":{}{},\"a\":1}}",
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        assert_eq!(all(&body, "a"), ["1"]);
    }
}
