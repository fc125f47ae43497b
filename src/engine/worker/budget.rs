//! When a run stops starting further targets.

use crate::domain::plan::FailureBudget;
use crate::domain::run::outcome::Outcome;
use crate::domain::untrusted::Safe;

/// Counts the targets that went wrong.
#[derive(Debug)]
pub(super) struct Budget {
    limits: FailureBudget,
    n_targets: usize,
    n_failed: u32,
    n_unreachable: u32,
}

impl Budget {
    pub(super) fn new(limits: FailureBudget, n_targets: usize) -> Self {
        Self { limits, n_targets, n_failed: 0, n_unreachable: 0 }
    }

    /// Counts one more target that ended.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            // Not knowing is not passing.
            Outcome::Failed(_) | Outcome::Unknown(_) => self.n_failed += 1,
            Outcome::Unreachable(_) => self.n_unreachable += 1,
            Outcome::Ok
            | Outcome::Changed
            | Outcome::Skipped(_)
            | Outcome::NotRun(_)
            | Outcome::Cancelled => {}
        }
    }

    /// Why no further target is started; `None` while they are.
    pub(super) fn spent(&self) -> Option<Safe> {
        let n = self.n_targets;
        if self.n_failed >= self.limits.max_failed.max(1) {
            Some(Safe::line(&format!("{} of {n} failed", self.n_failed)))
        } else if self.n_unreachable >= self.limits.max_unreachable.max(1) {
            Some(Safe::line(&format!("{} of {n} could not be reached", self.n_unreachable)))
        } else {
            None
        }
    }
}
