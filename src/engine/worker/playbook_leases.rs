//! The leases of the instances that a playbook of Ansible runs on, as every workflow has them.
//!
//! **Invariant:** a playbook that changes things runs on no host whose lease is not ours. A host cannot refuse a task of Ansible as
//! it refuses a job of an older lease, so one that is lost ends the playbook after its running tasks.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::MissedTickBehavior;

use super::shared::Shared;
use super::verdict;
use crate::domain::connection::Connection;
use crate::domain::ids::HostId;
use crate::domain::lease::{LeaseOf, Renewed, Taken};
use crate::domain::plan::{HostPlan, Playbook};
use crate::domain::run::operator::Operator;
use crate::domain::run::outcome::{NotRun, Outcome};
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::LeaseDesk;
use crate::steps::lease::Claim;
use crate::steps::lease_desk::Hold;

/// Between two signs of life on a host.
const EVERY: Duration = Duration::from_secs(15);
/// Seconds that a lease holds after one. The playbook ends with its worker, so nothing outlives it by more.
const HOLD_S: u64 = 90;

/// Those that the run has.
pub(super) struct Leases<'a> {
    shared: &'a Shared,
    ours: Vec<(Connection, u64)>,
}

impl<'a> Leases<'a> {
    /// Takes that of each target; gives the hosts that go without one, with how they end. A check takes none.
    pub(super) async fn take(
        shared: &'a Shared,
        state: &RunState,
        playbook: &Playbook,
        targets: &[&HostPlan],
    ) -> (Self, Vec<(HostId, Outcome)>) {
        let mut leases = Self { shared, ours: Vec::new() };
        if playbook.wish.check {
            return (leases, Vec::new());
        }
        let claim = claim(shared, state, playbook);
        let taken = join_all(targets.iter().map(|host| {
            let (to, claim) = (host.connection.clone(), &claim);
            async move {
                let of = LeaseOf::Instance(to.host.clone());
                let taken = desk(shared).take(&to, &of, claim, &hold(shared, None)).await;
                (to, taken)
            }
        }))
        .await;
        let mut without = Vec::new();
        for (to, taken) in taken {
            let host = to.host.clone();
            let blocked = |why: String| Outcome::NotRun(NotRun::Blocked(Safe::line(&why)));
            match taken {
                Ok(Taken::Ours(generation)) => leases.ours.push((to, generation)),
                Ok(Taken::Held(look)) => {
                    let who = look.lease.as_ref().map(ToString::to_string);
                    let who = who.unwrap_or_else(|| "somebody".to_owned());
                    without.push((host, blocked(format!("its lease is held by {who}"))));
                }
                Ok(Taken::Busy(job)) => {
                    without.push((host, blocked(format!("a job runs there: {job}"))));
                }
                Err(error) => {
                    without.push((host, Outcome::Unreachable(verdict::remote_failure(&error))));
                }
            }
        }
        (leases, without)
    }

    /// Prolongs them again and again. Ends when one was lost, and says whose.
    pub(super) async fn keep(&self) -> Safe {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick.tick().await;
        loop {
            tick.tick().await;
            let renewed = join_all(self.ours.iter().map(|(to, generation)| async move {
                let of = LeaseOf::Instance(to.host.clone());
                let hold = hold(self.shared, Some(*generation));
                (to, desk(self.shared).renew(to, &of, &hold).await)
            }));
            for (to, renewed) in renewed.await {
                match renewed {
                    Ok(Renewed::Ours | Renewed::Busy | Renewed::Gone) => {}
                    Ok(Renewed::Lost(who)) => {
                        let why = format!("the lease of {} was taken away: it is {who}", to.host);
                        return Safe::line(&why);
                    }
                    Err(error) => {
                        let message = error.message.as_str();
                        tracing::warn!(host = %to.host, message, "a lease was not prolonged");
                    }
                }
            }
        }
    }

    /// Gives them back. One that cannot be given back ends by itself.
    pub(super) async fn give_back(self) {
        let given = self.ours.iter().map(|(to, generation)| {
            give_back(self.shared, to, hold(self.shared, Some(*generation)))
        });
        join_all(given).await;
    }
}

/// Gives back what a worker of this run that is gone has taken.
pub(super) async fn left_behind(shared: &Shared, targets: &[&HostPlan]) {
    join_all(targets.iter().map(|host| give_back(shared, &host.connection, hold(shared, None))))
        .await;
}

async fn give_back(shared: &Shared, to: &Connection, hold: Hold) {
    let of = LeaseOf::Instance(to.host.clone());
    if let Err(error) = desk(shared).give_back(to, &of, &hold).await {
        let message = error.message.as_str();
        tracing::warn!(host = %to.host, message, "a lease was not given back");
    }
}

fn desk(shared: &Shared) -> &dyn LeaseDesk {
    &*shared.ports.around.leases
}

fn hold(shared: &Shared, fence: Option<u64>) -> Hold {
    let doing = Safe::line("a playbook of Ansible");
    Hold { run: shared.run.clone(), fence, hold_s: HOLD_S, doing }
}

fn claim(shared: &Shared, state: &RunState, playbook: &Playbook) -> Claim {
    let unknown = Operator { user: "somebody".into(), machine: "unknown".into(), from: None };
    Claim {
        workflow: shared.plan.workflow.name(),
        target: Safe::line(&format!("{}", playbook.files.path)),
        operator: state.by.clone().unwrap_or(unknown),
    }
}
