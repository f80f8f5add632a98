//! Query parameters: numbers by name, and the filter.

use axum::http::Uri;

use crate::filter::Filter;
use crate::model::Timestamp;
use crate::model::form::decoded;
use crate::web::Error;

/// The numbers in a query, for the parameters `names`. `None` where one is not there; an unknown parameter, or a value that
/// is no number, is refused by its name: to pass over one would answer another question than was asked.
pub(super) fn numbers<const N: usize>(
    uri: &Uri,
    names: [&'static str; N],
) -> Result<[Option<u64>; N], Error> {
    read(uri, &mut [], names)
}

/// The filter in a query (`q`), where it is given, and the numbers beside it.
pub(super) fn filtered<const N: usize>(
    uri: &Uri,
    names: [&'static str; N],
    now: Timestamp,
) -> Result<(Option<Filter>, [Option<u64>; N]), Error> {
    let mut texts = [("q", None)];
    let numbers = read(uri, &mut texts, names)?;
    let [(_, text)] = texts;
    let filter = text.map(|text| Filter::parse(&text, now)).transpose()?;
    Ok((filter, numbers))
}

/// The texts in a query, for the parameters `names`; likewise.
pub(in crate::web) fn texts<const N: usize>(
    uri: &Uri,
    names: [&'static str; N],
) -> Result<[Option<String>; N], Error> {
    let mut texts = names.map(|name| (name, None));
    let [] = read(uri, &mut texts, [])?;
    Ok(texts.map(|(_, text)| text))
}

/// Reads parameters that are texts and those that are numbers.
fn read<const N: usize>(
    uri: &Uri,
    texts: &mut [(&'static str, Option<String>)],
    names: [&'static str; N],
) -> Result<[Option<u64>; N], Error> {
    let mut found = [None; N];
    let query = uri.query().unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let Some((_, place)) = texts.iter_mut().find(|(known, _)| *known == name) {
            *place = Some(text(name, value)?);
            continue;
        }
        let Some((known, place)) = names
            .iter()
            .zip(&mut found)
            .find(|(known, _)| **known == name)
        else {
            let known: Vec<&str> = texts.iter().map(|(name, _)| *name).chain(names).collect();
            return Err(Error::Field {
                field: name.to_owned(),
                problem: match known.as_slice() {
                    [] => "unknown parameter, expected none".to_owned(),
                    known => format!("unknown parameter, expected {}", known.join(", ")),
                },
            });
        };
        *place = Some(value.parse().map_err(|_| Error::Invalid {
            field: known,
            problem: "expected a number".to_owned(),
        })?);
    }
    Ok(found)
}

fn text(name: &str, value: &str) -> Result<String, Error> {
    match String::from_utf8(decoded(value.as_bytes()).into_owned()) {
        Ok(text) => Ok(text),
        Err(_) => Err(Error::Field {
            field: name.to_owned(),
            problem: "expected text in UTF-8".to_owned(),
        }),
    }
}
