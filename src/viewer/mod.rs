//! Bytes made readable: a [`View`] of a body, chosen by its media type and by looking at it.
//!
//! A viewer is a pure function from bytes to one of a few kinds of [`View`]; the page draws kinds, not media types, so that a
//! new viewer needs no template. It knows nothing of pages, HTTP or where the bytes come from, and it reads hostile bytes: no
//! indexing, no recursion on their depth, every output bounded.
//!
//! To add a viewer: a file here with a `VIEWER`, and its line in [`VIEWERS`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]
