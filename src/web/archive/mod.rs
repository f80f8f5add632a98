//! A whole bin as one file, and such a file taken back; pages and API answer with the same.
//!
//! Neither way holds the file: a download is written a capture at a time as it is read by whoever asked, and an upload is cut
//! into its captures as it comes. What a file is made of is [`export`](crate::export)'s and [`import`](crate::import)'s; captures
//! are read through [`access`](super::access) alone.
//!
//! To add a form of file: a variant of `Form` in [`export`], and its arms.

pub(super) mod export;
pub(super) mod import;
