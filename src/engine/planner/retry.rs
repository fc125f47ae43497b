//! A run once more, for what it left behind: its own steps, bound by what the inventory says now.

use super::{PlanError, PlanPorts, around, ruled};
use crate::domain::fleet::Fleet;
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::run::retry::{NoRetry, retried};
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;

/// Why there is no plan of a retry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    /// The run left nothing that can be tried again.
    #[error(transparent)]
    NoRetry(#[from] NoRetry),
    /// The inventory is not that of the run.
    #[error(
        "run {run} is of the fleet {of}, and the inventory here is of {here}: name the right one with --inventory"
    )]
    OtherFleet {
        /// The run.
        run: String,
        /// Its fleet.
        of: String,
        /// The fleet of the inventory.
        here: String,
    },
    /// What stands around the run could not be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Plans a retry. Steps, commit and strategy are those of the old plan; guardrails, windows, hooks, who is told and which
/// hosts rest are as the inventory says now. A host that is reached or kept differently since is left out: the old steps
/// would go to another place.
pub async fn retry(
    ports: &PlanPorts,
    fleet: &Fleet,
    plan: &Plan,
    state: &RunState,
) -> Result<Plan, RetryError> {
    if plan.fleet != fleet.name {
        let (of, here) = (plan.fleet.to_string(), fleet.name.to_string());
        return Err(RetryError::OtherFleet { run: state.run.to_string(), of, here });
    }
    let now = ports.clock.now();
    let again =
        retried(plan, state, now, |host| left_out(fleet, host).map(|why| Safe::line(&why)))?;
    let outside = again.rules.outside;
    let mut again = ruled(&*ports.past, fleet, again).await;
    // A run that was to wait for its window waits once more.
    again.rules.outside = outside;
    Ok(around::surrounded(ports, fleet, again)?)
}

/// Why a host is not tried again, by the inventory of now.
fn left_out(fleet: &Fleet, host: &HostPlan) -> Option<String> {
    let Some(now) = fleet.host(&host.id) else {
        return Some("it is not in the inventory any more, or has a problem there".to_owned());
    };
    if let Some(why) = &now.rollout.maintenance {
        return Some(format!("it is in maintenance: {why}"));
    }
    let Some(settings) = &now.instance else {
        return Some("it is no instance any more: it has no cml_domain".to_owned());
    };
    if now.connection != host.connection {
        return Some("it is reached in another way since: plan again".to_owned());
    }
    (settings.dir != host.settings.dir || settings.repo != host.settings.repo)
        .then(|| "its folder or repository is another one since: plan again".to_owned())
}
