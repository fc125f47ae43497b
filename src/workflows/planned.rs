//! One step of a plan.

use crate::domain::ids::StepId;
use crate::domain::job::JobStep;
use crate::domain::plan::{Finding, PlannedStep, Readiness};
use crate::domain::untrusted::Safe;

/// Seconds that a step may take which neither builds nor copies.
pub(super) const SHORT_S: u64 = 120;
/// Seconds by which a lease outlives what it is for: time for the control side to come back.
pub(super) const SLACK_S: u64 = 120;

/// A step; an empty `changes` says that it only looks.
pub(super) fn step(
    (id, title): (&str, &str),
    timeout_s: u64,
    script: String,
    changes: &str,
) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    let changes = (!changes.is_empty()).then(|| Safe::line(changes));
    PlannedStep { step, title: Safe::line(title), changes }
}

#[expect(clippy::expect_used, reason = "all ids are written in workflows, and a test renders each")]
pub(super) fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of a workflow is valid")
}

pub(super) fn finding(readiness: Readiness, subject: &str, text: &str) -> Finding {
    Finding { readiness, subject: Safe::line(subject), text: Safe::line(text) }
}
