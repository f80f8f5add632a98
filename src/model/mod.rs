//! The product's words as plain data: bins, captures, what was answered.
//!
//! This is the ground floor. Everything above hands these types around: [`ingest`](crate::ingest) makes a [`Draft`] of
//! what a sender sent, the [`store`](crate::store) numbers it into a [`Capture`], pages and API show it. Nothing here does
//! I/O, knows SQL, HTTP servers or HTML, or reads the time by itself ([`Clock`] is handed in from above).
//!
//! To add a word: give it a file of its own here, under the name that the pages and the API use for it.

pub mod attempt;
pub mod base64;
pub mod bin;
pub mod body;
pub mod capture;
pub mod delivery;
pub mod event;
pub mod form;
pub mod head;
pub mod hex;
pub mod id;
pub mod json;
pub mod marks;
pub mod media_type;
pub mod refusal;
pub mod reply;
pub mod rule;
pub mod secret;
pub mod share;
pub mod signing;
pub mod target;
pub mod time;
pub mod verdict;

pub use attempt::{Answer, Attempt, AttemptKind, Failure, FailureCause, Sent, Try};
pub use bin::{Alias, Bin, Keep, Mask, Settings, Usage};
pub use body::{Body, BodyState};
pub use capture::{Capture, CaptureLine, Draft, Envelope, Scheme};
pub use delivery::{Delivery, Recognised, Sender};
pub use event::Event;
pub use head::{Head, Headers, Version};
pub use id::{BinId, BinKey, CaptureNumber, KeyHash};
pub use marks::{Marks, MarksChange};
pub use media_type::MediaType;
pub use refusal::{Reason, Refusal};
pub use reply::Reply;
pub use rule::{Fault, Per, PlannedHeader, PlannedReply, Rule};
pub use secret::Secret;
pub use share::{Access, MaskKey, Share};
pub use signing::{OwnScheme, Secrets};
pub use target::{Forward, Settled, Target, TargetHeader, TargetState};
pub use time::{Clock, Timestamp};
pub use verdict::{Flaw, Verdict, VerdictState};
