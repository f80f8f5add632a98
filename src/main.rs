//! The `hookwell` program.

fn main() {}
