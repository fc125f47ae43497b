//! From single outcomes to that of a host and of a run.

use crate::domain::plan::Plan;
use crate::domain::remote::RemoteError;
use crate::domain::run::outcome::{Failure, Outcome};
use crate::domain::run::state::{HostState, Phase, RunState};
use crate::domain::untrusted::Safe;

use super::controls::Wish;

/// How a host ended whose steps all let it go on.
pub(super) fn well(host: &HostState) -> Outcome {
    let changed = host.steps.iter().any(|s| s.outcome == Some(Outcome::Changed));
    if changed { Outcome::Changed } else { Outcome::Ok }
}

/// A failure without output.
pub(super) fn failure(message: &str, hint: Option<&str>) -> Failure {
    Failure {
        exit: None,
        message: Safe::line(message),
        hint: hint.map(Safe::line),
        last_lines: Vec::new(),
    }
}

/// What went wrong between us and a host.
pub(super) fn remote_failure(error: &RemoteError) -> Failure {
    Failure {
        exit: None,
        message: error.message.clone(),
        hint: error.hint.clone(),
        last_lines: Vec::new(),
    }
}

/// How the run ended, and the sentence that says so.
pub(super) fn of_run(plan: &Plan, state: &RunState, wish: Wish) -> (Phase, Safe) {
    let well = |id| {
        let outcome = state.host(id).and_then(|h| h.outcome.as_ref());
        outcome.is_some_and(Outcome::lets_go_on)
    };
    let all_well = plan.targets().all(|target| well(&target.id));
    // Nobody knows whether its release is good, however well its targets are.
    let unjudged = plan.canary.is_some() && state.canary.as_ref().is_none_or(|c| c.end.is_none());
    let phase = match (all_well, wish) {
        (false, Wish::Abort | Wish::Kill) => Phase::Aborted,
        (true, Wish::Abort | Wish::Kill) if unjudged => Phase::Aborted,
        (false, Wish::Go | Wish::Pause) => Phase::Failed,
        // Something beyond the targets stopped it.
        (true, Wish::Go | Wish::Pause) if state.stopped.is_some() => Phase::Failed,
        (true, _) => Phase::Succeeded,
    };
    let mut summary = state.counts().to_string();
    if all_well && phase == Phase::Aborted {
        summary.push_str("; its canary was not watched to its end");
    }
    (phase, Safe::line(&summary))
}
