//! One job on one host: intent, start, end.

use super::contact::{self, Backoff, Kind};
use super::host::{Flow, HostRun};
use super::progress::Progress;
use super::verdict;
use crate::domain::ids::StepId;
use crate::domain::job::{
    EXIT_ABORTED, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobStep, JobTruth,
};
use crate::domain::plan::PlannedStep;
use crate::domain::remote::RemoteError;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

impl HostRun {
    /// Sends these steps as a new job and follows it to its end.
    pub(super) async fn send(&mut self, steps: Vec<JobStep>) -> Result<Flow, StoreError> {
        let spec = self.intend(steps).await?;
        self.start_and_follow(&spec, Kind::Work, false).await
    }

    /// Goes on with a job that an earlier worker intended: what the host says of it decides.
    pub(super) async fn adopt(
        &mut self,
        seq: u32,
        steps: &[PlannedStep],
    ) -> Result<Flow, StoreError> {
        let Some(spec) = self.spec_of(seq, steps) else { return Ok(Flow::Continue(())) };
        self.start_and_follow(&spec, Kind::Work, true).await
    }

    /// Gives back what the run holds on the host after a failure. It decides nothing.
    pub(super) async fn clean_up(&mut self, outcome: &Outcome) -> Result<(), StoreError> {
        let steps = self.plan.on_failure.clone();
        let wanted = matches!(outcome, Outcome::Failed(_) | Outcome::Cancelled);
        if !wanted || steps.is_empty() {
            return Ok(());
        }
        let ours = |ids: &[StepId]| steps.iter().any(|s| ids.contains(&s.step.id));
        let before = self.journal.state.jobs.iter().find(|(_, job)| ours(&job.steps));
        let (spec, sent_before) = match before.map(|(seq, job)| (*seq, job.end.is_some())) {
            Some((_, true)) => return Ok(()),
            Some((seq, false)) => (self.spec_of(seq, &steps), true),
            None => {
                let steps = steps.iter().map(|s| s.step.clone()).collect();
                (Some(self.intend(steps).await?), false)
            }
        };
        match spec {
            Some(spec) => self.start_and_follow(&spec, Kind::CleanUp, sent_before).await.map(drop),
            None => Ok(()),
        }
    }

    /// Journals that a job is about to be sent, under the next number.
    async fn intend(&mut self, steps: Vec<JobStep>) -> Result<JobSpec, StoreError> {
        let seq = self.journal.state.jobs.keys().next_back().map_or(1, |last| last + 1);
        let (nonce, fence) =
            (self.journal.shared.ports.clock.nonce(), self.journal.state.lease_generation());
        let spec = JobSpec { job: self.job_ref(seq), nonce, fence, steps };
        let steps = spec.steps.iter().map(|s| s.id.clone()).collect();
        let (host, nonce) = (self.journal.state.id.clone(), spec.nonce.clone());
        self.journal.add(vec![EventKind::JobIntended { host, seq, nonce, steps }]).await?;
        Ok(spec)
    }

    fn job_ref(&self, seq: u32) -> JobRef {
        JobRef {
            run: self.journal.shared.run.clone(),
            instance: self.journal.state.id.clone(),
            seq,
        }
    }

    /// A job as it was intended.
    fn spec_of(&self, seq: u32, steps: &[PlannedStep]) -> Option<JobSpec> {
        let job = self.journal.state.jobs.get(&seq)?;
        let step = |id: &StepId| steps.iter().find(|s| &s.step.id == id).map(|s| s.step.clone());
        let steps = job.steps.iter().filter_map(step).collect();
        let fence = self.journal.state.lease_generation();
        Some(JobSpec { job: self.job_ref(seq), nonce: job.nonce.clone(), fence, steps })
    }

