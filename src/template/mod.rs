//! Templates of replies: `{{ request.json.challenge }}`.
//!
//! Bodies and header values of replies are [minijinja](https://docs.rs/minijinja) templates over the [`request`] that they
//! answer, with a few [`helpers`]. What a template may use up is bounded by fuel, which pays for steps and for memory alike, by
//! depth, and by the size of its output; it can reach nothing but the request. It stands beside the other pure modules: time is
//! an argument, and it knows no settings and no store.
//!
//! To add a helper: a function in [`helpers`] and its line in `add`.

mod helpers;
mod request;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Template, UndefinedBehavior, Value};

pub use request::Asked;

/// Steps that a template may take; each also pays for 64 bytes that it makes.
const FUEL: u64 = 200_000;

/// How deep loops, conditions and calls may stand inside one another.
const DEPTH: usize = 100;

/// The most bytes of a template's text.
pub const SOURCE: usize = 64 * 1024;

/// The most bytes of what it gives.
pub const OUTPUT: usize = 1024 * 1024;

/// Why a template gave nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Error {
    /// The line of the template, from 1.
    pub line: usize,
    /// What is wrong, in a sentence without a full stop.
    pub reason: String,
}

impl Error {
    fn at(line: usize, reason: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.into(),
        }
    }
}

impl From<minijinja::Error> for Error {
    fn from(error: minijinja::Error) -> Self {
        use minijinja::ErrorKind as Kind;
        let reason = match error.kind() {
            Kind::OutOfFuel => "it takes more steps or memory than a template may".to_owned(),
            Kind::WriteFailure => format!("it gives more than {OUTPUT} bytes"),
            kind => match error.detail() {
                // The details of an error may quote values of the request; those of the text's own mistakes do not.
                Some(detail) if kind == Kind::SyntaxError => detail.to_owned(),
                Some(detail) => format!("{kind}: {}", first(detail)),
                None => kind.to_string(),
            },
        };
        Self::at(error.line().unwrap_or(1), reason)
    }
}

/// The beginning of a text that may quote what was sent.
fn first(text: &str) -> String {
    text.chars().take(200).collect()
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    // What a sender left out is empty, as `{{ request.json.user.name }}` has it in every language of templates.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    // A line end at the end of a text is meant.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    helpers::add(&mut environment);
    environment
});

/// Whether a text is a template at all, as far as that can be told without a request.
///
/// # Errors
/// The line, and what is wrong there.
pub fn check(source: &str) -> Result<(), Error> {
    parse(source).map(|_| ())
}

fn parse<'s>(source: &'s str) -> Result<Template<'s, 's>, Error> {
    if source.len() > SOURCE {
        let line = source
            .bytes()
            .take(SOURCE)
            .filter(|&byte| byte == b'\n')
            .count();
        return Err(Error::at(
            line + 1,
            format!("a template has at most {SOURCE} bytes"),
        ));
    }
    let environment: &'s Environment<'s> = &ENVIRONMENT;
    Ok(environment.template_from_str(source)?)
}

/// Whether a text says the same whatever is asked: nothing in it is for the template engine.
pub fn is_plain(source: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark))
}

/// What the template gives for this request: at most [`OUTPUT`] bytes.
///
/// # Errors
/// The line, and what is wrong there: a mistake in the text, or more of anything than a template may use.
pub fn render(source: &str, asked: &Arc<Asked>) -> Result<String, Error> {
    if is_plain(source) {
        return Ok(source.to_owned());
    }
    let template = parse(source)?;
    let mut output = Capped(Vec::new());
    let context = Value::from_object(request::Context::new(asked));
    template.render_captured_to(context, &mut output)?;
    String::from_utf8(output.0).map_err(|_| Error::at(1, "its output is not text"))
}

/// The value of a header field, on one line.
///
/// # Errors
/// As [`render`]; also when the value has a line break or another control character (RFC 9110 section 5.5).
pub fn render_field(source: &str, asked: &Arc<Asked>) -> Result<String, Error> {
    let value = render(source, asked)?;
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(Error::at(
            1,
            "a header value cannot hold a line break or another control character",
        ));
    }
    Ok(value)
}

/// Takes no more than [`OUTPUT`] bytes.
struct Capped(Vec<u8>);

impl std::io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
