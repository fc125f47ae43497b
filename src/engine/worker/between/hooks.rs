//! The operators' hooks around batches and around the run.

use std::convert::Infallible;

use super::super::controls::{self, Wish};
use super::super::shared::Shared;
use super::{Finding, Place, Side};
use crate::domain::hook::{HookCall, HookHost, HookPoint};
use crate::domain::ids::HostId;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// `pre-batch` and `post-batch`, each once for a batch that it let go. One that says no lets the run wait: resuming
/// runs it again, promoting passes it.
pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError> {
    let point = match place.side {
        Side::Before => HookPoint::PreBatch,
        Side::After => HookPoint::PostBatch,
        Side::Again => return Ok(Finding::GoOn),
    };
    if place.state.hook_passed(point, Some(place.batch)) {
        return Ok(Finding::GoOn);
    }
    let failed = run(place.shared, &place.state, point, Some(place.batch), None).await?;
    Ok(match failed {
        Some(why) if point.stops() => {
            let why = Safe::line(&format!("the hook {point} said no: {why}"));
            Finding::Pause(PauseReason::Hook, why)
        }
        Some(_) | None => Finding::GoOn,
    })
}

/// `pre-connect`, by each worker. One that says no ends the run before anything further is started.
pub(super) async fn before_run(shared: &Shared, state: &RunState) -> Result<(), StoreError> {
    if let Some(why) = run(shared, state, HookPoint::PreConnect, None, None).await? {
        shared.stop(Safe::line(&format!("the hook pre-connect said no: {why}"))).await?;
    }
    Ok(())
}

/// `on-failed` where the run failed, and `post-run`.
pub(super) async fn after_run(shared: &Shared, phase: Phase) -> Result<(), StoreError> {
    let state = shared.state().await?;
    let how = Safe::line(&format!("{}: {}", phase.word(), state.counts()));
    if phase == Phase::Failed && !state.hook_passed(HookPoint::OnFailed, None) {
        run(shared, &state, HookPoint::OnFailed, None, Some(how.clone())).await?;
    }
    if !state.hook_passed(HookPoint::PostRun, None) {
        run(shared, &state, HookPoint::PostRun, None, Some(how)).await?;
    }
    Ok(())
}

/// `on-paused`, each time the run begins to wait.
pub(in crate::engine::worker) async fn on_pauses(
    shared: &Shared,
) -> Result<Infallible, StoreError> {
    let mut wish = shared.wish.clone();
    if !shared.plan.around.hooks.iter().any(|hook| hook.point == HookPoint::OnPaused) {
        return std::future::pending().await;
    }
    loop {
        if wish.wait_for(|now| *now == Wish::Pause).await.is_err() {
            return std::future::pending().await;
        }
        let state = shared.state().await?;
        run(shared, &state, HookPoint::OnPaused, None, state.why.clone()).await?;
        controls::unpaused(wish.clone()).await;
    }
}

/// Runs the hook of a point, where there is one, and journals what it said. Gives what went wrong.
async fn run(
    shared: &Shared,
    state: &RunState,
    point: HookPoint,
    batch: Option<u32>,
    reason: Option<Safe>,
) -> Result<Option<Safe>, StoreError> {
    let hooks = &shared.plan.around.hooks;
    let Some(hook) = hooks.iter().find(|hook| hook.point == point) else { return Ok(None) };
    let call = call(shared, state, point, batch, reason);
    let end = shared.ports.around.hooks.run(hook, &call).await;
    shared.ports.store.keep_hook_log(&shared.run, point.name(), &end.output).await?;
    let failed = end.failed.clone();
    let ran = EventKind::HookRan {
        hook: point,
        batch,
        failed: end.failed,
        lines: end.lines,
        took_s: end.took_s,
    };
    shared.add(vec![ran]).await?;
    Ok(failed)
}

fn call(
    shared: &Shared,
    state: &RunState,
    point: HookPoint,
    batch: Option<u32>,
    reason: Option<Safe>,
) -> HookCall {
    let plan = &shared.plan;
    let in_batch = batch.and_then(|n| plan.batches.get(n as usize));
    let ids: Vec<HostId> = match in_batch {
        Some(batch) => batch.clone(),
        None => plan.hosts.iter().map(|host| host.id.clone()).collect(),
    };
    let of = |id: HostId| {
        let outcome = state.host(&id).and_then(|host| host.outcome.as_ref()).map(Outcome::word);
        HookHost { id, outcome }
    };
    let by = |by: &crate::domain::run::operator::Operator| {
        let from = by.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        Safe::line(&format!("{} on {}{from}", by.user, by.machine))
    };
    let target = plan.target.as_ref();
    HookCall {
        schema: 1,
        hook: point,
        fleet: plan.fleet.clone(),
        workflow: Safe::line(plan.workflow.name()),
        target: target.map(|t| Safe::line(&format!("{} ({})", t.reference, t.sha.short()))),
        run: Some(shared.run.clone()),
        plan: state.hash.as_ref().map(ToString::to_string),
        by: state.by.as_ref().map(by),
        batch: batch.map(|n| n + 1),
        batches: u32::try_from(plan.batches.len()).unwrap_or(u32::MAX),
        hosts: ids.into_iter().map(of).collect(),
        reason,
        at: shared.ports.clock.now(),
    }
}
