//! The plan of a canary upgrade: that of an upgrade, the canary group first.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::select::Selected;
use super::{PlanError, PlanPorts, upgrade};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::{GitRef, GitUrl};
use crate::domain::ids::HostId;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::settings::{InstanceSettings, Tier};
use crate::workflows::canary::{Beyond, NoCanary, Setting, assemble};

/// Plans an upgrade to `reference`, or to the ref that all follow, with its canary.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    reference: Option<&GitRef>,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let repo = selected.one_repository()?;
    let upgrade = upgrade::plan(ports, fleet, selected, reference, by).await?;
    let is_canary = |host: &&Arc<Host>| {
        let group = host.instance.as_ref().and_then(|settings| settings.canary.group.as_ref());
        group.is_some_and(|group| host.groups.contains(group))
    };
    let canaries: BTreeSet<HostId> =
        fleet.hosts.iter().filter(is_canary).map(|host| host.id.clone()).collect();
    let others = beyond(fleet, &upgrade, &repo, &canaries);
    let looks = upgrade::look_at_all(ports, &others).await;
    let beyond: Vec<Beyond<'_>> = others
        .iter()
        .zip(&looks)
        .filter_map(|((host, settings), look)| {
            Some(Beyond { id: &host.id, settings, facts: look.as_ref().ok()? })
        })
        .collect();
    let (server, beyond) = (fleet.metrics.as_ref(), &beyond[..]);
    let setting = Setting { canaries: &canaries, server, operator: by, beyond };
    assemble(upgrade, &setting).map_err(|none| match none {
        NoCanary::Nobody(group) => PlanError::NoCanary(group),
        NoCanary::Differ(variable, one, other) => {
            PlanError::CanariesDiffer { variable, one, other }
        }
    })
}

/// Instances that the plan leaves alone and that its canary can be compared with, where the plan itself has too few:
/// they come from the same repository, report, and nobody works on them.
fn beyond<'f>(
    fleet: &'f Fleet,
    plan: &Plan,
    repo: &GitUrl,
    canaries: &BTreeSet<HostId>,
) -> Vec<(&'f Host, &'f InstanceSettings)> {
    if fleet.metrics.is_none() {
        return Vec::new();
    }
    let n_own = plan.hosts.iter().filter(|host| !canaries.contains(&host.id)).count();
    let others = fleet.hosts.iter().filter_map(|host| Some((&**host, host.instance.as_deref()?)));
    let comparable = others.filter(|(host, settings)| {
        settings.tier == Tier::Reporting
            && settings.repo == *repo
            && host.rollout.maintenance.is_none()
            && plan.host(&host.id).is_none()
            && !canaries.contains(&host.id)
    });
    comparable.take(ENOUGH.saturating_sub(n_own)).collect()
}

/// So many to compare with are enough: samples are pooled, and each costs the plan a look at a host.
const ENOUGH: usize = 40;
