//! The fold: from a plan and the events of its run to the state of the run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::canary;
use super::control::Control;
use super::event::{EventKind, RunEvent};
use super::outcome::{Failure, NotRun, Outcome};
use super::pause::PauseReason;
use super::state::{HostState, JobState, Phase, RunState, StepState};
use crate::domain::hook::HookPoint;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::job::JobStart;
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::untrusted::Safe;

impl RunState {
    /// The state of a run of which nothing has been journalled yet.
    pub fn new(run: RunId, plan: &Plan) -> Self {
        Self {
            run,
            seq: 0,
            phase: Phase::Planned,
            hash: plan.hash(),
            by: None,
            planned: None,
            started: None,
            finished: None,
            generation: 0,
            why: None,
            summary: None,
            pause: None,
            stopped: None,
            waived: Vec::new(),
            promoted_all: false,
            skipped: Vec::new(),
            rollback_wanted: false,
            after: None,
            batch: None,
            batch_done: None,
            canary: None,
            hosts: plan.hosts.iter().map(|h| host_before(h, batch_of(plan, &h.id))).collect(),
            local: plan.playbook.is_some(),
            hooks: Vec::new(),
            controls: Vec::new(),
        }
    }

    /// This state after one more event. An event that is not the next one, or that belongs to
    /// another run, changes nothing; nothing but the counter changes once the run has ended.
    pub fn apply(&mut self, event: &RunEvent) {
        if event.run != self.run || event.seq != self.seq + 1 {
            return;
        }
        self.seq = event.seq;
        if self.finished.is_none() {
            self.apply_kind(event.at, &event.kind);
        }
    }

