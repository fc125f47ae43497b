//! What binds a plan: guardrails, windows, and how long it takes by the past.

use std::collections::BTreeMap;

use crate::domain::fleet::Fleet;
use crate::domain::plan::{Past, Plan, Rules, Workflow, estimates};
use crate::domain::policy;
use crate::domain::run::control::Control;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{Phase, RunState};
use crate::engine::ports::{RunReader, StoreError};
use crate::engine::worker::replayed;

/// Runs that are looked through for past ones of a workflow.
const RUNS: usize = 200;
/// Past runs that are gone by.
const GONE_BY: u32 = 10;

/// The plan with the rules of its fleet in it.
pub async fn ruled(past: &dyn RunReader, fleet: &Fleet, mut plan: Plan) -> Plan {
    let mut rules = Rules {
        verdict: Some(policy::judge(fleet, &plan)),
        outside: fleet.policy.outside,
        resumes: fleet.policy.window_resumes,
        ..Rules::default()
    };
    if waits_for_windows(plan.workflow) {
        for host in plan.targets() {
            let windows = fleet.host(&host.id).map(|h| h.windows.to_vec()).unwrap_or_default();
            if windows.iter().any(|w| w.gates_runs() || w.freezes()) {
                rules.windows.insert(host.id.clone(), windows);
            }
        }
    }
    // A past that cannot be read is no past: the plan says that nobody knows.
    let past = past_of(past, &plan).await.unwrap_or_default();
    rules.estimates = estimates(&plan, &past);
    plan.rules = rules;
    plan
}

/// Whether a workflow is for a maintenance window. A backup touches nothing that runs, and the way back to what ran
/// before must stay open when a change went wrong.
fn waits_for_windows(workflow: Workflow) -> bool {
    match workflow {
        Workflow::Backup | Workflow::VerifyBackup | Workflow::Rollback => false,
        Workflow::Upgrade
        | Workflow::CanaryUpgrade
        | Workflow::Deploy
        | Workflow::Configure
        | Workflow::RotateSecrets
        | Workflow::Import
        | Workflow::Ansible => true,
    }
}

/// How long the hosts of the last good runs took that did the same: this workflow, and of Ansible this playbook.
async fn past_of(store: &dyn RunReader, new: &Plan) -> Result<Past, StoreError> {
    let playbook = |plan: &Plan| plan.playbook.as_ref().map(|p| p.wish.clone());
    let mut past = Past::default();
    for run in store.runs(RUNS).await? {
        if past.n_runs >= GONE_BY || run.workflow != new.workflow || run.phase != Phase::Succeeded {
            continue;
        }
        let plan = store.plan(&run.run).await?;
        if playbook(&plan) != playbook(new) {
            continue;
        }
        let state = replayed(store, &run.run, &plan).await?;
        if !was_left_alone(&state) {
            continue;
        }
        past.n_runs += 1;
        for (host, took) in took(&state) {
            past.hosts.entry(host).or_default().push(took);
        }
    }
    Ok(past)
}

/// What a run itself tells of how long its targets take.
pub(crate) fn own_past(state: &RunState) -> Past {
    let hosts = took(state).into_iter().map(|(host, took)| (host, vec![took]));
    Past { n_runs: 1, hosts: hosts.collect() }
}

/// Seconds that each host took that ended well.
fn took(state: &RunState) -> BTreeMap<crate::domain::ids::HostId, f64> {
    let ended = state.hosts.iter().filter(|h| h.outcome.as_ref().is_some_and(Outcome::lets_go_on));
    let each = ended.filter_map(|host| {
        let took = host.finished?.duration_since(host.started?).as_secs_f64();
        Some((host.id.clone(), took.max(0.0)))
    });
    each.collect()
}

/// Whether nothing kept it waiting: a run that was paused for a night says nothing of how long the work takes.
fn was_left_alone(state: &RunState) -> bool {
    let paused = state.controls.iter().any(|(_, control, _)| *control == Control::Pause);
    !paused && state.generation <= 1
}
