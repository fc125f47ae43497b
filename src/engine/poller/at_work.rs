//! Which hosts runs are at work on, as the poller is told.

use std::collections::BTreeSet;

use tokio::sync::watch;

use crate::domain::ids::HostId;
use crate::domain::run::state::RunSummary;

/// Tells the poller on which hosts runs are at work. It looks at these less often, since their runs tell how they are and a look
/// takes the host's processor from the step.
#[derive(Debug, Clone)]
pub struct AtWork(watch::Sender<BTreeSet<HostId>>);

impl AtWork {
    pub(super) fn new(tell: watch::Sender<BTreeSet<HostId>>) -> Self {
        Self(tell)
    }

    /// Tells what all runs that there are work on now.
    pub fn by(&self, runs: &[RunSummary]) {
        let now: BTreeSet<HostId> = runs.iter().flat_map(RunSummary::works_on).cloned().collect();
        self.0.send_if_modified(|last| {
            let changed = *last != now;
            if changed {
                *last = now;
            }
            changed
        });
    }
}
