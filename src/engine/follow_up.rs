//! What follows a run that ended: the rollback of what it changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::{CommitSha, GitRef};
use crate::domain::ids::{HostId, StepId};
use crate::domain::plan::strategy::{Asked, RolloutSettings};
use crate::domain::plan::{HostPlan, Plan, What, Wish};
use crate::domain::run::operator::Operator;
use crate::domain::run::state::{HostState, RunState};
use crate::engine::planner::{self, PlanError, PlanPorts};

/// The step after which an instance is no longer at the commit that it came from.
const CHECKOUT: &str = "checkout";

/// The targets that a run may have taken to another commit, by the commit that they came from. Those that it did not come
/// to are not among them, nor is any that somebody else changed.
pub fn changed(plan: &Plan, state: &RunState) -> BTreeMap<CommitSha, Vec<HostId>> {
    let mut found: BTreeMap<CommitSha, Vec<HostId>> = BTreeMap::new();
    for host in &plan.hosts {
        if let (Some(from), true) = (&host.from, state.host(&host.id).is_some_and(moved)) {
            found.entry(from.clone()).or_default().push(host.id.clone());
        }
    }
    found
}

fn moved(host: &HostState) -> bool {
    let is_checkout = |id: &StepId| id.as_str() == CHECKOUT;
    host.steps.iter().any(|s| is_checkout(&s.id) && s.started.is_some())
}

/// Plans to bring back what a run changed, one plan per commit that its targets came from. They point to the run, are
/// one batch each, and have no canary and no soak: a rollback is urgent. Each target is judged as it is now; one that
/// is at its old commit still is left out. What the inventory says `now` binds them: groups, guardrails, windows, hooks.
pub async fn rollbacks(
    ports: &PlanPorts,
    now: &Fleet,
    plan: &Plan,
    state: &RunState,
    by: &Operator,
) -> Result<Vec<Plan>, PlanError> {
    let changed = changed(plan, state);
    let hosts: BTreeSet<&HostId> = changed.values().flatten().collect();
    let fleet = Fleet {
        name: plan.fleet.clone(),
        hosts: plan
            .hosts
            .iter()
            .filter(|h| hosts.contains(&h.id))
            .map(|host| Arc::new(as_planned(host, now)))
            .collect(),
        left_out: Vec::new(),
        ..now.clone()
    };
    let mut plans = Vec::new();
    for (from, hosts) in &changed {
        let Ok(to) = from.as_str().parse::<GitRef>() else { continue };
        let what = What::Rollback { to: Some(to) };
        let wish = Wish { hosts: hosts.clone(), what, asked: Asked::default() };
        let mut back = planner::plan(ports, &fleet, &wish, by).await?;
        back.after = Some(state.run.clone());
        plans.push(back);
    }
    Ok(plans)
}

/// The host as it was when it was planned: what was approved is what is taken back. Its groups are those of now, since
/// rules go by them.
fn as_planned(host: &HostPlan, now: &Fleet) -> Host {
    let known = now.host(&host.id);
    Host {
        id: host.id.clone(),
        groups: known.map(|host| host.groups.clone()).unwrap_or_default(),
        windows: known.map(|host| Arc::clone(&host.windows)).unwrap_or_default(),
        vars: BTreeMap::new(),
        connection: host.connection.clone(),
        instance: Some(Arc::new(host.settings.clone())),
        rollout: RolloutSettings::default(),
    }
}
