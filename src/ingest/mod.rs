//! From a socket to a capture.
