//! One host: its phases in order.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::FutureExt;

use super::controls::{self, Wish};
use super::host_journal::HostJournal;
use super::secrets::HostSecrets;
use super::shared::Shared;
use super::verdict;
use crate::domain::ids::StepId;
use crate::domain::plan::{GateSpec, HostPlan, Phase, PlannedStep};
use crate::domain::release::{Release, ReleaseRecord};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::{NotRun, Outcome};
use crate::domain::run::state::{HostState, JobState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// Whether the host goes on, or how it ends.
pub(super) type Flow = ControlFlow<Outcome>;

/// The work on one host.
pub(super) struct HostRun {
    pub(super) journal: HostJournal,
    pub(super) plan: HostPlan,
    /// What the holes of its steps are filled with.
    pub(super) secrets: HostSecrets,
}

impl HostRun {
    pub(super) fn new(shared: Arc<Shared>, plan: HostPlan, state: HostState) -> Self {
        let journal = HostJournal::new(shared, state);
        Self { journal, plan, secrets: HostSecrets::default() }
    }

    /// Ends the work on this host before it began.
    pub(super) async fn left_alone(mut self, why: NotRun) -> Result<Outcome, StoreError> {
        let outcome = Outcome::NotRun(why);
        let kind = EventKind::HostFinished {
            host: self.journal.state.id.clone(),
            outcome: outcome.clone(),
        };
        self.journal.add(vec![kind]).await?;
        Ok(outcome)
    }

    /// Leaves this host as it is, since a person wanted that.
    pub(super) async fn skipped(mut self, by: &Safe) -> Result<Outcome, StoreError> {
        let outcome = Outcome::Skipped(Safe::line(&format!("skipped by {by}")));
        let kind = EventKind::HostFinished {
            host: self.journal.state.id.clone(),
            outcome: outcome.clone(),
        };
        self.journal.add(vec![kind]).await?;
        Ok(outcome)
    }

    /// Does what the journal does not have yet, to the end.
    pub(super) async fn carry_out(mut self) -> Result<Outcome, StoreError> {
        if self.journal.state.started.is_none() {
            self.journal.note(vec![EventKind::HostStarted { host: self.journal.state.id.clone() }]);
        }
        let outcome = match self.unlock().await {
            Flow::Continue(()) => match self.phases().await? {
                Flow::Continue(()) => verdict::well(&self.journal.state),
                Flow::Break(outcome) => outcome,
            },
            Flow::Break(outcome) => outcome,
        };
        let release = self.release(&outcome);
        self.clean_up(&outcome).await?;
        let (host, ended) = (self.journal.state.id.clone(), outcome.clone());
        self.journal.note(vec![EventKind::HostFinished { host, outcome: ended }]);
        match release {
            None => self.journal.write().await?,
            Some(release) => {
                let (due, store) = (self.journal.take(), &self.journal.shared.ports.store);
                store.append_released(&self.journal.shared.run, due, &release).await?;
            }
        }
        Ok(outcome)
    }

    async fn phases(&mut self) -> Result<Flow, StoreError> {
        for phase in self.plan.phases.clone() {
            let flow = match &phase {
                Phase::Job { steps } => self.job_phase(steps).await?,
                Phase::Gate(gate) => self.gate_phase(gate).await?,
                Phase::Vault(step) => self.vault_phase(step).await?,
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue(()))
    }

    /// Sends what is left of these steps as a job. A pause ends a job between two of its steps; what
    /// is left then goes as a further job, when the run goes on.
    async fn job_phase(&mut self, steps: &[PlannedStep]) -> Result<Flow, StoreError> {
        loop {
            if let Some(ended) = self.ended_at(steps) {
                return Ok(Flow::Break(ended));
            }
            let left: Vec<_> =
                steps.iter().filter(|s| self.is_open(&s.step.id)).map(|s| s.step.clone()).collect();
            if left.is_empty() {
                return Ok(Flow::Continue(()));
            }
            let flow = match self.open_job(steps) {
                Some(seq) => self.adopt(seq, steps).await?,
                None => match self.may_start().await? {
                    Some(refused) => Flow::Break(refused),
                    None => self.send(left).await?,
                },
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    async fn gate_phase(&mut self, gate: &GateSpec) -> Result<Flow, StoreError> {
        if self.is_open(&gate.id) {
            if let Some(refused) = self.may_start().await? {
                return Ok(Flow::Break(refused));
            }
            self.gate(gate).await?;
        }
        let ended = self.journal.state.step(&gate.id).and_then(|s| s.outcome.clone());
        Ok(match ended {
            Some(outcome) if !outcome.lets_go_on() => Flow::Break(outcome),
            _ => Flow::Continue(()),
        })
    }

    pub(super) fn is_open(&self, id: &StepId) -> bool {
        self.journal.state.step(id).is_some_and(|s| s.outcome.is_none())
    }

    /// How these steps ended the host, if they did.
    fn ended_at(&self, steps: &[PlannedStep]) -> Option<Outcome> {
        let outcomes =
            steps.iter().filter_map(|s| self.journal.state.step(&s.step.id)?.outcome.clone());
        outcomes.into_iter().find(|o| !o.lets_go_on())
    }

    /// A job with some of these steps that was intended and whose end was not seen.
    fn open_job(&self, steps: &[PlannedStep]) -> Option<u32> {
        let ours = |id: &StepId| steps.iter().any(|s| &s.step.id == id);
        let open = |job: &JobState| job.end.is_none() && job.steps.iter().any(ours);
        self.journal.state.jobs.iter().find(|(_, job)| open(job)).map(|(seq, _)| *seq)
    }

    /// How the host ends because nothing further is started on it; waits while the run is paused.
    pub(super) async fn may_start(&mut self) -> Result<Option<Outcome>, StoreError> {
        if let Some(now) = self.refusal().now_or_never() {
            return Ok(now);
        }
        self.journal.write().await?;
        Ok(self.refusal().await)
    }

    /// The same where nothing is due.
    pub(super) async fn refusal(&self) -> Option<Outcome> {
        let wish = tokio::select! {
            wish = controls::unpaused(self.journal.shared.wish.clone()) => wish,
            never = self.renewing("a pause") => match never {},
        };
        match wish {
            Wish::Go | Wish::Pause => None,
            Wish::Abort | Wish::Kill if !self.touched() => Some(Outcome::NotRun(NotRun::Aborted)),
            Wish::Abort | Wish::Kill => Some(Outcome::Cancelled),
        }
    }

    /// Which commit runs on the host now, where it is another, and whether a gate found it healthy.
    fn release(&self, outcome: &Outcome) -> Option<Release> {
        let target = self.journal.shared.plan.target.as_ref()?;
        let gate = self.plan.phases.iter().find_map(|phase| match phase {
            Phase::Gate(gate) => self.journal.state.step(&gate.id)?.outcome.clone(),
            Phase::Job { .. } | Phase::Vault(_) => None,
        });
        let healthy = outcome.lets_go_on();
        // From the first look of a gate on the new commit runs, whatever comes of it.
        let failed_gate = gate.is_some_and(|o| !o.lets_go_on() && !matches!(o, Outcome::NotRun(_)));
        if !healthy && !failed_gate {
            return None;
        }
        let record = ReleaseRecord {
            sha: target.sha.clone(),
            reference: Safe::line(target.reference.as_str()),
            run: Some(self.journal.shared.run.clone()),
            at: self.journal.shared.ports.clock.now(),
            healthy,
            previous: self.plan.from.clone(),
            env_sha256: self.journal.state.told.get(&Safe::line("env-sha256")).cloned(),
        };
        Some(Release { instance: self.journal.state.id.clone(), record })
    }
}
