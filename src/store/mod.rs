//! Where bins and captures are kept.
//!
//! [`ingest`](crate::ingest) hands a [`Draft`] down and gets a number back *after* the capture is durable; the store itself
//! announces on its [`ChangeFeed`] what became visible, since only it knows when that is; pages and API read windows of
//! captures. Nothing above this folder knows SQL, nothing in it knows HTTP, HTML or who is watching.
//!
//! # The contract
//!
//! Every engine keeps it, and `tests/it/store.rs` holds every engine to it:
//!
//! - [`append`](Store::append) returns after the capture would survive a power cut, and never for one that would not.
//! - Within a bin, numbers have no gaps, are never given twice (not after a delete or clear either), and *become visible in
//!   order*: whoever has read number n will never see a lower one appear later. The live streams rest on this.
//! - A change is announced after it is visible to readers, and changes of one bin in order.
//! - The oldest captures above a bin's [`Keep`](crate::model::Keep) are gone for readers as soon as the newer ones are there.
//!   Pinned ones are not: at most half of what a bin may keep can be pinned, and what is unpinned is dropped with the next capture.
//! - A caller that stops waiting changes nothing: the work is done or it is not, as a whole.
//!
//! [`sqlite`] is one file for one server, [`postgres`] one database for many. What they have in common stands here: [`cache`] knows bins by
//! name, [`counters`] and [`bounds`] say what is kept, [`encode`] how values stand in a row, [`lease`] gives a job to one node,
//! [`seats`] a bin to one listener.
//! [`moving`] takes all that a store holds into another one.
//!
//! To add an engine: a folder beside `sqlite/` with the same file names, one arm in [`open`], and its line in the contract
//! suite.

mod bounds;
mod cache;
mod counters;
mod encode;
mod error;
pub mod lease;
mod link;
pub mod moving;
pub mod postgres;
pub mod retention;
mod search;
pub mod seats;
pub mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::broadcast;

pub use error::{Error, Result};
pub use lease::Job;
pub use search::{Found, Pick, STEP, Search};

use self::seats::Seats;
use crate::config::{StoreConfig, StoreKind};
use crate::model::{
    Alias, Attempt, Bin, BinId, Capture, CaptureLine, CaptureNumber, Clock, Draft, Forward,
    KeyHash, Marks, MarksChange, MaskKey, Refusal, Reply, Settings, Settled, Share, TargetState,
    Timestamp, Try, Usage,
};

/// Opens the store that the configuration names.
///
/// # Errors
/// [`Error::Folder`], [`Error::InUse`], [`Error::TooNew`], [`Error::Engine`] and [`Error::Database`], each with a message for the
/// operator.
pub async fn open(config: &StoreConfig, clock: Clock) -> Result<Arc<dyn Store>> {
    match config.store.kind() {
        Some(StoreKind::Sqlite) => Ok(Arc::new(sqlite::Sqlite::open(config, clock)?)),
        Some(StoreKind::Postgres(url)) => Ok(Arc::new(postgres::Postgres::open(url, clock).await?)),
        None => Err(Error::Database {
            address: "named by --store".to_owned(),
            problem: "it is neither `sqlite` nor `postgres://USER@HOST/DATABASE`".to_owned(),
        }),
    }
}

/// How a request names a bin.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// By its id.
    Id(BinId),
    /// By its alias.
    Alias(Alias),
}

/// Which captures of a bin to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// The newest, newest first; with a number only those below it.
    Newest {
        /// Only numbers below this one.
        before: Option<CaptureNumber>,
        /// At most that many.
        limit: usize,
    },
    /// Those above a number, oldest first.
    After {
        /// Only numbers above this one.
        after: CaptureNumber,
        /// At most that many.
        limit: usize,
    },
}

/// Something that became visible to readers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Captures were added; the newest has this number.
    Captured(BinId, CaptureNumber),
    /// One capture was deleted.
    Deleted(BinId, CaptureNumber),
    /// The marks of a capture were changed.
    Marked(BinId, CaptureNumber),
    /// An attempt to send a capture on was kept.
    Attempted(BinId, CaptureNumber),
    /// All captures of the bin up to this number were deleted.
    Cleared(BinId, CaptureNumber),
    /// The settings of the bin were changed.
    Updated(BinId),
    /// Share links of the bin were made or revoked.
    Shared(BinId),
    /// Requests to the bin were refused.
    Refused(BinId),
    /// A listener came that answers for the bin, or left.
    Seated(BinId),
    /// The listener that answers for the bin told of its answer to this capture, or that there will be none.
    Answered(BinId, CaptureNumber),
    /// The bin was deleted, or expired.
    Gone(BinId),
}

/// How it stands with a store; `None` is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Measures {
    /// What it takes of its disk, in bytes.
    pub bytes: Option<u64>,
    /// How many captures wait in this process to be committed.
    pub waiting: Option<u64>,
}

