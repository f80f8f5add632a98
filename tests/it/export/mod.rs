//! Exports, taken at their word: what they say is done, and what comes of it is compared with what was captured.

mod again;
mod curl;
mod cut;
mod har;
mod tools;