    async fn start_and_follow(
        &mut self,
        spec: &JobSpec,
        kind: Kind,
        sent_before: bool,
    ) -> Result<Flow, StoreError> {
        self.journal.write().await?;
        let started = self.start(spec, kind, sent_before).await?;
        if started.is_break() {
            return Ok(started);
        }
        let to = self.plan.connection.clone();
        let (journal, redactor) = (self.journal.clone(), self.secrets.redactor());
        let mut progress = Progress::open(journal, spec.job.seq, &spec.nonce, redactor).await?;
        let ended = contact::follow(&to, &spec.job, kind, &mut progress).await?;
        let flow = match ended {
            Ok(end) => {
                progress.finish().await?;
                let settled = settled(&progress, spec, end);
                progress.journal.note(settled);
                Flow::Continue(())
            }
            Err(outcome) => Flow::Break(outcome),
        };
        self.journal = progress.journal;
        Ok(flow)
    }

    /// Makes sure that the host has the job. Where an answer was lost the host is asked first, so that
    /// nothing is sent after an abort and the same job never counts as two.
    async fn start(
        &mut self,
        spec: &JobSpec,
        kind: Kind,
        sent_before: bool,
    ) -> Result<Flow, StoreError> {
        let inputs = match self.secrets.inputs(&spec.steps) {
            Ok(inputs) => inputs,
            Err(error) => return Ok(Flow::Break(self.no_inputs(&error))),
        };
        let mut perhaps_there = sent_before;
        let mut backoff = Backoff::new(&self.journal.shared.ports);
        loop {
            let tried = self.try_start(spec, &inputs, kind, &mut perhaps_there).await;
            let error = match tried {
                Ok(Ok(start)) => {
                    self.job_is_there(spec, start);
                    return Ok(Flow::Continue(()));
                }
                Ok(Err(refused)) => return Ok(Flow::Break(refused)),
                Err(error) => error,
            };
            let patient = match kind {
                Kind::Work => perhaps_there || self.touched(),
                Kind::CleanUp => false,
            };
            let last = if patient {
                backoff.is_over()
            } else {
                backoff.n_tries() >= self.journal.shared.ports.timing.first_attempts
            };
            if last || !error.kind.is_transient() {
                return Ok(Flow::Break(not_started(&error, perhaps_there, self.touched())));
            }
            if patient && self.journal.state.contact_lost.is_none() {
                let host = self.journal.state.id.clone();
                self.journal.add(vec![EventKind::ContactLost { host, error }]).await?;
            }
            backoff.pause().await;
        }
    }

    async fn try_start(
        &self,
        spec: &JobSpec,
        inputs: &JobInputs,
        kind: Kind,
        perhaps_there: &mut bool,
    ) -> Result<Result<JobStart, Outcome>, RemoteError> {
        let (remote, to) = (&self.journal.shared.ports.remote, &self.plan.connection);
        if *perhaps_there {
            match remote.look_at_job(to, &spec.job).await? {
                JobTruth::NeverStarted => *perhaps_there = false,
                JobTruth::Running { .. } | JobTruth::Ended { .. } => {
                    return Ok(Ok(JobStart::AlreadyThere));
                }
            }
        }
        if let (Kind::Work, Some(refused)) = (kind, self.refusal().await) {
            return Ok(Err(refused));
        }
        let failed = match remote.start_job(to, spec, inputs).await {
            Ok(start) => return Ok(Ok(start)),
            Err(error) => error,
        };
        if failed.kind.is_unreachable() || failed.kind.is_transient() {
            *perhaps_there = !failed.kind.is_unreachable();
            return Err(failed);
        }
        // It was refused; whether anything of it is there, only the host can tell.
        *perhaps_there = true;
        match remote.look_at_job(to, &spec.job).await {
            Ok(JobTruth::NeverStarted) => {
                Ok(Err(Outcome::Failed(verdict::remote_failure(&failed))))
            }
            Ok(JobTruth::Running { .. } | JobTruth::Ended { .. }) => Ok(Ok(JobStart::AlreadyThere)),
            Err(_) => Err(failed),
        }
    }

