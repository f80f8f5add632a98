//! A capture in the form of another tool.