    /// This state after all of these events.
    pub fn apply_all<'a>(&mut self, events: impl IntoIterator<Item = &'a RunEvent>) {
        for event in events {
            self.apply(event);
        }
    }

    /// One target.
    pub fn host(&self, id: &HostId) -> Option<&HostState> {
        self.hosts.iter().find(|h| &h.id == id)
    }

    fn apply_kind(&mut self, at: Timestamp, kind: &EventKind) {
        match kind {
            EventKind::Planned { hash, by, after, .. } => {
                self.after.clone_from(after);
                self.hash = hash.clone();
                self.by = Some(by.clone());
                self.planned = Some(at);
            }
            EventKind::ApprovalAsked { .. }
            | EventKind::ApprovalGiven { .. }
            | EventKind::ApprovalRefused { .. } => self.approval(kind),
            EventKind::WorkerStarted { generation, .. } => self.taken(at, *generation),
            EventKind::BatchStarted { batch } => {
                self.batch = Some(*batch);
                self.waived.clear();
                self.now_running();
            }
            EventKind::BatchFinished { batch } => self.batch_done = Some(*batch),
            EventKind::Controlled { control, by } => {
                self.controlled(control);
                self.controls.push((at, control.clone(), by.clone()));
            }
            EventKind::Paused { why, reason } => {
                self.pause = Some(*reason);
                self.stands(Phase::Paused, Some(why));
            }
            EventKind::Resumed => self.goes_on(),
            EventKind::Stopping { why } => {
                self.stopped = Some(why.clone());
                self.goes_on();
            }
            EventKind::RunFinished { state, summary } => self.finish(at, *state, summary),
            EventKind::HostStarted { host } => {
                // A yes is for one target.
                self.waived.retain(|reason| *reason != PauseReason::StepMode);
                self.now_running();
                self.on_host(host, |h| h.apply(at, kind));
            }
            EventKind::JobIntended { host, .. }
            | EventKind::JobStarted { host, .. }
            | EventKind::StepAdded { host, .. }
            | EventKind::StepStarted { host, .. }
            | EventKind::StepFinished { host, .. }
            | EventKind::Told { host, .. }
            | EventKind::GateObserved { host, .. }
            | EventKind::ContactLost { host, .. }
            | EventKind::ContactRestored { host }
            | EventKind::HostRelapsed { host, .. }
            | EventKind::JobEnded { host, .. }
            | EventKind::HostFinished { host, .. } => {
                self.on_host(host, |h| h.apply(at, kind));
            }
            EventKind::HookRan { .. } => self.hook_ran(kind),
            EventKind::CanarySoak { .. }
            | EventKind::CanaryGap { .. }
            | EventKind::CanaryJudged { .. }
            | EventKind::CanaryEnded { .. } => canary::apply(&mut self.canary, at, kind),
            EventKind::Noted { .. } | EventKind::Unrecognised => {}
        }
    }

    fn taken(&mut self, at: Timestamp, generation: u32) {
        self.generation = generation;
        self.started.get_or_insert(at);
        if self.phase == Phase::Planned {
            self.phase = Phase::Waiting;
        }
    }

    /// What is asked of a second person, and the answer.
    #[expect(clippy::wildcard_enum_match_arm, reason = "it is called for these only")]
    fn approval(&mut self, kind: &EventKind) {
        match kind {
            EventKind::ApprovalAsked { why, .. } => {
                self.stands(Phase::WaitingApproval, Some(why));
            }
            EventKind::ApprovalGiven { .. } => self.stands(Phase::Planned, None),
            EventKind::ApprovalRefused { why, .. } => self.why = Some(why.clone()),
            _ => {}
        }
    }

    /// It waits no longer; what stopped it before a pause stops it after it.
    fn goes_on(&mut self) {
        self.pause = None;
        match self.stopped.clone() {
            Some(why) => self.stands(Phase::Stopping, Some(&why)),
            None => self.stands(Phase::Running, None),
        }
    }

    /// A promotion lets the run pass what it waits for now; nothing that it has not come to yet.
    fn controlled(&mut self, control: &Control) {
        match control {
            Control::PromoteAll => {
                self.promoted_all = true;
                self.waived.extend(self.pause);
            }
            Control::Promote => self.waived.extend(self.pause),
            // The answer to the question of step mode is yes; anything else is looked at again.
            Control::Resume => {
                self.waived.extend(self.pause.filter(|reason| *reason == PauseReason::StepMode));
            }
            Control::SkipHost(host) => self.skipped.push(host.clone()),
            Control::AbortAndRollBack => self.rollback_wanted = true,
            Control::Pause | Control::Abort | Control::Kill => {}
        }
    }

    /// Whether a person let the run pass this since its last batch began.
    pub fn is_waived(&self, reason: PauseReason) -> bool {
        self.waived.contains(&reason) || (self.promoted_all && reason.is_passed_by_promote_all())
    }

    fn hook_ran(&mut self, kind: &EventKind) {
        // Where a failure stops nothing, having been run is enough.
        if let EventKind::HookRan { hook, batch, failed, .. } = kind
            && (failed.is_none() || !hook.stops())
        {
            self.hooks.push((*hook, *batch));
        }
    }

    /// Whether this hook was run for this batch and let the run go on.
    pub fn hook_passed(&self, point: HookPoint, batch: Option<u32>) -> bool {
        self.hooks.contains(&(point, batch))
    }

    fn on_host(&mut self, id: &HostId, change: impl FnOnce(&mut HostState)) {
        if let Some(host) = self.hosts.iter_mut().find(|h| &h.id == id) {
            change(host);
        }
    }

    fn now_running(&mut self) {
        if matches!(self.phase, Phase::Planned | Phase::Waiting) {
            self.phase = Phase::Running;
        }
    }

    fn stands(&mut self, phase: Phase, why: Option<&Safe>) {
        self.phase = phase;
        self.why = why.cloned();
    }

    fn finish(&mut self, at: Timestamp, state: Phase, summary: &Safe) {
        self.phase = state;
        self.finished = Some(at);
        self.summary = Some(summary.clone());
        let why = if state == Phase::Aborted { NotRun::Aborted } else { NotRun::RunStopped };
        for host in &mut self.hosts {
            if host.outcome.is_none() {
                host.end(at, Outcome::NotRun(why.clone()));
            }
        }
    }
}

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
            EventKind::JobStarted { seq, start, .. } => {
                if let (Some(job), JobStart::Started | JobStart::AlreadyThere) =
                    (self.jobs.get_mut(seq), start)
                {
                    job.started = true;
                }
            }
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
            | EventKind::CanaryEnded { .. }
            | EventKind::RunFinished { .. }
            | EventKind::HookRan { .. }
            | EventKind::Noted { .. }
            | EventKind::Unrecognised => {}
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
    fn end(&mut self, at: Timestamp, outcome: Outcome) {
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

fn batch_of(plan: &Plan, host: &HostId) -> u32 {
    let idx = plan.batches.iter().position(|batch| batch.contains(host));
    idx.map_or(0, |idx| u32::try_from(idx).unwrap_or(u32::MAX))
}

fn host_before(plan: &HostPlan, batch: u32) -> HostState {
    HostState {
        id: plan.id.clone(),
        batch,
        started: None,
        finished: None,
        steps: plan.steps().map(|(id, title)| step_before(id, title)).collect(),
        jobs: BTreeMap::new(),
        told: BTreeMap::new(),
        contact_lost: None,
        outcome: None,
    }
}

fn step_before(id: &StepId, title: &Safe) -> StepState {
    StepState {
        id: id.clone(),
        title: title.clone(),
        started: None,
        took_s: None,
        outcome: None,
        detail: None,
    }
}
