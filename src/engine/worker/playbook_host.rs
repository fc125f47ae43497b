//! One host of a playbook: its tasks as steps, its log as that of a job, so that all that reads runs reads it too.

use std::sync::Arc;

use super::host_journal::HostJournal;
use super::progress::Progress;
use super::shared::Shared;
use super::verdict;
use crate::domain::ids::StepId;
use crate::domain::job::{EXIT_SKIPPED, JobEnd, JobStart};
use crate::domain::marker::MARK;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::HostState;
use crate::domain::secret::{Redactor, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{LogSink, StoreError, Tally, TaskEnd};

/// The number of its one job.
const JOB: u32 = 1;
/// A title on the screens has at most this many characters.
const TITLE: usize = 60;

/// A host while a playbook runs.
pub(super) struct PlaybookHost {
    shared: Arc<Shared>,
    progress: Progress,
    redactor: Redactor,
    nonce: String,
    tally: Option<Tally>,
    /// How the last task ended that let the host fall out of the play.
    fell: Option<Outcome>,
}

impl PlaybookHost {
    /// Journals that the work on it begins.
    pub(super) async fn begin(
        shared: &Arc<Shared>,
        state: HostState,
        secrets: &Secrets,
    ) -> Result<Self, StoreError> {
        let (host, nonce) = (state.id.clone(), shared.ports.clock.nonce());
        let kinds = vec![
            EventKind::HostStarted { host: host.clone() },
            EventKind::JobIntended {
                host: host.clone(),
                seq: JOB,
                nonce: nonce.clone(),
                steps: Vec::new(),
            },
            EventKind::JobStarted { host, seq: JOB, start: JobStart::Started },
        ];
        let mut journal = HostJournal::new(Arc::clone(shared), state);
        journal.add(kinds).await?;
        let redactor = Redactor::new(secrets);
        let progress = Progress::open(journal, JOB, &nonce, redactor.clone()).await?;
        Ok(Self { shared: Arc::clone(shared), progress, redactor, nonce, tally: None, fell: None })
    }

    /// A task begins on it; one that has begun already goes on.
    pub(super) async fn task_started(&mut self, task: u32, name: &Safe) -> Result<(), StoreError> {
        let Some(step) = step_id(task) else { return Ok(()) };
        if self.progress.journal.state.step(&step).is_some_and(|s| s.started.is_some()) {
            return Ok(());
        }
        let title: String = self.redactor.line(name).as_str().chars().take(TITLE).collect();
        let host = self.progress.journal.state.id.clone();
        let added = EventKind::StepAdded { host, step: step.clone(), title: Safe::line(&title) };
        self.progress.journal.add(vec![added]).await?;
        self.mark(&format!("start {step} {}", self.now())).await
    }

    /// A task has ended on it.
    pub(super) async fn task_ended(
        &mut self,
        task: u32,
        end: TaskEnd,
        message: &Safe,
        output: &[u8],
    ) -> Result<(), StoreError> {
        let Some(step) = step_id(task) else { return Ok(()) };
        self.progress.keep(output).await?;
        let message = self.redactor.line(message);
        let said =
            if message.as_str().is_empty() { Safe::line("it gave no reason") } else { message };
        let (exit, changed) = match end {
            TaskEnd::Ok => (0, 0),
            TaskEnd::Changed => (0, 1),
            TaskEnd::Skipped | TaskEnd::Ignored => (EXIT_SKIPPED, 0),
            TaskEnd::Failed | TaskEnd::Unreachable => (1, 0),
        };
        let outcome = match end {
            TaskEnd::Ok | TaskEnd::Changed => None,
            TaskEnd::Skipped => Some(Outcome::Skipped(said)),
            TaskEnd::Ignored => {
                let text = format!("it failed, which the playbook ignores: {said}");
                Some(Outcome::Skipped(Safe::line(&text)))
            }
            TaskEnd::Failed => Some(Outcome::Failed(self.progress.failure(None, &said, None))),
            TaskEnd::Unreachable => {
                Some(Outcome::Unreachable(self.progress.failure(None, &said, None)))
            }
        };
        if let Some(Outcome::Failed(_) | Outcome::Unreachable(_)) = &outcome {
            self.fell.clone_from(&outcome);
        }
        self.progress.ends_as(outcome);
        self.mark(&format!("done {step} {exit} {} {changed}", self.now())).await
    }

    /// What Ansible counted of it at the end.
    pub(super) fn count(&mut self, tally: Tally) {
        self.tally = Some(tally);
    }

    /// Whether a task has begun on it.
    pub(super) fn is_touched(&self) -> bool {
        self.progress.journal.state.steps.iter().any(|s| s.started.is_some())
    }

    /// The process has ended while a task ran here: what became of it nobody can tell.
    pub(super) async fn cut_off(&mut self, killed: Option<bool>) -> Result<(), StoreError> {
        let Some(step) = self.progress.journal.state.running_step().map(|s| s.id.clone()) else {
            return Ok(());
        };
        let what = match killed {
            Some(true) => {
                "its processes here were ended; what it began on the host may go on there"
            }
            Some(false) => "processes of it are left here after KILL",
            None => "ansible-playbook ended while it ran",
        };
        let hint = Some(Safe::line("look at the host, then plan again"));
        let outcome = Outcome::Unknown(self.progress.failure(None, &Safe::line(what), hint));
        self.fell = Some(outcome.clone());
        self.progress.ends_as(Some(outcome));
        self.mark(&format!("done {step} 137 {} 0", self.now())).await
    }

    /// How it ended, by what was cut off, and by Ansible's count; `None` where neither says anything.
    pub(super) fn judged(&self) -> Option<Outcome> {
        if let Some(Outcome::Unknown(_)) = &self.fell {
            return self.fell.clone();
        }
        let Some(tally) = self.tally else { return self.fell.clone() };
        let fell = |what: &str| {
            self.fell.clone().unwrap_or_else(|| Outcome::Failed(verdict::failure(what, None)))
        };
        if tally.unreachable > 0 {
            Some(fell("Ansible counts it as unreachable"))
        } else if tally.failures > 0 {
            Some(fell("Ansible counts it as failed"))
        } else if tally.changed > 0 {
            Some(Outcome::Changed)
        } else {
            Some(Outcome::Ok)
        }
    }

    /// Journals its end.
    pub(super) async fn finish(
        mut self,
        exit: Option<i32>,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        self.progress.finish().await?;
        let host = self.progress.journal.state.id.clone();
        let end = match exit {
            Some(code) => JobEnd::Exited(code),
            None => JobEnd::Interrupted(Safe::line("it was ended by a signal, or never began")),
        };
        let ended = EventKind::JobEnded { host: host.clone(), seq: JOB, end };
        self.progress.journal.add(vec![ended, EventKind::HostFinished { host, outcome }]).await
    }

    fn now(&self) -> String {
        self.shared.ports.clock.now().as_second().to_string()
    }

    /// Writes a mark of the runner into the host's log, which is how steps begin and end for all that read it.
    async fn mark(&mut self, words: &str) -> Result<(), StoreError> {
        let mut line = vec![MARK];
        line.extend_from_slice(format!("{} {words}\n", self.nonce).as_bytes());
        self.progress.keep(&line).await
    }
}

fn step_id(task: u32) -> Option<StepId> {
    format!("task-{task}").parse().ok()
}
