//! How much is to be kept, and for how long.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{given, invalid};
use crate::model::Keep;
use crate::web::Error;

/// Limits to change. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeepChange {
    /// How many captures; 0 for any number.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 1_000_000_000)]
    captures: Option<u64>,
    /// How many bytes of bodies and headers; 0 for any number.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 1_125_899_906_842_624_i64)]
    bytes: Option<u64>,
    /// How many days the bin lives after its last capture (or its making); 0 for ever.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, maximum = 36_500)]
    days: Option<u32>,
}

impl KeepChange {
    pub(super) fn apply(&self, keep: &mut Keep) -> Result<(), Error> {
        if let Some(captures) = self.captures {
            if captures > Keep::MOST_CAPTURES {
                return Err(at_most("keep.captures", Keep::MOST_CAPTURES));
            }
            keep.captures = captures;
        }
        if let Some(bytes) = self.bytes {
            if bytes > Keep::MOST_BYTES {
                return Err(at_most("keep.bytes", Keep::MOST_BYTES));
            }
            keep.bytes = bytes;
        }
        if let Some(days) = self.days {
            if days > Keep::MOST_DAYS {
                return Err(at_most("keep.days", u64::from(Keep::MOST_DAYS)));
            }
            keep.days = days;
        }
        Ok(())
    }
}

fn at_most(field: &'static str, limit: u64) -> Error {
    invalid(field, &format_args!("at most {limit}, or 0 for no limit"))
}
