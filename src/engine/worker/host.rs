//! One host: its phases in order.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::controls::{self, Wish};
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
    pub(super) shared: Arc<Shared>,
    pub(super) plan: HostPlan,
    /// The target as journalled.
    pub(super) state: HostState,
    /// What the holes of its steps are filled with.
    pub(super) secrets: HostSecrets,
}

impl HostRun {
    pub(super) fn new(shared: Arc<Shared>, plan: HostPlan, state: HostState) -> Self {
        Self { shared, plan, state, secrets: HostSecrets::default() }
    }

    /// Journals events about this host.
    pub(super) async fn add(&mut self, kinds: Vec<EventKind>) -> Result<(), StoreError> {
        for event in self.shared.add(kinds).await? {
            self.state.apply(event.at, &event.kind);
        }
        Ok(())
    }

    /// Ends the work on this host before it began.
    pub(super) async fn left_alone(mut self, why: NotRun) -> Result<Outcome, StoreError> {
        let outcome = Outcome::NotRun(why);
        let kind =
            EventKind::HostFinished { host: self.state.id.clone(), outcome: outcome.clone() };
        self.add(vec![kind]).await?;
        Ok(outcome)
    }

    /// Leaves this host as it is, since a person wanted that.
    pub(super) async fn skipped(mut self, by: &Safe) -> Result<Outcome, StoreError> {
        let outcome = Outcome::Skipped(Safe::line(&format!("skipped by {by}")));
        let kind =
            EventKind::HostFinished { host: self.state.id.clone(), outcome: outcome.clone() };
        self.add(vec![kind]).await?;
        Ok(outcome)
    }

    /// Does what the journal does not have yet, to the end.
    pub(super) async fn carry_out(mut self) -> Result<Outcome, StoreError> {
        if self.state.started.is_none() {
            self.add(vec![EventKind::HostStarted { host: self.state.id.clone() }]).await?;
        }
        let outcome = match self.unlock().await {
            Flow::Continue(()) => match self.phases().await? {
                Flow::Continue(()) => verdict::well(&self.state),
                Flow::Break(outcome) => outcome,
            },
            Flow::Break(outcome) => outcome,
        };
        self.record_release(&outcome).await?;
        self.clean_up(&outcome).await?;
        let kind =
            EventKind::HostFinished { host: self.state.id.clone(), outcome: outcome.clone() };
        self.add(vec![kind]).await?;
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
                None => match self.may_start().await {
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
            if let Some(refused) = self.may_start().await {
                return Ok(Flow::Break(refused));
            }
            self.gate(gate).await?;
        }
        let ended = self.state.step(&gate.id).and_then(|s| s.outcome.clone());
        Ok(match ended {
            Some(outcome) if !outcome.lets_go_on() => Flow::Break(outcome),
            _ => Flow::Continue(()),
        })
    }

    pub(super) fn is_open(&self, id: &StepId) -> bool {
        self.state.step(id).is_some_and(|s| s.outcome.is_none())
    }

    /// How these steps ended the host, if they did.
    fn ended_at(&self, steps: &[PlannedStep]) -> Option<Outcome> {
        let outcomes = steps.iter().filter_map(|s| self.state.step(&s.step.id)?.outcome.clone());
        outcomes.into_iter().find(|o| !o.lets_go_on())
    }

    /// A job with some of these steps that was intended and whose end was not seen.
    fn open_job(&self, steps: &[PlannedStep]) -> Option<u32> {
        let ours = |id: &StepId| steps.iter().any(|s| &s.step.id == id);
        let open = |job: &JobState| job.end.is_none() && job.steps.iter().any(ours);
        self.state.jobs.iter().find(|(_, job)| open(job)).map(|(seq, _)| *seq)
    }

    /// How the host ends because nothing further is started on it; waits while the run is paused.
    pub(super) async fn may_start(&self) -> Option<Outcome> {
        let wish = tokio::select! {
            wish = controls::unpaused(self.shared.wish.clone()) => wish,
            never = self.renewing("a pause") => match never {},
        };
        match wish {
            Wish::Go | Wish::Pause => None,
            Wish::Abort | Wish::Kill if !self.touched() => Some(Outcome::NotRun(NotRun::Aborted)),
            Wish::Abort | Wish::Kill => Some(Outcome::Cancelled),
        }
    }

    /// Keeps in the store which commit runs on the host now and whether a gate found it healthy.
    async fn record_release(&self, outcome: &Outcome) -> Result<(), StoreError> {
        let Some(target) = &self.shared.plan.target else { return Ok(()) };
        let gate = self.plan.phases.iter().find_map(|phase| match phase {
            Phase::Gate(gate) => self.state.step(&gate.id)?.outcome.clone(),
            Phase::Job { .. } | Phase::Vault(_) => None,
        });
        let healthy = outcome.lets_go_on();
        // From the first look of a gate on the new commit runs, whatever comes of it.
        let failed_gate = gate.is_some_and(|o| !o.lets_go_on() && !matches!(o, Outcome::NotRun(_)));
        if !healthy && !failed_gate {
            return Ok(());
        }
        let record = ReleaseRecord {
            sha: target.sha.clone(),
            reference: Safe::line(target.reference.as_str()),
            run: Some(self.shared.run.clone()),
            at: self.shared.ports.clock.now(),
            healthy,
            previous: self.plan.from.clone(),
            env_sha256: self.state.told.get(&Safe::line("env-sha256")).cloned(),
        };
        let release = Release { instance: self.state.id.clone(), record };
        self.shared.ports.store.record_release(&release).await
    }
}