    fn job_is_there(&mut self, spec: &JobSpec, start: JobStart) {
        let (host, seq) = (self.journal.state.id.clone(), spec.job.seq);
        let mut kinds = Vec::new();
        if self.journal.state.contact_lost.is_some() {
            kinds.push(EventKind::ContactRestored { host: host.clone() });
        }
        if self.journal.state.jobs.get(&seq).is_some_and(|job| !job.started) {
            kinds.push(EventKind::JobStarted { host, seq, start });
        }
        self.journal.note(kinds);
    }

    /// Whether a job of this run is known to have reached the host.
    pub(super) fn touched(&self) -> bool {
        self.journal.state.jobs.values().any(|job| job.started)
    }
}

/// How a host ends whose job could not be started.
fn not_started(error: &RemoteError, perhaps_there: bool, touched: bool) -> Outcome {
    let mut failure = verdict::remote_failure(error);
    if perhaps_there {
        failure.message =
            Safe::line(&format!("it cannot be told whether its job runs: {}", error.message));
        Outcome::Unknown(failure)
    } else if error.kind.is_unreachable() || !touched {
        Outcome::Unreachable(failure)
    } else {
        Outcome::Failed(failure)
    }
}

/// What the end of a job means: an outcome for each of its steps that should have one, and that end.
fn settled(progress: &Progress, spec: &JobSpec, end: JobEnd) -> Vec<EventKind> {
    let state = &progress.journal.state;
    let open: Vec<&StepId> = spec
        .steps
        .iter()
        .map(|s| &s.id)
        .filter(|id| state.step(id).is_some_and(|s| s.outcome.is_none()))
        .collect();
    let cut = open.iter().copied().find(|id| state.step(id).is_some_and(|s| s.started.is_some()));
    let first = cut.or_else(|| open.first().copied());
    let fail = |exit, message: &str, hint: Option<&str>| {
        Outcome::Failed(progress.failure(exit, &Safe::line(message), hint.map(Safe::line)))
    };
    let settled: Vec<(&StepId, Outcome)> = match (&end, first) {
        // The code says that all went well; that a mark is missing changes nothing of it.
        (JobEnd::Exited(0), _) => open.iter().map(|id| (*id, Outcome::Changed)).collect(),
        (JobEnd::Exited(EXIT_ABORTED) | JobEnd::Aborted, _) => {
            cut.map(|id| (id, Outcome::Cancelled)).into_iter().collect()
        }
        (JobEnd::Held, _) | (_, None) => Vec::new(),
        (JobEnd::Exited(code), Some(id)) => {
            vec![(id, fail(Some(*code), &format!("{id} ended with exit code {code}"), None))]
        }
        (JobEnd::Locked(holder), Some(id)) => {
            let hint = "wait until it has ended, then plan again; nothing was run here";
            vec![(
                id,
                fail(None, &format!("another job holds this instance: {holder}"), Some(hint)),
            )]
        }
        (JobEnd::Fenced(holder), Some(id)) => {
            let hint = "look at what the other run did (`bunker lease show HOST`), then plan again";
            let message = format!(
                "this run has lost the lease of the instance, and nothing more was run here: it is {holder}"
            );
            vec![(id, fail(None, &message, Some(hint)))]
        }
        (JobEnd::Interrupted(what), Some(id)) if cut.is_some() => {
            let hint = "look at the host, then plan again: the plan reads how far it got";
            let message = Safe::line(&format!("{id} was interrupted: {what}"));
            vec![(id, Outcome::Unknown(progress.failure(None, &message, Some(hint.into()))))]
        }
        (JobEnd::Interrupted(what), Some(id)) => {
            vec![(id, fail(None, &format!("the job ended before {id}: {what}"), None))]
        }
    };
    let (host, seq) = (state.id.clone(), spec.job.seq);
    let finished = |(step, outcome): (&StepId, Outcome)| EventKind::StepFinished {
        host: host.clone(),
        step: step.clone(),
        outcome,
        took_s: None,
    };
    let mut kinds: Vec<EventKind> = settled.into_iter().map(finished).collect();
    kinds.push(EventKind::JobEnded { host: host.clone(), seq, end });
    kinds
}
