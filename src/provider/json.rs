//! A look into JSON without reading all of it: the value behind a pointer, the keys at the top.
//!
//! Recognition must be cheap and signatures are made of the bytes, so nothing is built here: values are slices of the text. A
//! text that is cut off or broken gives what stands before the break. No recursion; every byte is looked at once per step of
//! the pointer.

use memchr::{memchr2, memmem};

/// The text of the value behind a JSON pointer (RFC 6901, without its escapes); of keys that repeat, the last, as parsers do.
pub(crate) fn find<'a>(text: &'a [u8], pointer: &str) -> Option<&'a [u8]> {
    let mut value = text;
    for step in pointer.split('/').skip(1) {
        let mut cursor = Cursor::new(value);
        value = match cursor.next_byte()? {
            b'{' => cursor.member(step)?,
            b'[' => cursor.element(step.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(value.trim_ascii())
}

/// What a value says: a string without its quotes and escapes, a number or a truth value as written.
pub(crate) fn plain(value: &[u8]) -> Option<String> {
    match value.first()? {
        b'"' => serde_json::from_slice(value).ok(),
        b'{' | b'[' | b'n' => None,
        _ => std::str::from_utf8(value).ok().map(str::to_owned),
    }
}

/// What the value behind the pointer says.
pub(crate) fn find_plain(text: &[u8], pointer: &str) -> Option<String> {
    find(text, pointer).and_then(plain)
}

/// The first keys of the object at the top, or of the first object of the list at the top.
pub(crate) fn keys(text: &[u8], most: usize) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text);
    let mut open = cursor.next_byte();
    if open == Some(b'[') {
        open = cursor.next_byte();
    }
    if open != Some(b'{') {
        return found;
    }
    while found.len() < most {
        let Some(key) = cursor.key() else { break };
        found.push(key);
        if cursor.skip_value().is_none() || cursor.next_byte() != Some(b',') {
            break;
        }
    }
    found
}

/// Whether the text holds these bytes.
pub(crate) fn holds(text: &[u8], needle: &str) -> bool {
    memmem::find(text, needle.as_bytes()).is_some()
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        Self { text, at }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest().iter().take_while(|b| b.is_ascii_whitespace());
        self.at += blanks.count();
    }

    /// The next byte that is no blank, which is passed.
    fn next_byte(&mut self) -> Option<u8> {
        self.skip_blanks();
        let byte = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    /// Passes the rest of a string whose first quote was passed.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            let found = memchr2(b'"', b'\\', self.rest())?;
            self.at += found + 1;
            if self.text.get(self.at - 1) == Some(&b'"') {
                return Some(());
            }
            self.at += 1;
        }
    }

    /// Passes a key and its colon; the key's bytes as written, without the quotes.
    fn key(&mut self) -> Option<&'a [u8]> {
        if self.next_byte()? != b'"' {
            return None;
        }
        let start = self.at;
        self.skip_string()?;
        let key = self.text.get(start..self.at - 1)?;
        (self.next_byte()? == b':').then_some(key)
    }

    /// Passes a value, and gives its text.
    fn skip_value(&mut self) -> Option<&'a [u8]> {
        self.skip_blanks();
        let start = self.at;
        match self.next_byte()? {
            b'"' => self.skip_string()?,
            b'{' | b'[' => {
                let is_bracket = |byte: &u8| b"\"{}[]".contains(byte);
                let mut depth = 1_usize;
                while depth > 0 {
                    self.at += self.rest().iter().position(is_bracket)?;
                    match self.next_byte()? {
                        b'"' => self.skip_string()?,
                        b'{' | b'[' => depth += 1,
                        _ => depth -= 1,
                    }
                }
            }
            _ => {
                let ends = |b: &u8| b.is_ascii_whitespace() || b",]}".contains(b);
                let rest = self.rest();
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        self.text.get(start..self.at)
    }

    fn member(&mut self, step: &str) -> Option<&'a [u8]> {
        let mut found = None;
        while let Some(key) = self.key() {
            let Some(value) = self.skip_value() else {
                break;
            };
            if key == step.as_bytes() || is_escaped_form(key, step) {
                found = Some(value);
            }
            if self.next_byte() != Some(b',') {
                break;
            }
        }
        found
    }

    fn element(&mut self, number: usize) -> Option<&'a [u8]> {
        for _ in 0..number {
            self.skip_value()?;
            if self.next_byte()? != b',' {
                return None;
            }
        }
        let value = self.skip_value()?;
        (!value.starts_with(b"]")).then_some(value)
    }
}

fn is_escaped_form(key: &[u8], step: &str) -> bool {
    if !key.contains(&b'\\') {
        return false;
    }
    let quoted = [b"\"", key, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).is_ok_and(|key| key == step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_pointer_leads_to() {
        let text = br#" {"a":[1,{"b\u0063":"x\ny"}, [] ],"n":18446744073709551616,"e":{},"n":7}"#;
        assert_eq!(find_plain(text, "/a/1/bc").unwrap(), "x\ny");
        assert_eq!(find_plain(text, "/n").unwrap(), "7");
        assert_eq!(find(text, "/a/0"), Some(&b"1"[..]));
        assert_eq!(find(text, "/e"), Some(&b"{}"[..]));
        assert_eq!(find(text, "").map(<[u8]>::len), Some(text.len() - 1));
        for nothing in ["/a/9", "/a/x", "/z", "/n/z", "/e/0", "/a/2/0"] {
            assert_eq!(find(text, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_stands_before_a_break_is_found() {
        assert_eq!(
            find_plain(br#"{"id":"evt","data":{"x"#, "/id").unwrap(),
            "evt"
        );
        assert_eq!(
            keys(br#"[{"id":1,"event":{"a":1},"da"#, 8),
            [&b"id"[..], b"event"]
        );
        assert_eq!(keys(b"nothing", 8), Vec::<&[u8]>::new());
    }
}
