//! Bytes → JSON tokens, as they stand (RFC 8259 sections 2 to 7).

use crate::model::json::units;

/// Which kind of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{}`
    Object,
    /// `[]`
    Array,
}

/// Which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Open(Kind),
    Close(Kind),
    Colon,
    Comma,
    String,
    Number,
    Literal,
    End,
}

/// A token and its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    pub(super) token: Token,
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// What is wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// Takes tokens off a text.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next token; [`Token::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Lexeme<'a>, Problem> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        let start = self.at;
        let Some(byte) = self.peek() else {
            return Ok(self.lexeme(Token::End, start));
        };
        let one = match byte {
            b'{' => Some(Token::Open(Kind::Object)),
            b'[' => Some(Token::Open(Kind::Array)),
            b'}' => Some(Token::Close(Kind::Object)),
            b']' => Some(Token::Close(Kind::Array)),
            b':' => Some(Token::Colon),
            b',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(token) = one {
            self.at += 1;
            return Ok(self.lexeme(token, start));
        }
        match byte {
            b'"' => self.string(start),
            b'-' | b'0'..=b'9' => self.number(start),
            b't' => self.literal(start, "true"),
            b'f' => self.literal(start, "false"),
            b'n' => self.literal(start, "null"),
            b'\'' => Err(problem(start, "strings stand in double quotes")),
            b'/' => Err(problem(start, "JSON has no comments")),
            _ => Err(problem(start, "this begins no JSON value")),
        }
    }

    fn lexeme(&self, token: Token, start: usize) -> Lexeme<'a> {
        Lexeme {
            token,
            text: self.text.get(start..self.at).unwrap_or_default(),
            at: start,
        }
    }

    fn string(&mut self, start: usize) -> Result<Lexeme<'a>, Problem> {
        self.at += 1;
        loop {
            let at = self.at;
            match self.peek() {
                None => return Err(problem(at, "the input ends inside a string")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.lexeme(Token::String, start));
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(at)?;
                }
                Some(0..=0x1f) => {
                    return Err(problem(
                        at,
                        "a control character in a string has to be escaped",
                    ));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), Problem> {
        let at = self.at;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.text.as_bytes().get(at + 1..at + 5);
                let is_hex = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                if !is_hex {
                    return Err(problem(start, "\\u needs four hex digits"));
                }
                self.at += 5;
            }
            None => return Err(problem(at, "the input ends inside a string")),
            Some(_) => return Err(problem(start, "there is no such escape")),
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Problem> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match (self.at > start, self.peek()) {
            (true, _) => Ok(()),
            (false, None) => Err(problem(start, "the input ends inside a number")),
            (false, _) => Err(problem(start, "expected a digit")),
        }
    }

    fn number(&mut self, start: usize) -> Result<Lexeme<'a>, Problem> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.at;
        self.digits()?;
        if self.at > whole + 1 && self.text.as_bytes().get(whole) == Some(&b'0') {
            return Err(problem(whole, "a number does not begin with 0"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.lexeme(Token::Number, start))
    }

    fn literal(&mut self, start: usize, word: &'static str) -> Result<Lexeme<'a>, Problem> {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let have = rest.get(..length).unwrap_or_default();
        if have == word.as_bytes() {
            self.at += length;
            Ok(self.lexeme(Token::Literal, start))
        } else if length == rest.len() && word.as_bytes().starts_with(have) {
            Err(problem(start + length, "the input ends inside a word"))
        } else {
            Err(problem(start, "this begins no JSON value"))
        }
    }
}

pub(super) fn problem(at: usize, what: &'static str) -> Problem {
    Problem { at, what }
}

/// What a string or key says, its escapes undone; half of a surrogate pair alone becomes U+FFFD.
pub(super) fn unescaped(token: &str) -> String {
    String::from_utf16_lossy(&units(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<&str>, Problem> {
        let mut lexer = Lexer::new(text);
        let mut texts = Vec::new();
        loop {
            let lexeme = lexer.next()?;
            if lexeme.token == Token::End {
                return Ok(texts);
            }
            texts.push(lexeme.text);
        }
    }

    #[test]
    fn tokens_keep_their_letters() {
        let text = r#"{"a\/b":[-0.10,1e400,18446744073709551616 , true,null],"\u00e9":"é"}"#;
        let want = [
            "{",
            r#""a\/b""#,
            ":",
            "[",
            "-0.10",
            ",",
            "1e400",
            ",",
            "18446744073709551616",
            ",",
            "true",
            ",",
            "null",
            "]",
            ",",
            r#""\u00e9""#,
            ":",
            "\"é\"",
            "}",
        ];
        assert_eq!(tokens(text).unwrap(), want);
    }

    #[test]
    fn what_is_no_token_is_named_with_its_place() {
        for (text, at, what) in [
            ("'a'", 0, "strings stand in double quotes"),
            ("[1,// x", 3, "JSON has no comments"),
            (
                "\"a\nb\"",
                2,
                "a control character in a string has to be escaped",
            ),
            ("\"ab", 3, "the input ends inside a string"),
            ("\"a\\", 3, "the input ends inside a string"),
            ("\"\\x\"", 1, "there is no such escape"),
            ("\"\\u12g4\"", 1, "\\u needs four hex digits"),
            ("01", 0, "a number does not begin with 0"),
            ("-", 1, "the input ends inside a number"),
            ("1.x", 2, "expected a digit"),
            ("tru", 3, "the input ends inside a word"),
            ("trux", 0, "this begins no JSON value"),
            ("NaN", 0, "this begins no JSON value"),
        ] {
            assert_eq!(tokens(text), Err(problem(at, what)), "{text}");
        }
    }

    #[test]
    fn escapes_are_undone_for_comparing() {
        assert_eq!(
            unescaped(r#""\u00e9\/\n\"\ud83d\ude00\ud83d""#),
            "é/\n\"😀\u{fffd}"
        );
        assert_eq!(unescaped("\""), "");
    }
}
