//! The way back of a canary that failed: runs of the rollbacks that its plan holds, carried out by the same worker.
//!
//! **Invariant:** the ids of these runs are journalled before the first of them is stored, so a worker that takes
//! over goes on with them and starts no second one. A host whose outcome is unknown is not touched.

use super::run::carry_out_too;
use super::shared::Shared;
use crate::domain::canary::CanaryPlan;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{HostPlan, Phase, Plan};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{HostState, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// What went wrong on the canary hosts themselves, if something did.
pub(super) fn gone_bad(plan: &CanaryPlan, state: &RunState) -> Option<Safe> {
    let hosts = plan.canary.iter().filter_map(|member| state.host(&member.host));
    let bad = hosts.filter_map(|host| {
        let outcome = host.outcome.as_ref().filter(|outcome| !outcome.lets_go_on())?;
        Some(match outcome {
            Outcome::Failed(f) | Outcome::Unknown(f) | Outcome::Unreachable(f) => {
                format!("{}: {}", host.id, f.message)
            }
            Outcome::Ok
            | Outcome::Changed
            | Outcome::Skipped(_)
            | Outcome::NotRun(_)
            | Outcome::Cancelled => format!("{} was {}", host.id, outcome.word()),
        })
    });
    let bad: Vec<String> = bad.collect();
    (!bad.is_empty()).then(|| Safe::line(&bad.join("; ")))
}

/// Whether a canary host failed by itself, and was not only left alone when the run ended for another reason.
pub(super) fn failed_itself(plan: &CanaryPlan, state: &RunState) -> bool {
    let outcomes = plan.canary.iter().filter_map(|m| state.host(&m.host)?.outcome.as_ref());
    outcomes.into_iter().any(|outcome| {
        matches!(outcome, Outcome::Failed(_) | Outcome::Unknown(_) | Outcome::Unreachable(_))
    })
}

/// Ids for the runs that roll this canary back; none where a person is to decide.
pub(super) fn runs(shared: &Shared, plan: &CanaryPlan) -> Vec<RunId> {
    let clock = &shared.ports.clock;
    let id = |_: &Plan| {
        let chance = clock.nonce();
        let random = chance.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        RunId::new(clock.now(), random.unwrap_or_default())
    };
    plan.rollback.iter().map(id).collect()
}

/// Carries out the rollbacks that the journal names, from where they stand.
pub(super) async fn go_back(
    shared: &Shared,
    plan: &CanaryPlan,
    state: &RunState,
) -> Result<(), StoreError> {
    let end = state.canary.as_ref().and_then(|canary| canary.end.as_ref());
    let Some(end) = end.filter(|end| !end.passed) else { return Ok(()) };
    for (run, back) in end.rollback.iter().zip(&plan.rollback) {
        let back = of_those_that_went(shared, back, state);
        if back.hosts.is_empty() {
            continue;
        }
        ensure(shared, run, &back, state).await?;
        match carry_out_too(shared, run.clone()).await {
            // A person resumed it: it is in good hands.
            Ok(()) | Err(StoreError::Owned { .. } | StoreError::Ended(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The rollback of the hosts that came so far that there is something to go back from.
fn of_those_that_went(shared: &Shared, back: &Plan, state: &RunState) -> Plan {
    let goes = |host: &HostPlan| {
        let planned = shared.plan.host(&host.id);
        planned.zip(state.host(&host.id)).is_some_and(|(planned, state)| has_new(planned, state))
    };
    let hosts: Vec<HostPlan> = back.hosts.iter().filter(|h| goes(h)).cloned().collect();
    let ids: Vec<HostId> = hosts.iter().map(|h| h.id.clone()).collect();
    let made_at = shared.ports.clock.now();
    Plan { batches: vec![ids], hosts, made_at, ..back.clone() }
}

/// Whether the new release runs there: its gate was looked at. Where it cannot be told, nothing is done.
fn has_new(plan: &HostPlan, state: &HostState) -> bool {
    let begun = plan.phases.iter().any(|phase| match phase {
        Phase::Gate(gate) => state.step(&gate.id).is_some_and(|step| step.started.is_some()),
        Phase::Job { .. } | Phase::Vault(_) => false,
    });
    let known = match &state.outcome {
        Some(Outcome::Unknown(_) | Outcome::Unreachable(_)) | None => false,
        Some(
            Outcome::Ok
            | Outcome::Changed
            | Outcome::Skipped(_)
            | Outcome::Failed(_)
            | Outcome::NotRun(_)
            | Outcome::Cancelled,
        ) => true,
    };
    begun && known
}

/// Stores the run, where no worker before did.
async fn ensure(
    shared: &Shared,
    run: &RunId,
    back: &Plan,
    state: &RunState,
) -> Result<(), StoreError> {
    match shared.ports.store.plan(run).await {
        Ok(_) => Ok(()),
        Err(StoreError::NoSuchRun(_)) => {
            let Some(by) = state.by.clone() else { return Ok(()) };
            let how = Safe::line(&format!("the canary of run {} failed", shared.run));
            let after = Some(shared.run.clone());
            let first = EventKind::Planned { hash: back.hash(), by, how, after };
            shared.ports.store.create(run, back, first).await
        }
        Err(error) => Err(error),
    }
}
