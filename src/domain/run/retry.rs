//! A run once more, for the targets that it left behind.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::outcome::{NotRun, Outcome};
use super::state::{HostState, RunState};
use crate::domain::canary::soak::CanaryEnd;
use crate::domain::ids::{HostId, StepId};
use crate::domain::plan::strategy::batches_of;
use crate::domain::plan::{Excluded, HostPlan, Phase, Plan, PlannedStep};
use crate::domain::untrusted::Safe;

/// Why a run cannot be retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRetry {
    /// It has not ended.
    #[error("run {0} has not ended: abort it first, or resume it")]
    Unfinished(String),
    /// No target was left behind that could be tried again.
    #[error("run {run} left nothing to retry{why}")]
    Nothing {
        /// The run.
        run: String,
        /// What stands in the way, where something does.
        why: Safe,
    },
    /// Its canary has not passed: nobody knows whether the release is good.
    #[error(
        "run {run} cannot be retried, since its canary did not pass ({why}) and the rest would get the release unproven: plan again, with `bunker canary-upgrade`, or with `bunker upgrade` if you know that it is good"
    )]
    NoPass {
        /// The run.
        run: String,
        /// How the canary ended, or that it did not.
        why: Safe,
    },
}

/// The plan of a retry: the same commit and the same steps for the targets that failed, could not be reached, were ended
/// or were not started, each from the step that it stopped at; a step that takes the lease is done again. A target of
/// which nobody can tell how it ended is left out until a person has looked at it, and one that `left_out` gives a reason
/// for. After a canary that passed the rest goes on without one; after any other there is no retry.
///
/// What binds the plan (guardrails, windows, hooks) is still that of the old one: the caller puts in what holds now.
pub fn retried(
    plan: &Plan,
    state: &RunState,
    now: Timestamp,
    left_out: impl Fn(&HostPlan) -> Option<Safe>,
) -> Result<Plan, NoRetry> {
    if state.finished.is_none() {
        return Err(NoRetry::Unfinished(state.run.to_string()));
    }
    let mut again = Plan { made_at: now, after: Some(state.run.clone()), ..plan.clone() };
    if plan.canary.is_some() {
        let end = state.canary.as_ref().and_then(|canary| canary.end.as_ref());
        if let Some(why) = no_pass(end) {
            return Err(NoRetry::NoPass { run: state.run.to_string(), why });
        }
        again.canary = None;
    }
    let mut kept = BTreeSet::new();
    again.excluded.clear();
    again.hosts.retain(|host| {
        let Some(ended) = state.host(&host.id).filter(|_| host.will_run()) else { return false };
        match left_behind(ended) {
            Ok(true) => {
                if let Some(reason) = left_out(host) {
                    again.excluded.push(Excluded { host: host.id.clone(), reason });
                    return false;
                }
                kept.insert(host.id.clone());
                true
            }
            Ok(false) => false,
            Err(reason) => {
                let reason = Safe::line(reason);
                again.excluded.push(Excluded { host: host.id.clone(), reason });
                false
            }
        }
    });
    if kept.is_empty() {
        let why: Vec<String> =
            again.excluded.iter().map(|e| format!("; {}: {}", e.host, e.reason)).collect();
        return Err(NoRetry::Nothing {
            run: state.run.to_string(),
            why: Safe::line(&why.concat()),
        });
    }
    for host in &mut again.hosts {
        if let Some(ended) = state.host(&host.id) {
            from_where_it_stopped(host, ended);
        }
    }
    batches_of(&mut again, |id: &HostId| kept.contains(id));
    Ok(again)
}

/// Why the rest may not follow a canary that ended so; `None` where it may.
fn no_pass(end: Option<&CanaryEnd>) -> Option<Safe> {
    match end {
        Some(end) if end.passed => None,
        Some(end) => Some(end.why.clone()),
        None => Some(Safe::line("it was not watched to its end")),
    }
}

fn left_behind(host: &HostState) -> Result<bool, &'static str> {
    match &host.outcome {
        Some(Outcome::Unknown(_)) => {
            Err("nobody can tell how it ended: look at the host, then plan again")
        }
        None
        | Some(
            Outcome::Ok
            | Outcome::Changed
            | Outcome::Skipped(_)
            | Outcome::NotRun(NotRun::Blocked(_)),
        ) => Ok(false),
        Some(
            Outcome::Failed(_) | Outcome::Unreachable(_) | Outcome::Cancelled | Outcome::NotRun(_),
        ) => Ok(true),
    }
}

/// Takes out what ended well. A target that became ill after it was done goes through its last gate again.
fn from_where_it_stopped(host: &mut HostPlan, ended: &HostState) {
    let ended_well = |id: &StepId| {
        ended.step(id).and_then(|s| s.outcome.as_ref()).is_some_and(Outcome::lets_go_on)
    };
    let ids = |phases: &[Phase]| -> BTreeSet<StepId> {
        phases.iter().flat_map(Phase::steps).map(|(id, _)| id.clone()).collect()
    };
    let mut gone = ids(&host.phases);
    gone.retain(|id| ended_well(id));
    if gone.len() == host.steps().count() {
        let last_gate = host.phases.iter().rposition(|p| matches!(p, Phase::Gate(_)));
        gone = ids(host.phases.get(..last_gate.unwrap_or(0)).unwrap_or_default());
    }
    let well = |id: &StepId| gone.contains(id);
    let lease: Vec<PlannedStep> = host
        .phases
        .iter()
        .filter_map(|phase| match phase {
            Phase::Job { steps } => Some(steps),
            Phase::Gate(_) | Phase::Vault(_) => None,
        })
        .flatten()
        .filter(|s| s.step.id.as_str() == LEASE)
        .cloned()
        .collect();
    let began = lease.iter().any(|s| well(&s.step.id));
    let mut phases = Vec::new();
    for phase in std::mem::take(&mut host.phases) {
        match phase {
            Phase::Job { mut steps } => {
                steps.retain(|s| !well(&s.step.id));
                if !steps.is_empty() {
                    phases.push(Phase::Job { steps });
                }
            }
            Phase::Gate(gate) if well(&gate.id) => {}
            Phase::Vault(step) if well(&step.id) => {}
            phase @ (Phase::Gate(_) | Phase::Vault(_)) => phases.push(phase),
        }
    }
    if began {
        match phases.first_mut() {
            Some(Phase::Job { steps }) => {
                steps.splice(0..0, lease);
            }
            _ => phases.insert(0, Phase::Job { steps: lease }),
        }
    }
    host.phases = phases;
}

/// The step by which every workflow takes the lease of an instance.
const LEASE: &str = "lease";
