//! Who watches what: the store's changes, fanned out to the pages and streams that are open.
//!
//! The [`Hub`] reads the store's one change feed and passes each bin's changes to that bin's readers; a [`Subscription`] first
//! gives what its reader missed, from the store, then what is new, without a gap or a double. It knows captures, not HTML or
//! JSON: page and API streams map the same [`Event`]s.

mod hub;
mod subscription;

pub use hub::{Error, Hub};
pub use subscription::{Event, Subscription};
