//! The fold: from a plan and the events of its run to the state of the run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::canary;
use super::control::Control;
use super::event::{EventKind, RunEvent};
use super::outcome::{NotRun, Outcome};
use super::pause::PauseReason;
use super::state::{HostState, Phase, RunState, StepState};
use crate::domain::hook::HookPoint;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::untrusted::Safe;

impl RunState {
    /// The state of a run of which nothing has been journalled yet.
    pub fn new(run: RunId, plan: &Plan) -> Self {
        Self {
            run,
            seq: 0,
            phase: Phase::Planned,
            hash: None,
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
            stepping: false,
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
                self.hash = Some(hash.clone());
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
            | EventKind::CanarySoFar { .. }
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
                self.stepping = false;
                self.waived.extend(self.pause);
            }
            Control::Promote => self.waived.extend(self.pause),
            // The answer to the question of step mode is yes; anything else is looked at again.
            Control::Resume => {
                self.waived.extend(self.pause.filter(|reason| *reason == PauseReason::StepMode));
            }
            Control::Step => {
                self.stepping = true;
                self.waived.retain(|reason| *reason != PauseReason::StepMode);
            }
            Control::SkipHost(host) => self.skipped.push(host.clone()),
            Control::AbortAndRollBack => self.rollback_wanted = true,
            Control::Pause | Control::Abort | Control::Kill => {}
        }
    }

    /// Whether a person let the run pass this since its last batch began.
    pub fn is_waived(&self, reason: PauseReason) -> bool {
        let asks_again = self.stepping && reason == PauseReason::StepMode;
        let passed = self.promoted_all && reason.is_passed_by_promote_all() && !asks_again;
        self.waived.contains(&reason) || passed
    }

    /// Whether it goes one target at a time and asks before the next, by its plan or since a person wants it so.
    pub fn goes_one_by_one(&self, plan: &Plan) -> bool {
        let planned = plan.strategy.as_ref().is_some_and(|strategy| strategy.step);
        self.stepping || (planned && !self.promoted_all)
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

pub(super) fn step_before(id: &StepId, title: &Safe) -> StepState {
    StepState {
        id: id.clone(),
        title: title.clone(),
        started: None,
        took_s: None,
        outcome: None,
        detail: None,
    }
}
