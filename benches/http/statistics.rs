//! Latencies and ratios, summed up without assuming any shape of their distribution.

use std::time::Duration;

/// Times that single requests took, in whole microseconds.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    /// Room for that many, so that a measurement is not disturbed by a growing vector.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Adds one. More than 71 minutes count as 71 minutes.
    pub(crate) fn record(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time in milliseconds below or at which `share` of the requests were, by nearest rank; 0 when there are none.
    pub(crate) fn percentile_ms(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let rank = nearest_rank(self.0.len(), share);
        f64::from(self.0.get(rank).copied().unwrap_or(0)) / 1000.0
    }
}

/// The index of the value at `share` among `count` sorted ones.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are far below 2^52, and the product is between 0 and the count"
)]
fn nearest_rank(count: usize, share: f64) -> usize {
    ((count as f64 * share).ceil() as usize)
        .saturating_sub(1)
        .min(count.saturating_sub(1))
}

/// The middle and both ends of a few measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The median: the lower of the two middle ones when the count is even.
    pub(crate) median: f64,
    /// The least.
    pub(crate) min: f64,
    /// The greatest.
    pub(crate) max: f64,
}

impl Spread {
    /// Of these values; all 0 when there are none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
        Self {
            median: at(nearest_rank(values.len(), 0.5)),
            min: at(0),
            max: at(values.len().saturating_sub(1)),
        }
    }
}
