//! The plan of a canary upgrade: that of an upgrade, the canary group first.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::select::Selected;
use super::{PlanError, PlanPorts, upgrade};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::GitRef;
use crate::domain::ids::HostId;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::workflows::canary::{NoCanary, Setting, assemble};

/// Plans an upgrade to `reference`, or to the ref that all follow, with its canary.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    reference: Option<&GitRef>,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let upgrade = upgrade::plan(ports, fleet, selected, reference, by).await?;
    let is_canary = |host: &&Arc<Host>| {
        let group = host.instance.as_ref().and_then(|settings| settings.canary.group.as_ref());
        group.is_some_and(|group| host.groups.contains(group))
    };
    let canaries: BTreeSet<HostId> =
        fleet.hosts.iter().filter(is_canary).map(|host| host.id.clone()).collect();
    let setting = Setting { canaries: &canaries, server: fleet.metrics.as_ref(), operator: by };
    assemble(upgrade, &setting).map_err(|none| match none {
        NoCanary::Nobody(group) => PlanError::NoCanary(group),
        NoCanary::Differ(variable, one, other) => {
            PlanError::CanariesDiffer { variable, one, other }
        }
    })
}
