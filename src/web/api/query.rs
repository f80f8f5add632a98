//! Query parameters: numbers by name.

use axum::http::Uri;

use crate::web::Error;

/// The numbers in a query, for the parameters `names`. `None` where one is not there; an unknown parameter, or a value that
/// is no number, is refused by its name: to pass over one would answer another question than was asked.
pub(super) fn numbers<const N: usize>(
    uri: &Uri,
    names: [&'static str; N],
) -> Result<[Option<u64>; N], Error> {
    let mut found = [None; N];
    let query = uri.query().unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some((known, place)) = names
            .iter()
            .zip(&mut found)
            .find(|(known, _)| **known == name)
        else {
            return Err(Error::Field {
                field: name.to_owned(),
                problem: match names.as_slice() {
                    [] => "unknown parameter, expected none".to_owned(),
                    names => format!("unknown parameter, expected {}", names.join(", ")),
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
