//! Lines of JSON, a capture each, as the API and its export write them.

use super::{Bounds, Error, Shape, read};
use crate::model::Draft;

/// The draft in line `number` (from 1) of a file.
///
/// # Errors
/// Where in the line it is not JSON or not a capture.
pub fn line(text: &[u8], number: u64, bounds: Bounds) -> Result<Draft, Error> {
    let place = format!("line {number}");
    let text = std::str::from_utf8(text)
        .map_err(|_| Error::new("", "is not UTF-8"))
        .map_err(|error| error.below(&place))?;
    read::<Shape<'_>>(text)
        .and_then(|shape| {
            if shape
                .body
                .as_ref()
                .is_none_or(|body| body.content.is_none())
            {
                return Err(Error::new("body.content", "is missing"));
            }
            shape.draft(bounds)
        })
        .map_err(|error| error.below(&place))
}
