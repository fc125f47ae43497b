//! A run as JSON: stable names, `null` for what is not known.

use serde_json::{Value, json};

use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::run::outcome::{Failure, NotRun, Outcome};
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{HostState, RunState, RunSummary, StepState};

/// One run with its targets and steps.
pub(super) fn run(plan: &Plan, state: &RunState) -> Value {
    json!({
        "run": state.run,
        "workflow": plan.workflow.name(),
        "target": plan.target,
        "state": state.phase.word(),
        "why": state.why,
        "reason": state.pause.map(PauseReason::name),
        "one_by_one": state.goes_one_by_one(plan),
        "summary": state.summary,
        "plan_hash": state.hash,
        "by": state.by.as_ref().map(operator),
        "after": state.after,
        "planned_at": state.planned,
        "started_at": state.started,
        "finished_at": state.finished,
        "batch": state.batch,
        "canary": state.canary,
        "targets": state.hosts.iter().map(|h| target(plan, h)).collect::<Vec<_>>(),
        "excluded": plan.excluded,
        "controls": state.controls.iter().map(|(at, control, by)| json!({
            "at": at, "control": control.name(), "host": control.host(), "by": operator(by),
        })).collect::<Vec<_>>(),
    })
}

/// One line of the list of runs.
pub(super) fn line(run: &RunSummary) -> Value {
    json!({
        "run": run.run,
        "workflow": run.workflow.name(),
        "target": run.target,
        "state": run.phase.word(),
        "by": run.by.as_ref().map(operator),
        "planned_at": run.planned,
        "finished_at": run.finished,
        "hosts": run.hosts,
        "n_ok": run.n_ok,
        "n_failed": run.n_failed,
        "summary": run.summary,
    })
}

fn operator(by: &Operator) -> Value {
    json!({ "user": by.user, "machine": by.machine, "from": by.from })
}

fn target(plan: &Plan, host: &HostState) -> Value {
    json!({
        "host": host.id,
        "batch": host.batch,
        "state": host.word(),
        "outcome": host.outcome.as_ref().map(Outcome::word),
        "detail": host.outcome.as_ref().map(detail),
        "from": plan.host(&host.id).and_then(|h| h.from.clone()),
        "started_at": host.started,
        "finished_at": host.finished,
        "contact_lost": host.contact_lost.as_ref().map(ToString::to_string),
        "told": host.told,
        "steps": host.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepState) -> Value {
    json!({
        "id": step.id,
        "title": step.title,
        "state": step.word(),
        "outcome": step.outcome.as_ref().map(Outcome::word),
        "detail": step.outcome.as_ref().map(detail),
        "started_at": step.started,
        "took_s": step.took_s,
        "observed": step.detail,
    })
}

/// What there is to say about an outcome beyond its word.
fn detail(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Ok | Outcome::Changed | Outcome::Cancelled => Value::Null,
        Outcome::Skipped(reason) => json!({ "message": reason }),
        Outcome::Failed(f) | Outcome::Unreachable(f) | Outcome::Unknown(f) => failure(f),
        Outcome::NotRun(why) => json!({ "message": not_run(why) }),
    }
}

fn failure(failure: &Failure) -> Value {
    json!({
        "exit": failure.exit,
        "message": failure.message,
        "hint": failure.hint,
        "last_lines": failure.last_lines,
    })
}

/// Why something was not run, in words.
pub(super) fn not_run(why: &NotRun) -> String {
    match why {
        NotRun::StepFailed(step) => format!("{step} failed"),
        NotRun::StepUnknown(step) => format!("it cannot be told how {step} ended"),
        NotRun::Unreachable => "the host could not be reached".to_owned(),
        NotRun::RunStopped => "the run stopped before".to_owned(),
        NotRun::Aborted => "the run was aborted".to_owned(),
        NotRun::Blocked(why) => why.to_string(),
    }
}
