//! What stands around a run, put into its plan: hooks, the campaign, who is told.

use super::{PlanError, PlanPorts};
use crate::domain::fleet::Fleet;
use crate::domain::lease::FleetKey;
use crate::domain::plan::{Around, CampaignSpec, Plan, Workflow};

/// The plan with what stands around it.
pub(super) fn surrounded(
    ports: &PlanPorts,
    fleet: &Fleet,
    mut plan: Plan,
) -> Result<Plan, PlanError> {
    let hooks = ports.hooks.hooks(&ports.inventory, fleet.around.hook_timeout_s)?;
    plan.around =
        Around { hooks, campaign: campaign(fleet, &plan), notify: fleet.around.notify.clone() };
    Ok(plan)
}

/// A run that changes several instances goes through the fleet alone. One instance may be mended meanwhile, and a
/// backup of many goes beside anything: the lease of each instance is enough for them.
fn campaign(fleet: &Fleet, plan: &Plan) -> Option<CampaignSpec> {
    let beside = [Workflow::Backup, Workflow::VerifyBackup, Workflow::Import];
    let changes = !beside.contains(&plan.workflow);
    let several = plan.targets().nth(1).is_some();
    (changes && several).then(|| CampaignSpec {
        fleet: FleetKey::of(&fleet.name),
        central: fleet.central().map(|host| host.connection.clone()),
    })
}
