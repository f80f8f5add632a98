//! What readers of a share link are not to see.

use serde::Deserialize;
use utoipa::ToSchema;

use super::given;
use crate::model::Mask;
use crate::web::Error;

/// What is to be masked. A list that is left out stays as it is; one that is given replaces the whole list.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MaskChange {
    /// Names of header fields and trailers, in any case.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    headers: Option<Vec<String>>,
    /// Paths of values in JSON bodies, such as `card.number`, `items.*.token` or `**.password`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    json: Option<Vec<String>>,
    /// Names of query parameters and of form fields, in any case.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 50)]
    query: Option<Vec<String>>,
}

impl MaskChange {
    pub(super) fn apply(self, mask: &mut Mask) -> Result<(), Error> {
        let changed = Mask {
            headers: self.headers.unwrap_or_else(|| mask.headers.clone()),
            json: self.json.unwrap_or_else(|| mask.json.clone()),
            query: self.query.unwrap_or_else(|| mask.query.clone()),
        };
        for (name, list) in changed.lists() {
            if let Some(problem) = Mask::problem(name, list) {
                return Err(Error::Field {
                    field: format!("mask.{name}"),
                    problem,
                });
            }
        }
        *mask = changed;
        Ok(())
    }
}
