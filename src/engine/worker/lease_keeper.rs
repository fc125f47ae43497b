//! Keeping the lease of a host while nothing of ours runs there: in a gate, and while the run is paused.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::host::HostRun;
use crate::domain::lease::{LeaseOf, Renewed};
use crate::domain::untrusted::Safe;
use crate::steps::lease_desk::Hold;

/// Between two signs of life on a host.
const EVERY: Duration = Duration::from_secs(15);
/// Seconds that a lease holds after one.
const HOLD_S: u64 = 90;

impl HostRun {
    /// Prolongs the lease again and again, saying what the run does there, until it is dropped. A host that does not
    /// answer is asked again; one that was lost to another run is left alone, and its runner refuses our next job.
    pub(super) async fn renewing(&self, doing: &str) -> Infallible {
        let Some(fence) = self.journal.state.lease_generation() else {
            return std::future::pending().await;
        };
        let (of, desk) = (
            LeaseOf::Instance(self.journal.state.id.clone()),
            &self.journal.shared.ports.around.leases,
        );
        let hold = Hold {
            run: self.journal.shared.run.clone(),
            fence: Some(fence),
            hold_s: HOLD_S,
            doing: Safe::line(doing),
        };
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The job that ended just now has prolonged it.
        tick.tick().await;
        loop {
            tick.tick().await;
            match desk.renew(&self.plan.connection, &of, &hold).await {
                Ok(Renewed::Ours | Renewed::Busy) => {}
                Ok(Renewed::Gone | Renewed::Lost(_)) => return std::future::pending().await,
                Err(error) => {
                    tracing::warn!(host = %self.journal.state.id, message = error.message.as_str(), "a lease was not prolonged");
                }
            }
        }
    }
}
