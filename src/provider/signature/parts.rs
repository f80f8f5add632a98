//! The signed text of a scheme, in pieces.

use std::borrow::Cow;

use super::read::{Found, Trouble};
use super::{Part, Scheme};
use crate::model::Flaw;
use crate::provider::request::Request;
use crate::provider::{form, json};

/// The pieces of one signed text, in order.
pub(crate) type Pieces<'a> = Vec<Cow<'a, [u8]>>;

/// The texts that may be signed: one, or several where a scheme leaves the form of the URL open.
///
/// # Errors
/// A header or field that is part of the text is not there.
pub(crate) fn texts<'a>(
    scheme: &Scheme,
    request: &Request<'a>,
    found: &Found,
) -> Result<Vec<Pieces<'a>>, Trouble> {
    let mut texts: Vec<Pieces<'a>> = vec![Vec::new()];
    for part in scheme.signed {
        let forms = forms(part, request, found)?;
        texts = texts
            .iter()
            .flat_map(|text| {
                forms.iter().map(move |form| {
                    let mut text = text.clone();
                    text.push(form.clone());
                    text
                })
            })
            .collect();
    }
    Ok(texts)
}

fn forms<'a>(
    part: &Part,
    request: &Request<'a>,
    found: &Found,
) -> Result<Vec<Cow<'a, [u8]>>, Trouble> {
    let owned = |text: String| Cow::Owned(text.into_bytes());
    let one = match *part {
        Part::Text(text) => Cow::Borrowed(text.as_bytes()),
        Part::Time => owned(found.time.clone().unwrap_or_default()),
        Part::Header(name) => Cow::Borrowed(header(request, name)?),
        Part::Method => Cow::Borrowed(request.head.method.as_bytes()),
        Part::Url => Cow::Borrowed(request.url.as_bytes()),
        Part::UrlAnyPort => return Ok(any_port(request.url)),
        Part::UrlPlain => return Ok(plain_url(request.url)),
        Part::Body => Cow::Borrowed(request.body),
        Part::Payload => Some(request.is_form())
            .filter(|is_form| *is_form)
            .and_then(|_| form::find(request.body, "payload"))
            .unwrap_or(Cow::Borrowed(request.body)),
        Part::SortedForm => Cow::Owned(sorted_form(request)),
        Part::Json(pointer) => owned(json::find_plain(request.body, pointer).unwrap_or_default()),
        Part::Form(name) => form::find(request.body, name).unwrap_or_default(),
    };
    Ok(vec![one])
}

/// The value of a header that is part of the text; an empty one is as good as none, for with it nothing would be told apart.
fn header<'a>(request: &Request<'a>, name: &str) -> Result<&'a [u8], Trouble> {
    let what = match request.header(name) {
        Some(value) if !value.is_empty() => return Ok(value),
        Some(_) => "empty",
        None => "missing",
    };
    let detail = format!("The header {name} is {what}.");
    Err(Trouble::new(Flaw::MissingHeader, detail))
}

/// Each name followed by its value, names in the order of their bytes; equal pairs count once.
fn sorted_form(request: &Request<'_>) -> Vec<u8> {
    let mut pairs = request.fields();
    pairs.sort();
    pairs.dedup();
    pairs
        .iter()
        .flat_map(|(name, value)| [name.as_ref(), value.as_ref()])
        .collect::<Vec<_>>()
        .concat()
}

/// Where the port stands in a URL, without its colon: start and end, and where the host ends.
pub(crate) fn port(url: &str) -> (Option<(usize, usize)>, usize) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(start..).unwrap_or_default();
    let end = start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = url.get(start..end).unwrap_or_default();
    let at = authority
        .rfind(':')
        .filter(|&at| {
            let digits = authority.get(at + 1..).unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        })
        .map(|at| (start + at + 1, end));
    (at, end)
}

fn any_port<'a>(url: &'a str) -> Vec<Cow<'a, [u8]>> {
    let mut forms: Vec<Cow<'a, [u8]>> = vec![Cow::Borrowed(url.as_bytes())];
    let (at, end) = port(url);
    let (head, tail) = match at {
        Some((start, end)) => (url.get(..start - 1), url.get(end..)),
        None => (url.get(..end), url.get(end..)),
    };
    let (head, tail) = (head.unwrap_or_default(), tail.unwrap_or_default());
    let default = if url.starts_with("http://") { 80 } else { 443 };
    forms.push(Cow::Owned(format!("{head}{tail}").into_bytes()));
    forms.push(Cow::Owned(format!("{head}:{default}{tail}").into_bytes()));
    forms
}

fn plain_url(url: &str) -> Vec<Cow<'_, [u8]>> {
    const ESCAPES: [(&str, &str); 12] = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    let mut plain = url.to_owned();
    for (escape, character) in ESCAPES {
        plain = plain
            .replace(escape, character)
            .replace(&escape.to_ascii_lowercase(), character);
    }
    let mut forms: Vec<Cow<'_, [u8]>> = vec![Cow::Borrowed(url.as_bytes())];
    if plain != url {
        forms.push(Cow::Owned(plain.into_bytes()));
    }
    forms
}
