//! A canary upgrade all of whose canaries are held by somebody: the rest does not go without them.

use crate::domain::ids::HostId;
use crate::domain::plan::{Plan, Readiness};
use crate::workflows::planned::finding;

/// Leaves all targets alone until the canaries are free; gives whether it did: where no canary is held, waiting would not help.
///
/// The canaries stay in [`Plan::held`] and so are waited for by whoever waits; the rest is not, since it is free.
pub(super) fn until_free(plan: &mut Plan, is_canary: impl Fn(&HostId) -> bool) -> bool {
    let held: Vec<String> = plan
        .held()
        .filter(|host| is_canary(&host.id))
        .filter_map(|host| Some(format!("{} is {}", host.id, host.left_for()?)))
        .collect();
    if held.is_empty() {
        return false;
    }
    let text = format!("no canary could go before it: {}", held.join("; "));
    for host in plan.hosts.iter_mut().filter(|host| host.will_run()) {
        host.findings.insert(0, finding(Readiness::Blocked, "canary", &text));
        host.readiness = Readiness::Blocked;
        host.phases.clear();
    }
    plan.batches.clear();
    true
}
