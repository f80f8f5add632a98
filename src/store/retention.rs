//! The sweeper: housekeeping on a timer, over the trait.
