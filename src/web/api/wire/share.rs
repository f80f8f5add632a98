//! Share links.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{self, BinKey, CaptureNumber, Timestamp};
use crate::web::extract::Site;

/// A share link that was just made: the one time that its key is told.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct CreatedShare {
    #[serde(flatten)]
    share: Share,
    /// The read key, 32 hex digits: whoever has it may read what is shared. It is not told again.
    #[schema(example = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    key: String,
    /// The page to share.
    #[schema(example = "https://hooks.example.com/b/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    url: String,
}

/// A share link.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Share {
    /// What it is revoked by; opens nothing.
    id: u64,
    /// The one capture that it shows; null for the whole bin.
    n: Option<CaptureNumber>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends by itself; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// The share links of a bin.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Shares {
    /// Those that have not ended, newest first.
    pub(in crate::web::api) shares: Vec<Share>,
}

impl CreatedShare {
    pub(in crate::web::api) fn new(share: &model::Share, key: &BinKey, site: &Site) -> Self {
        Self {
            share: Share::from(share),
            key: key.to_string(),
            url: site.inspect_url(key),
        }
    }
}

impl From<&model::Share> for Share {
    fn from(share: &model::Share) -> Self {
        Self {
            id: share.id,
            n: share.n,
            created_at: share.created_at,
            expires_at: share.expires_at,
        }
    }
}
