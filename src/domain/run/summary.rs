//! Counts, words and orders of a run for lists and lines.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outcome::{NotRun, Outcome};
use super::state::{HostState, Phase, RunState, RunSummary, StepState};
use crate::domain::ids::{HostId, StepId};
use crate::domain::plan::Plan;
use crate::domain::untrusted::Safe;

/// How many targets stand where. They add up to the number of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Not begun.
    pub waiting: u32,
    /// Being worked on.
    pub running: u32,
    /// Ended well: ok or changed.
    pub ok: u32,
    /// Left out by a person before they began.
    #[serde(default)]
    pub skipped: u32,
    /// Failed.
    pub failed: u32,
    /// Could not be reached.
    pub unreachable: u32,
    /// Nobody can tell how they ended.
    pub unknown: u32,
    /// Will not be run.
    pub not_run: u32,
    /// Ended by an abort.
    pub cancelled: u32,
}

impl Counts {
    /// Targets that ended other than well.
    pub fn bad(self) -> u32 {
        self.failed + self.unreachable + self.unknown + self.not_run + self.cancelled
    }
}

impl fmt::Display for Counts {
    /// The worst first: `1 failed, 2 not run, 5 ok`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            (self.failed, "failed"),
            (self.unknown, "unknown"),
            (self.unreachable, "unreachable"),
            (self.cancelled, "cancelled"),
            (self.not_run, "not run"),
            (self.running, "running"),
            (self.waiting, "waiting"),
            (self.skipped, "skipped"),
            (self.ok, "ok"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
        f.pad(&if parts.is_empty() { "no targets".to_owned() } else { parts.join(", ") })
    }
}

impl Phase {
    /// The word on the screens and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::WaitingApproval => "waiting-approval",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Lost => "lost",
        }
    }

    /// Whether a run that stands there has ended for good.
    pub fn is_over(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Aborted => true,
            Self::Planned
            | Self::WaitingApproval
            | Self::Waiting
            | Self::Running
            | Self::Paused
            | Self::Stopping
            | Self::Lost => false,
        }
    }
}

impl StepState {
    /// Whether it began and has no end.
    pub fn is_running(&self) -> bool {
        self.started.is_some() && self.outcome.is_none()
    }

    /// The word on the screens and in JSON: `waiting`, `running`, or that of its outcome.
    pub fn word(&self) -> &'static str {
        match &self.outcome {
            Some(outcome) => outcome.word(),
            None if self.started.is_some() => "running",
            None => "waiting",
        }
    }
}

impl RunSummary {
    /// The targets that its steps run on now, as far as can be told: none while it is paused or without its worker.
    pub fn works_on(&self) -> &[HostId] {
        match self.phase {
            Phase::Running | Phase::Stopping => &self.at_work,
            Phase::Planned
            | Phase::WaitingApproval
            | Phase::Waiting
            | Phase::Paused
            | Phase::Succeeded
            | Phase::Failed
            | Phase::Aborted
            | Phase::Lost => &[],
        }
    }
}

impl HostState {
    /// The word on the screens and in JSON: `waiting`, `running`, `contact-lost`, or that of its outcome.
    pub fn word(&self) -> &'static str {
        match &self.outcome {
            Some(outcome) => outcome.word(),
            None if self.contact_lost.is_some() => "contact-lost",
            None if self.started.is_some() => "running",
            None => "waiting",
        }
    }

    /// Whether work on it has begun and not ended; a run that is paused or lost may do nothing there now.
    pub fn is_under_way(&self) -> bool {
        self.started.is_some() && self.outcome.is_none()
    }

    /// The generation of the lease that the run took on it: what its further jobs must be allowed by.
    pub fn lease_generation(&self) -> Option<u64> {
        self.told.get(&Safe::line("lease-generation"))?.as_str().parse().ok()
    }

    /// A step of it.
    pub fn step(&self, id: &StepId) -> Option<&StepState> {
        self.steps.iter().find(|s| &s.id == id)
    }

    /// The step that runs now.
    pub fn running_step(&self) -> Option<&StepState> {
        self.steps.iter().find(|s| s.is_running())
    }

    /// The first step that ended other than well.
    pub fn failed_step(&self) -> Option<&StepState> {
        self.steps.iter().find(|s| s.outcome.as_ref().is_some_and(|o| !o.lets_go_on()))
    }

    /// Whether this step has no outcome yet.
    pub(super) fn unsettled(&self, id: &StepId) -> bool {
        self.step(id).is_some_and(|s| s.outcome.is_none())
    }

    /// How much a person should care: 0 is the worst.
    pub fn rank(&self) -> u8 {
        match &self.outcome {
            Some(Outcome::Failed(_)) => 0,
            Some(Outcome::Unknown(_)) => 1,
            Some(Outcome::Unreachable(_)) => 2,
            None if self.contact_lost.is_some() => 3,
            Some(Outcome::Cancelled) => 4,
            Some(Outcome::NotRun(NotRun::Blocked(_))) => 5,
            Some(Outcome::NotRun(_)) => 6,
            None if self.started.is_some() => 7,
            None => 8,
            Some(Outcome::Skipped(_) | Outcome::Ok | Outcome::Changed) => 9,
        }
    }
}

impl RunState {
    /// How many targets stand where.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for host in &self.hosts {
            let cell = match &host.outcome {
                None if host.started.is_some() => &mut counts.running,
                None => &mut counts.waiting,
                Some(Outcome::Ok | Outcome::Changed) => &mut counts.ok,
                Some(Outcome::Skipped(_)) => &mut counts.skipped,
                Some(Outcome::Failed(_)) => &mut counts.failed,
                Some(Outcome::Unreachable(_)) => &mut counts.unreachable,
                Some(Outcome::Unknown(_)) => &mut counts.unknown,
                Some(Outcome::NotRun(_)) => &mut counts.not_run,
                Some(Outcome::Cancelled) => &mut counts.cancelled,
            };
            *cell += 1;
        }
        counts
    }

    /// Targets, those that a person should look at first; plan order among equals.
    pub fn worst_first(&self) -> Vec<&HostState> {
        let mut hosts: Vec<&HostState> = self.hosts.iter().collect();
        hosts.sort_by_key(|h| h.rank());
        hosts
    }

    /// The line of this run in the list of runs.
    pub fn summarised(&self, plan: &Plan) -> RunSummary {
        let counts = self.counts();
        RunSummary {
            run: self.run.clone(),
            workflow: plan.workflow,
            target: plan
                .target
                .as_ref()
                .map(|t| Safe::line(&format!("{} ({})", t.reference, t.sha.short()))),
            phase: self.phase,
            planned: self.planned.unwrap_or(plan.made_at),
            finished: self.finished,
            by: self.by.clone(),
            hosts: self.hosts.iter().map(|h| h.id.clone()).collect(),
            at_work: self.hosts.iter().filter(|h| h.is_under_way()).map(|h| h.id.clone()).collect(),
            n_ok: counts.ok,
            n_failed: counts.bad(),
            summary: self.summary.clone(),
        }
    }
}
