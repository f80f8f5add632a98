//! Bins by their names, in memory: a capture asks the database for nothing.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Address, Error, Result};
use crate::model::{Alias, Bin, BinId, KeyHash, Timestamp};

/// How many names are kept in mind; beyond it all are forgotten and found again as they are asked for.
const NAMES: usize = 100_000;

/// What identifies a bin.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Name {
    Id(BinId),
    Alias(Alias),
    Key(KeyHash),
}

impl From<&Address> for Name {
    fn from(address: &Address) -> Self {
        match address {
            Address::Id(id) => Self::Id(*id),
            Address::Alias(alias) => Self::Alias(alias.clone()),
        }
    }
}

#[derive(Clone, Debug)]
enum Known {
    Live(Arc<Bin>),
    Gone { serial: u64, at: Timestamp },
}

impl Known {
    fn serial(&self) -> u64 {
        match self {
            Self::Live(bin) => bin.serial,
            Self::Gone { serial, .. } => *serial,
        }
    }

    fn answer(self) -> Result<Arc<Bin>> {
        match self {
            Self::Live(bin) => Ok(bin),
            Self::Gone { at, .. } => Err(Error::Gone { at }),
        }
    }
}

#[derive(Debug, Default)]
struct Names {
    known: HashMap<Name, Known>,
    /// Goes up with every change of a bin, so that what was read before one is not kept after it.
    generation: u64,
}

/// What is known of bins, by id, alias and key.
#[derive(Debug, Default)]
pub(super) struct Cache(RwLock<Names>);

/// A look-up that found nothing in memory; its answer from the database may be [kept](Cache::keep).
#[derive(Debug, Clone, Copy)]
pub(super) struct Miss(u64);

impl Cache {
    /// The answer where it is known.
    pub(super) fn get(&self, name: &Name) -> std::result::Result<Result<Arc<Bin>>, Miss> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names
            .known
            .get(name)
            .map(|known| known.clone().answer())
            .ok_or(Miss(names.generation))
    }

    /// Keeps what the database said after a miss, and turns it into the answer.
    pub(super) fn keep(
        &self,
        miss: Miss,
        name: Name,
        found: Option<(Bin, Option<Timestamp>)>,
    ) -> Result<Arc<Bin>> {
        // Names that no bin has are not kept: a stranger could fill the memory with them.
        let (bin, gone_at) = found.ok_or(Error::UnknownBin)?;
        let known = match gone_at {
            Some(at) => Known::Gone {
                serial: bin.serial,
                at,
            },
            None => Known::Live(Arc::new(bin)),
        };
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if names.known.len() >= NAMES {
            names.known.clear();
        }
        if names.generation == miss.0 {
            names.known.insert(name, known.clone());
        }
        known.answer()
    }

    /// Forgets a bin that was made or changed, and whom its alias named before: a bin that is gone may have had it.
    pub(super) fn forget(&self, bin: &Bin) {
        let alias = bin.settings.alias.clone().map(Name::Alias);
        self.forget_where(|name, known| {
            known.serial() == bin.serial || Some(name) == alias.as_ref()
        });
    }

    /// Forgets the bin of that serial, of which only that is known, and whatever an alias named that is gone: the bin may have it now.
    pub(super) fn forget_serial(&self, serial: u64) {
        self.forget_where(|name, known| {
            known.serial() == serial
                || matches!((name, known), (Name::Alias(_), Known::Gone { .. }))
        });
    }

    /// Forgets everything.
    pub(super) fn forget_all(&self) {
        self.forget_where(|_, _| true);
    }

    fn forget_where(&self, forgotten: impl Fn(&Name, &Known) -> bool) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.generation += 1;
        names.known.retain(|name, known| !forgotten(name, known));
    }
}
