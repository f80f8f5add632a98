//! Text into pieces: parentheses, dashes, the word `or`, and everything else in one piece up to the next blank.

use super::error::Error;

/// A character, where it stands, and whether in quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Char {
    pub(super) c: char,
    pub(super) at: usize,
    pub(super) is_quoted: bool,
}

impl Char {
    /// Whether it is this character and means something.
    pub(super) fn is(self, c: char) -> bool {
        self.c == c && !self.is_quoted
    }
}

/// A piece of a filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Open,
    Close,
    /// A dash in front of what it denies.
    Not,
    Or,
    /// The characters of a term; at least one pair of quotes where it has none.
    Word {
        chars: Vec<Char>,
        has_quotes: bool,
    },
}

/// The pieces, each with the position of its first character.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Error> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let begin = at;
        let token = match c {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => {
                at += 1;
                Token::Open
            }
            ')' => {
                at += 1;
                Token::Close
            }
            '-' => {
                at += 1;
                Token::Not
            }
            _ => word(&chars, &mut at)?,
        };
        tokens.push((begin, token));
    }
    Ok(tokens)
}

fn word(chars: &[char], at: &mut usize) -> Result<Token, Error> {
    let (mut word, mut has_quotes) = (Vec::new(), false);
    while let Some(&c) = chars.get(*at) {
        match c {
            '"' => {
                quoted(chars, at, &mut word)?;
                has_quotes = true;
            }
            c if c.is_whitespace() || c == '(' || c == ')' => break,
            c => {
                word.push(Char {
                    c,
                    at: *at,
                    is_quoted: false,
                });
                *at += 1;
            }
        }
    }
    let is_or = !has_quotes
        && word.len() == 2
        && word
            .iter()
            .map(|char| char.c.to_ascii_lowercase())
            .eq("or".chars());
    Ok(if is_or {
        Token::Or
    } else {
        Token::Word {
            chars: word,
            has_quotes,
        }
    })
}

fn quoted(chars: &[char], at: &mut usize, word: &mut Vec<Char>) -> Result<(), Error> {
    let begin = *at;
    *at += 1;
    loop {
        let unclosed = || Error::new(begin, "this quote is never closed: another \" is missing");
        let mut c = *chars.get(*at).ok_or_else(unclosed)?;
        if c == '"' {
            *at += 1;
            return Ok(());
        }
        if c == '\\' {
            *at += 1;
            c = *chars.get(*at).ok_or_else(unclosed)?;
            if !matches!(c, '"' | '\\') {
                return Err(Error::new(*at, "behind \\ in quotes stands \" or \\"));
            }
        }
        word.push(Char {
            c,
            at: *at,
            is_quoted: true,
        });
        *at += 1;
    }
}