/// What was committed, by this process or another one, a batch at a time. An empty batch says that something may have been missed:
/// who keeps anything in mind reads it again.
///
/// A reader that falls behind is told so
/// ([`RecvError::Lagged`](broadcast::error::RecvError::Lagged)) and has to read again what it shows.
pub type ChangeFeed = broadcast::Receiver<Arc<[Change]>>;

/// A place that keeps bins and captures; see the [module](self) for the contract.
///
/// Every method may fail with [`Error::Unavailable`] and [`Error::Engine`]; those that write also with [`Error::Full`]; those
/// that take a [`Bin`] with [`Error::Gone`] when it was deleted meanwhile. Further errors are named at the method.
#[async_trait]
pub trait Store: Seats + Send + Sync + std::fmt::Debug {
    /// Makes a bin whose key has this hash. Errors: [`Error::AliasTaken`].
    async fn create_bin(&self, id: BinId, key: KeyHash, settings: Settings) -> Result<Arc<Bin>>;

    /// The bin that a sender addresses. Errors: [`Error::UnknownBin`], [`Error::Gone`].
    async fn bin(&self, address: &Address) -> Result<Arc<Bin>>;

    /// The bin that a key opens. Errors: [`Error::UnknownBin`], [`Error::Gone`].
    async fn bin_by_key(&self, key: KeyHash) -> Result<Arc<Bin>>;

    /// The bin that a read key opens, the link it belongs to, and what is to be masked under. Errors: [`Error::UnknownBin`],
    /// [`Error::Gone`], [`Error::ShareOver`].
    async fn share(&self, key: KeyHash) -> Result<(Arc<Bin>, Share, MaskKey)>;

    /// The share links of the bin that have not ended, newest first.
    async fn shares(&self, bin: &Bin) -> Result<Vec<Share>>;

    /// Makes a share link whose read key has this hash, of the bin or of one capture. Errors: [`Error::UnknownCapture`],
    /// [`Error::TooManyShares`].
    async fn create_share(
        &self,
        bin: &Bin,
        key: KeyHash,
        n: Option<CaptureNumber>,
        expires_at: Option<Timestamp>,
    ) -> Result<Share>;

    /// Revokes the share link of that id, or all of the bin's, and says how many they were.
    async fn revoke_shares(&self, bin: &Bin, share: Option<u64>) -> Result<u64>;

    /// Replaces the bin's settings. Errors: [`Error::AliasTaken`].
    async fn update_bin(&self, bin: &Bin, settings: Settings) -> Result<Arc<Bin>>;

    /// Deletes the bin with all its captures; its addresses answer [`Error::Gone`] from then on.
    async fn delete_bin(&self, bin: &Bin) -> Result<()>;

    /// How full the bin is.
    async fn usage(&self, bin: &Bin) -> Result<Usage>;

    /// Numbers the draft, and returns once it is durable. Errors: [`Error::Overloaded`].
    async fn append(&self, bin: &Arc<Bin>, draft: Draft) -> Result<CaptureNumber>;

    /// Counts one more use of the sequence of a rule under that key, durably, and says how many there were before. Changing the
    /// bin's rules begins them all anew.
    async fn count_use(&self, bin: &Bin, rule: &str, key: &[u8]) -> Result<u64>;

    /// Begins all sequences of the bin's rules anew.
    async fn reset_uses(&self, bin: &Bin) -> Result<()>;

    /// Replaces what is kept of the reply to a capture, when it was made only behind it. Nothing happens when the capture is gone.
    async fn answered(&self, bin: &Bin, n: CaptureNumber, reply: Reply) -> Result<()>;

    /// Captures without their bodies.
    async fn lines(&self, bin: &Bin, window: Window) -> Result<Vec<CaptureLine>>;

    /// Looks through the captures of a window for those that are searched for, for [`STEP`] at most: what it found until then,
    /// and how far it looked.
    async fn search(&self, bin: &Bin, window: Window, search: Search) -> Result<Found>;

    /// One capture. Errors: [`Error::UnknownCapture`].
    async fn capture(&self, bin: &Bin, n: CaptureNumber) -> Result<Capture>;

    /// The bodies of captures, in no order; those that are not there are left out.
    async fn bodies(
        &self,
        bin: &Bin,
        numbers: Vec<CaptureNumber>,
    ) -> Result<Vec<(CaptureNumber, Bytes)>>;

    /// The deliveries of the event that capture `n` is one of, itself among them, without their bodies. None where deliveries of it
    /// cannot be told apart, or it is not there.
    async fn deliveries(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        window: Window,
    ) -> Result<Vec<CaptureLine>>;

    /// The nearest captures around `n`, itself left out: the next newer and the next older one.
    async fn neighbours(
        &self,
        bin: &Bin,
        n: CaptureNumber,
    ) -> Result<(Option<CaptureNumber>, Option<CaptureNumber>)>;

