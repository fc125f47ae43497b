//! How many targets go when, in which order, and when a run stops: as it is asked for, and what that comes to.
//!
//! **Invariants:** every target that will run is in exactly one batch; what a plan shows is what was computed here, and
//! nothing is computed again when it runs.

mod amount;
mod apply;
mod order;
#[cfg(test)]
mod tests;

pub use amount::{Amount, InvalidStrategy, Limit, Scope, serial};
pub use apply::{apply, batches_of, order};
pub use order::Order;

use serde::{Deserialize, Serialize};

use crate::domain::untrusted::Safe;

/// How runs treat a host as one of many targets (`bunker_*`), after precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutSettings {
    /// `bunker_serial`: sizes of the batches, by default 25 % of all.
    pub serial: Vec<Amount>,
    /// `bunker_order`: by default that of the inventory.
    pub order: Order,
    /// `bunker_parallel`: targets of a batch at the same time, by default 8.
    pub parallel: u32,
    /// `bunker_max_failed`: the run stops when this many targets failed, by default 1.
    pub max_failed: Limit,
    /// `bunker_max_unreachable`: the run stops when this many could not be reached, by default 1.
    pub max_unreachable: Limit,
    /// `bunker_progress_deadline_s`: seconds of work in which some target must become healthy, by default an hour; 0
    /// lets the first failure end the run.
    pub progress_deadline_s: u64,
    /// `bunker_maintenance`: why no workflow touches it now.
    pub maintenance: Option<Safe>,
}

impl Default for RolloutSettings {
    fn default() -> Self {
        Self {
            serial: vec![Amount::Percent(25)],
            order: Order::Inventory,
            parallel: 8,
            max_failed: Limit::of_run(Amount::Count(1)),
            max_unreachable: Limit::of_run(Amount::Count(1)),
            progress_deadline_s: 3_600,
            maintenance: None,
        }
    }
}

/// What an operator asked for on the command line. It stands for what the inventory says, and is not mixed with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Sizes of the batches.
    pub serial: Option<Vec<Amount>>,
    /// The order.
    pub order: Option<Order>,
    /// What a shuffle begins with; one is made up where none is given.
    pub seed: Option<u64>,
    /// Targets of a batch at the same time.
    pub parallel: Option<u32>,
    /// When it stops.
    pub max_failed: Option<Limit>,
    /// When it stops.
    pub max_unreachable: Option<Limit>,
    /// One target, then ask.
    pub step: bool,
}

/// The strategy of a plan, as it was decided. Part of the plan and of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Sizes of the batches; the last repeats.
    pub serial: Vec<Amount>,
    /// The order of the targets.
    pub order: Order,
    /// What the shuffle began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Each that some target asks for: any of them stops the run.
    pub max_failed: Vec<Limit>,
    /// The same of targets that cannot be reached.
    pub max_unreachable: Vec<Limit>,
    /// Seconds of work in which some target must become healthy.
    pub progress_deadline_s: u64,
    /// One target, then ask.
    #[serde(default)]
    pub step: bool,
    /// How many targets the order could say nothing about: they go last.
    #[serde(default)]
    pub unranked: usize,
}
