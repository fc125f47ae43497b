//! States as glyph, word and role: always all three.

use crate::domain::health::Health;
use crate::domain::plan::Readiness;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{Phase, StepState};
use crate::domain::snapshot::{Contact, HttpHealth, InstanceView};
use crate::ui::theme::Role;

/// A state for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Badge {
    pub(in crate::ui) glyph: &'static str,
    pub(in crate::ui) word: &'static str,
    pub(in crate::ui) role: Role,
}

const fn badge(glyph: &'static str, word: &'static str, role: Role) -> Badge {
    Badge { glyph, word, role }
}

pub(in crate::ui) fn health(health: Health) -> Badge {
    match health {
        Health::Healthy => badge("●", "healthy", Role::Healthy),
        Health::Degraded => badge("▲", "degraded", Role::Degraded),
        Health::Down => badge("▼", "down", Role::Down),
        Health::Unknown => badge("?", "unknown", Role::Unknown),
    }
}

/// Whether nothing was heard of an instance since the program started.
pub(in crate::ui) fn not_asked(instance: &InstanceView) -> bool {
    matches!(instance.contact, Contact::NotYet) && matches!(instance.http, HttpHealth::NotYet)
}

pub(in crate::ui) fn instance(instance: &InstanceView) -> Badge {
    if not_asked(instance) {
        badge("·", "asking", Role::Waiting)
    } else {
        health(instance.verdict.health)
    }
}

pub(in crate::ui) fn readiness(readiness: Readiness) -> Badge {
    match readiness {
        Readiness::Blocked => badge("▼", "blocked", Role::Down),
        Readiness::Unknown => badge("?", "unknown", Role::Unknown),
        Readiness::Review => badge("▲", "review", Role::Degraded),
        Readiness::Warning => badge("▲", "warning", Role::Degraded),
        Readiness::Ready => badge("●", "ready", Role::Healthy),
    }
}

pub(in crate::ui) fn outcome(outcome: &Outcome) -> Badge {
    match outcome {
        Outcome::Ok => badge("●", "ok", Role::Healthy),
        Outcome::Changed => badge("●", "changed", Role::Healthy),
        Outcome::Skipped(_) => badge("●", "skipped", Role::Dim),
        Outcome::Failed(_) => badge("▼", "failed", Role::Down),
        Outcome::Unreachable(_) => badge("▼", "unreachable", Role::Down),
        Outcome::Unknown(_) => badge("?", "unknown", Role::Unknown),
        Outcome::NotRun(_) => badge("○", "not run", Role::NotRun),
        Outcome::Cancelled => badge("○", "cancelled", Role::Degraded),
    }
}

/// A step: how it ended, or that it runs, or waits.
pub(in crate::ui) fn step(step: &StepState) -> Badge {
    match (&step.outcome, step.started) {
        (Some(ended), _) => outcome(ended),
        (None, Some(_)) => badge("◐", "running", Role::Running),
        (None, None) => badge("·", "waits", Role::Waiting),
    }
}

pub(in crate::ui) fn phase(phase: Phase) -> Badge {
    match phase {
        Phase::Planned => badge("·", "planned", Role::Waiting),
        Phase::WaitingApproval => badge("▲", "approval", Role::Degraded),
        Phase::Waiting => badge("·", "waiting", Role::Waiting),
        Phase::Running => badge("◐", "running", Role::Running),
        Phase::Paused => badge("▲", "paused", Role::Degraded),
        Phase::Stopping => badge("▲", "stopping", Role::Degraded),
        Phase::Succeeded => badge("●", "succeeded", Role::Healthy),
        Phase::Failed => badge("▼", "failed", Role::Down),
        Phase::Aborted => badge("○", "aborted", Role::Degraded),
        Phase::Lost => badge("?", "lost", Role::Unknown),
    }
}

/// The spinner of something that runs: the only thing that moves by itself.
pub(in crate::ui) fn spinner(now: jiff::Timestamp) -> &'static str {
    match now.as_second().rem_euclid(4) {
        0 => "◐",
        1 => "◓",
        2 => "◑",
        _ => "◒",
    }
}