    /// Deletes one capture. Errors: [`Error::UnknownCapture`].
    async fn delete_capture(&self, bin: &Bin, n: CaptureNumber) -> Result<()>;

    /// Deletes those of these captures that are there, all in one commit, and says how many they were. For a few hundred at a
    /// time: as long as it takes, nothing else is written.
    async fn delete_captures(&self, bin: &Bin, numbers: Vec<CaptureNumber>) -> Result<u64>;

    /// Changes what is noted on a capture, and gives what is noted then. Errors: [`Error::UnknownCapture`], and
    /// [`Error::PinsFull`] when one more pinned capture would be over half of the bin's `keep`.
    async fn mark(&self, bin: &Bin, n: CaptureNumber, change: MarksChange) -> Result<Marks>;

    /// Keeps what came of a try to send a capture on. It goes with its capture; beyond [`Attempt::KEPT`] of one capture, and beyond what
    /// a bin has room for, the oldest go. Errors: [`Error::UnknownCapture`].
    async fn add_attempt(&self, bin: &Bin, n: CaptureNumber, tried: Try) -> Result<Attempt>;

    /// The attempts on a capture, newest first, without the bytes of bodies.
    async fn attempts(&self, bin: &Bin, n: CaptureNumber) -> Result<Vec<Attempt>>;

    /// One attempt on a capture, with the body of the answer; `None` when it is not there.
    async fn attempt(&self, bin: &Bin, n: CaptureNumber, id: u64) -> Result<Option<Attempt>>;

    /// Bins and targets for which captures wait to be sent on. A capture is queued for the targets of its bin in the commit that
    /// keeps it, and leaves the queue when it goes.
    async fn lanes(&self) -> Result<Vec<(BinId, String)>>;

    /// What waits for a target, the first come first; nothing while it is paused.
    async fn forwards(&self, bin: &Bin, target: &str, limit: usize) -> Result<Vec<Forward>>;

    /// What was given up, the latest first.
    async fn dead_forwards(&self, bin: &Bin, limit: usize) -> Result<Vec<Forward>>;

    /// Notes what becomes of a capture that was tried, with the try, in one commit. Gives since when its target fails; `None` when it
    /// does not.
    async fn settle(
        &self,
        bin: &Bin,
        forward: Forward,
        settled: Settled,
        tried: Option<Try>,
    ) -> Result<Option<Timestamp>>;

    /// Sends nothing more to a target that fails; captures go on being queued for it.
    async fn pause_target(&self, bin: &Bin, target: &str) -> Result<()>;

    /// Queues again what was given up, and goes on with paused targets: one of the bin's, or all. Says how many captures they were.
    async fn retry_forwards(&self, bin: &Bin, target: Option<String>) -> Result<u64>;

    /// Forgets what waits for a target that the bin has no more.
    async fn forget_target(&self, bin: &Bin, target: &str) -> Result<()>;

    /// How it goes with the targets of the bin, in their order.
    async fn target_states(&self, bin: &Bin) -> Result<Vec<TargetState>>;

    /// Deletes all captures of the bin, the pinned ones too, and says how many they were; numbering goes on.
    async fn clear(&self, bin: &Bin) -> Result<u64>;

    /// Counts a refused request and keeps its trace. Never waits: under a flood traces are left out first, and counts only
    /// when thousands of bins are flooded at once.
    fn refuse(&self, address: Address, refusal: Refusal);

    /// The newest traces of refused requests, newest first.
    async fn refusals(&self, bin: &Bin, limit: usize) -> Result<Vec<Refusal>>;

    /// What was committed from now on.
    fn changes(&self) -> ChangeFeed;

    /// One round of housekeeping: ends bins whose time is over, and frees the room of what was deleted. Returns whether
    /// there is more to do.
    async fn sweep(&self, now: Timestamp) -> Result<bool>;

    /// What the store takes of its disk and how much waits for it, as far as the engine can tell cheaply.
    async fn measure(&self) -> Result<Measures> {
        Ok(Measures::default())
    }

    /// Whether the store can write now.
    async fn check_ready(&self) -> Result<()>;

    /// Takes a job for this node, or keeps it, for so long from now on; `false` when another node has it. What a node has it gives
    /// back when it is [closed](Self::close).
    async fn lease(&self, job: Job, time: Duration) -> Result<bool>;

    /// Finishes what was accepted and closes; later calls fail with [`Error::Unavailable`].
    async fn close(&self);
}

impl Change {
    /// The bin that it is about.
    pub fn bin(&self) -> BinId {
        match *self {
            Self::Captured(bin, _)
            | Self::Deleted(bin, _)
            | Self::Marked(bin, _)
            | Self::Attempted(bin, _)
            | Self::Cleared(bin, _)
            | Self::Updated(bin)
            | Self::Shared(bin)
            | Self::Refused(bin)
            | Self::Seated(bin)
            | Self::Answered(bin, _)
            | Self::Gone(bin) => bin,
        }
    }
}
