//! What a read key opens: the same in every engine.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Error, Result};
use crate::model::{Bin, MaskKey, Share, Timestamp};

/// What is found behind a read key.
pub(super) struct Found {
    pub(super) bin: Bin,
    /// When the bin went away, if it did.
    pub(super) gone_at: Option<Timestamp>,
    pub(super) share: Share,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) mask_key: MaskKey,
}

impl Found {
    /// What it shows now. Errors: [`Error::Gone`], [`Error::ShareOver`].
    pub(super) fn open(self, now: Timestamp) -> Result<(Arc<Bin>, Share, MaskKey)> {
        if let Some(at) = self.gone_at {
            return Err(Error::Gone { at });
        }
        let expired_at = self.share.expires_at.filter(|_| self.share.is_over(now));
        match self.revoked_at.or(expired_at) {
            Some(at) => Err(Error::ShareOver { at }),
            None => Ok((Arc::new(self.bin), self.share, self.mask_key)),
        }
    }
}

/// What masked values of a bin are hashed under, out of the hash of its key: that is as secret as a key made for this would be, and
/// is there already.
pub(super) fn mask_key(key_hash: &[u8]) -> MaskKey {
    let hash = Sha256::new()
        .chain_update(b"hookwell mask key")
        .chain_update(key_hash)
        .finalize();
    MaskKey(hash.into())
}
