//! Looking for captures among many.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::filter::Simple;
use crate::model::{Capture, CaptureLine, CaptureNumber};

/// How long one call looks at most; whoever wants to look further asks again.
pub const STEP: Duration = Duration::from_millis(200);

/// Says of a capture whether it is one of those that are looked for, and how it is to be given back.
pub type Pick = Arc<dyn Fn(Capture) -> Option<CaptureLine> + Send + Sync>;

/// What is looked for.
#[derive(Clone)]
pub struct Search {
    /// What a capture must be to be looked at: the store answers that by itself.
    pub conditions: Vec<Simple>,
    /// Whether `pick` looks into bodies; without, it is given captures with empty ones.
    pub needs_body: bool,
    /// Chooses among the captures that meet the conditions.
    pub pick: Pick,
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("conditions", &self.conditions)
            .field("needs_body", &self.needs_body)
            .finish_non_exhaustive()
    }
}

/// What one call found.
#[derive(Debug, Default)]
pub struct Found {
    /// The captures, in the order of the window.
    pub lines: Vec<CaptureLine>,
    /// The number behind which to look further; `None` when all of the window was looked at.
    pub rest: Option<CaptureNumber>,
}
