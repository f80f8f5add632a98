//! Several nodes over one PostgreSQL: any of them answers, and none of them, nor the database, is missed for long.

mod changed;
mod days;
mod disk;
mod faults;
mod respond;
mod roll;
mod start;
mod together;

use serde_json::json;

use crate::support::{Bin, Server, postgres};

/// Nodes over a database of their own.
struct Nodes {
    servers: Vec<Server>,
}

impl Nodes {
    /// As many nodes as asked for, in the cluster that tests share which do not stop it.
    fn start(count: usize) -> Self {
        Self::over(&postgres::shared().database(), count)
    }

    fn over(url: &str, count: usize) -> Self {
        Self {
            servers: (0..count)
                .map(|_| Server::with(&["--store", url, "--allow-outbound", "127.0.0.0/8"]))
                .collect(),
        }
    }
}

/// A bin that drops nothing for want of room.
fn roomy(server: &Server) -> Bin {
    server.bin_with(&json!({"keep": {"captures": 1_000_000}}))
}
