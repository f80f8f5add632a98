//! JSON tokens → lines, without recursion and without reading a number.

use super::lex::{Kind, Lexeme, Lexer, Problem, Token, problem};
use super::lines::Lines;

/// How deep containers may be nested; what `serde_json` allows, and far more than any sender means.
pub(super) const DEPTH: usize = 128;

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrClose,
    Key,
    KeyOrClose,
    Colon,
    CommaOrClose,
    End,
}

impl Expect {
    fn sentence(self, kind: Option<Kind>) -> &'static str {
        match (self, kind) {
            (Self::Value, _) => "expected a value",
            (Self::ValueOrClose, _) => "expected a value or ]",
            (Self::Key, _) => "expected a key in double quotes",
            (Self::KeyOrClose, _) => "expected a key in double quotes or }",
            (Self::Colon, _) => "expected a colon",
            (Self::CommaOrClose, Some(Kind::Array)) => "expected a comma or ]",
            (Self::CommaOrClose, _) => "expected a comma or }",
            (Self::End, _) => "expected the end, after one JSON value",
        }
    }
}

/// Reads all of the text, into as many lines as `lines` takes. What was read before a problem stays in the lines.
pub(super) fn read<'a>(text: &'a str, lines: &mut Lines<'a>) -> Result<(), Problem> {
    let mut lexer = Lexer::new(text);
    let mut stack: Vec<Kind> = Vec::new();
    let mut expect = Expect::Value;
    loop {
        let lexeme = lexer.next()?;
        let top = stack.last().copied();
        expect = match (expect, lexeme.token) {
            (Expect::End, Token::End) => return Ok(()),
            (_, Token::End) => {
                return Err(problem(lexeme.at, "the input ends too early"));
            }
            (Expect::Value | Expect::ValueOrClose, Token::Open(kind)) => {
                if stack.len() >= DEPTH {
                    return Err(problem(lexeme.at, "nested deeper than 128 levels"));
                }
                stack.push(kind);
                lines.open(lexeme);
                match kind {
                    Kind::Object => Expect::KeyOrClose,
                    Kind::Array => Expect::ValueOrClose,
                }
            }
            (
                Expect::Value | Expect::ValueOrClose,
                Token::String | Token::Number | Token::Literal,
            ) => {
                lines.leaf(lexeme);
                after(&stack)
            }
            (Expect::Key | Expect::KeyOrClose, Token::String) => {
                lines.key(lexeme);
                Expect::Colon
            }
            (Expect::Colon, Token::Colon) => Expect::Value,
            (Expect::CommaOrClose, Token::Comma) => {
                lines.comma();
                match top {
                    Some(Kind::Object) => Expect::Key,
                    _ => Expect::Value,
                }
            }
            (
                Expect::CommaOrClose | Expect::KeyOrClose | Expect::ValueOrClose,
                Token::Close(kind),
            ) if top == Some(kind) => {
                stack.pop();
                lines.close(lexeme);
                after(&stack)
            }
            (expect, _) => return Err(refused(expect, lexeme, top)),
        };
    }
}

fn after(stack: &[Kind]) -> Expect {
    if stack.is_empty() {
        Expect::End
    } else {
        Expect::CommaOrClose
    }
}

fn refused(expect: Expect, lexeme: Lexeme<'_>, top: Option<Kind>) -> Problem {
    problem(lexeme.at, expect.sentence(top))
}
