//! Lines of JSON, a capture each, as the API and its export write them.

use super::{Bounds, Error, Shape, read};
use crate::model::Draft;

/// The draft of a line.
///
/// # Errors
/// Where in the line it is not JSON or not a capture.
pub(super) fn line(text: &str, bounds: Bounds) -> Result<Draft, Error> {
    let shape = read::<Shape<'_>>(text)?;
    if shape
        .body
        .as_ref()
        .is_none_or(|body| body.content.is_none())
    {
        return Err(Error::new("body.content", "is missing"));
    }
    shape.draft(bounds)
}
