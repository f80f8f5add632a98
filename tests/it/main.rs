//! One binary for all tests that go through the real door.
mod bench;
