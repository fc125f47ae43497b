//! The fold of one target: from the events about it to its state.

use super::event::EventKind;
use super::fold::step_before;
use super::outcome::{Failure, NotRun, Outcome};
use super::state::{HostState, JobState, StepState};
use crate::domain::ids::StepId;
use crate::domain::job::JobStart;
use crate::domain::untrusted::Safe;
use jiff::Timestamp;

impl HostState {
    /// This target after one more event about it; other events change nothing.
    pub fn apply(&mut self, at: Timestamp, kind: &EventKind) {
        match kind {
            EventKind::HostStarted { .. } => {
                self.started.get_or_insert(at);
            }
            EventKind::JobIntended { seq, nonce, steps, .. } => {
                self.jobs.entry(*seq).or_insert_with(|| intended(nonce, steps));
            }
            EventKind::JobStarted { seq, start, .. } => self.job_started(*seq, *start),
            EventKind::JobEnded { seq, end, .. } => {
                self.jobs.entry(*seq).and_modify(|job| job.end = Some(end.clone()));
            }
            EventKind::StepAdded { step, title, .. } => self.add_step(step, title),
            EventKind::StepStarted { step, host_time, .. } => {
                self.on_step(step, |s| {
                    s.started.get_or_insert(*host_time);
                });
            }
            EventKind::StepFinished { step, outcome, took_s, .. } => {
                self.on_step(step, |s| {
                    s.outcome = Some(outcome.clone());
                    s.took_s = *took_s;
                });
                self.settle_after(step, outcome);
            }
            EventKind::Told { key, value, .. } => {
                self.told.insert(key.clone(), value.clone());
            }
            EventKind::GateObserved { step, detail, .. } => {
                self.on_step(step, |s| s.detail = Some(detail.clone()));
            }
            EventKind::ContactLost { error, .. } => self.contact_lost = Some(error.clone()),
            EventKind::ContactRestored { .. } => self.contact_lost = None,
            EventKind::HostFinished { outcome, .. } => self.end(at, outcome.clone()),
            EventKind::HostRelapsed { failure, .. } => self.relapse(failure),
            EventKind::Planned { .. }
            | EventKind::ApprovalAsked { .. }
            | EventKind::ApprovalGiven { .. }
            | EventKind::ApprovalRefused { .. }
            | EventKind::WorkerStarted { .. }
            | EventKind::BatchStarted { .. }
            | EventKind::BatchFinished { .. }
            | EventKind::Controlled { .. }
            | EventKind::Paused { .. }
            | EventKind::Resumed
            | EventKind::Stopping { .. }
            | EventKind::CanarySoak { .. }
            | EventKind::CanaryGap { .. }
            | EventKind::CanaryJudged { .. }
            | EventKind::CanarySoFar { .. }
            | EventKind::CanaryEnded { .. }
            | EventKind::RunFinished { .. }
            | EventKind::HookRan { .. }
            | EventKind::Noted { .. }
            | EventKind::Unrecognised => {}
        }
    }

    fn job_started(&mut self, seq: u32, start: JobStart) {
        if let (Some(job), JobStart::Started | JobStart::AlreadyThere) =
            (self.jobs.get_mut(&seq), start)
        {
            job.started = true;
        }
    }

    fn add_step(&mut self, id: &StepId, title: &Safe) {
        if self.step(id).is_none() {
            self.steps.push(step_before(id, title));
        }
    }

    /// What had ended well and is ill has failed.
    fn relapse(&mut self, failure: &Failure) {
        if self.outcome.as_ref().is_some_and(Outcome::lets_go_on) {
            self.outcome = Some(Outcome::Failed(failure.clone()));
        }
    }

    fn on_step(&mut self, id: &StepId, change: impl FnOnce(&mut StepState)) {
        if let Some(step) = self.steps.iter_mut().find(|s| &s.id == id) {
            change(step);
        }
    }

    /// Nothing runs on this host after a step that does not let it go on.
    fn settle_after(&mut self, step: &StepId, outcome: &Outcome) {
        let Some(why) = not_run_after(step, outcome) else { return };
        let later = self.steps.iter_mut().skip_while(|s| &s.id != step).skip(1);
        for step in later.filter(|s| s.outcome.is_none() && s.started.is_none()) {
            step.outcome = Some(Outcome::NotRun(why.clone()));
        }
    }

    /// Ends the work on this host: what had begun shares its end, the rest was not run.
    pub(super) fn end(&mut self, at: Timestamp, outcome: Outcome) {
        let ended_by = self.steps.iter().find_map(|s| {
            s.outcome.as_ref().filter(|o| !o.lets_go_on()).and_then(|o| not_run_after(&s.id, o))
        });
        let begun = self.steps.iter().find(|s| s.is_running()).map(|s| s.id.clone());
        let rest = ended_by.or_else(|| match &outcome {
            Outcome::NotRun(why) => Some(why.clone()),
            Outcome::Unreachable(_) => Some(NotRun::Unreachable),
            Outcome::Cancelled => Some(NotRun::Aborted),
            Outcome::Unknown(_) => begun.map(NotRun::StepUnknown),
            Outcome::Failed(_) => begun.map(NotRun::StepFailed),
            Outcome::Ok | Outcome::Changed | Outcome::Skipped(_) => None,
        });
        for step in self.steps.iter_mut().filter(|s| s.outcome.is_none()) {
            step.outcome = Some(if step.started.is_some() {
                end_of_begun(&outcome)
            } else if let Outcome::Skipped(_) = &outcome {
                outcome.clone()
            } else {
                Outcome::NotRun(rest.clone().unwrap_or(NotRun::RunStopped))
            });
        }
        self.finished = Some(at);
        self.contact_lost = None;
        self.outcome = Some(outcome);
    }
}

fn intended(nonce: &str, steps: &[StepId]) -> JobState {
    JobState { nonce: nonce.to_owned(), steps: steps.to_vec(), started: false, end: None }
}

/// How a step ended that had begun when its host was given up.
fn end_of_begun(host: &Outcome) -> Outcome {
    match host {
        Outcome::Failed(_) | Outcome::Unknown(_) | Outcome::Cancelled => host.clone(),
        Outcome::Ok
        | Outcome::Changed
        | Outcome::Skipped(_)
        | Outcome::Unreachable(_)
        | Outcome::NotRun(_) => Outcome::Unknown(Failure {
            exit: None,
            message: Safe::line("it began and no end of it was seen"),
            hint: None,
            last_lines: Vec::new(),
        }),
    }
}

fn not_run_after(step: &StepId, outcome: &Outcome) -> Option<NotRun> {
    match outcome {
        Outcome::Ok | Outcome::Changed | Outcome::Skipped(_) => None,
        Outcome::Failed(_) => Some(NotRun::StepFailed(step.clone())),
        Outcome::Unknown(_) => Some(NotRun::StepUnknown(step.clone())),
        Outcome::Unreachable(_) => Some(NotRun::Unreachable),
        Outcome::Cancelled => Some(NotRun::Aborted),
        Outcome::NotRun(why) => Some(why.clone()),
    }
}
