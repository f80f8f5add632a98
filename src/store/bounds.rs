//! How much is kept beside captures: the same in every engine.

/// How many more rows are deleted at once between pinned captures than were added. There are more only after `keep` was made
/// smaller, and then the next commits do the rest: senders wait for each of them.
pub(super) const BETWEEN_PINS: u64 = 64;

/// How many bytes of a reply's body are kept: it does not count towards what the bin may keep.
pub(super) const REPLY_BODY: usize = 64 * 1024;

/// How many traces a bin keeps.
pub(super) const REFUSALS: u64 = 100;

/// How many bytes the attempts of a bin may take.
pub(super) const ATTEMPT_ROOM: u64 = 64 << 20;

/// What a row takes beside its texts and bytes.
pub(super) const ATTEMPT_ROW: usize = 200;

/// How many links that have ended are remembered of a bin, so that their addresses can say so.
pub(super) const ENDED_SHARES: u64 = 1000;

/// How long a count is kept that is not used: longer than any sender goes on trying.
pub(super) const USES_KEPT: i64 = 30 * 86_400_000_000;
