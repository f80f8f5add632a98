//! The rules of a bin, with their filters read.

use std::sync::Arc;

use crate::filter::Filter;
use crate::model::{Bin, Rule, Timestamp};

/// Rules with their filters, as the settings of a bin are.
#[derive(Debug)]
pub(super) struct Plan {
    bin: Arc<Bin>,
    filters: Vec<Filter>,
}

impl Plan {
    pub(super) fn new(bin: &Arc<Bin>) -> Self {
        // Times that count from now make no sense in a rule and are not taken; one that cannot be read, as a newer version wrote
        // it, matches nothing.
        let now = Timestamp::from_micros(0);
        let never = || Filter::parse("-method:*", now).unwrap_or_default();
        let read = |rule: &Rule| Filter::parse(&rule.when, now).unwrap_or_else(|_| never());
        Self {
            bin: Arc::clone(bin),
            filters: bin.settings.rules.iter().map(read).collect(),
        }
    }

    /// Whether it is of these very settings.
    pub(super) fn is_of(&self, bin: &Arc<Bin>) -> bool {
        Arc::ptr_eq(&self.bin, bin)
    }

    /// The rules in their order.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&Rule, &Filter)> {
        self.bin.settings.rules.iter().zip(&self.filters)
    }
}
