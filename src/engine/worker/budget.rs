//! When a run stops starting further targets.

use crate::domain::ids::HostId;
use crate::domain::plan::{FailureBudget, Plan};
use crate::domain::run::outcome::Outcome;
use crate::domain::untrusted::Safe;

/// Counts the targets that went wrong.
#[derive(Debug)]
pub(super) struct Budget {
    limits: FailureBudget,
    n_targets: usize,
    batches: Vec<Vec<HostId>>,
    failed: Vec<HostId>,
    unreachable: Vec<HostId>,
}

impl Budget {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            limits: plan.stops.clone(),
            n_targets: plan.targets().count(),
            batches: plan.batches.clone(),
            failed: Vec::new(),
            unreachable: Vec::new(),
        }
    }

    /// Counts one more target that ended. Counted again it is still one.
    pub(super) fn count(&mut self, host: &HostId, outcome: &Outcome) {
        let list = match outcome {
            // Not knowing is not passing.
            Outcome::Failed(_) | Outcome::Unknown(_) => &mut self.failed,
            Outcome::Unreachable(_) => &mut self.unreachable,
            Outcome::Ok
            | Outcome::Changed
            | Outcome::Skipped(_)
            | Outcome::NotRun(_)
            | Outcome::Cancelled => return,
        };
        if !list.contains(host) {
            list.push(host.clone());
        }
    }

    /// Why no further target is started; `None` while they are.
    pub(super) fn spent(&self) -> Option<Safe> {
        let limits = &self.limits;
        let counts = [
            (&self.failed, limits.max_failed, &limits.failed_of_batch, "failed"),
            (
                &self.unreachable,
                limits.max_unreachable,
                &limits.unreachable_of_batch,
                "could not be reached",
            ),
        ];
        let spent = counts.into_iter().find_map(|(went, of_run, of_batch, what)| {
            let n = self.n_targets;
            if went.len() >= of_run.max(1) as usize {
                return Some(format!("{} of {n} {what}", went.len()));
            }
            let batches = self.batches.iter().zip(of_batch).enumerate();
            batches.map(|(idx, (batch, limit))| (idx, batch, limit)).find_map(
                |(idx, batch, limit)| {
                    let here = went.iter().filter(|host| batch.contains(host)).count();
                    let over = here >= (*limit).max(1) as usize;
                    over.then(|| format!("{here} of {} of batch {} {what}", batch.len(), idx + 1))
                },
            )
        });
        spent.map(|why| Safe::line(&why))
    }
}
