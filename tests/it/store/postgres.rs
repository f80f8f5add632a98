//! The engine for many nodes: the contract, and what it promises beyond it.

use std::path::Path;
use std::sync::Arc;

use hookwell::config::{StoreConfig, StoreUrl};
use hookwell::model::Clock;
use hookwell::store::{self, Store};

use super::{Opening, store_contract};
use crate::support::postgres::Cluster;

/// The database that goes with a folder.
fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap().to_str().unwrap();
    name.trim_start_matches('.').to_owned()
}

async fn connect(url: &str, clock: Clock) -> store::Result<Arc<dyn Store>> {
    let config = StoreConfig {
        store: StoreUrl::read(url).unwrap(),
        ..StoreConfig::sqlite("nowhere".into())
    };
    store::open(&config, clock).await
}

fn open(folder: &Path, clock: Clock) -> Opening<'_> {
    Box::pin(async move {
        let url = Cluster::shared().database(&name(folder));
        connect(&url, clock).await
    })
}

store_contract! { postgres }
