//! The embedded engine.

use std::sync::Arc;

use super::{Error, Result, Store};
use crate::config::StoreConfig;
use crate::model::Clock;

/// Placeholder until the engine lands.
#[derive(Debug)]
pub struct Sqlite;

impl Sqlite {
    /// Opens the engine.
    pub(super) fn open(_: &StoreConfig, _: Clock) -> Result<Arc<dyn Store>> {
        Err(Error::Unavailable("not yet".into()))
    }
}
