//! Starting and going on with runs: the same for the command line and the cockpit.

use std::time::Duration;

use crate::domain::ids::RunId;
use crate::domain::plan::Plan;
use crate::domain::run::control::Control;
use crate::domain::run::event::EventKind;
use crate::domain::run::operator::Operator;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, RunReader, RunWriter, StartWorker, StoreError};
use crate::engine::worker::replayed;

/// How long a worker may take to say that it has the run.
const TAKES_UP: Duration = Duration::from_secs(20);

/// Why no worker carries out the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// The plan has no target that can be run.
    #[error("the plan has no target that can be run")]
    NothingToDo,
    /// The store could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The worker did not start.
    #[error("run {run} is stored, but its worker did not start: {what}; try `bunker resume {run}`")]
    Worker {
        /// The run.
        run: RunId,
        /// What happened.
        what: Safe,
    },
}

/// What a launch works with.
pub struct Launcher<'a> {
    /// Where the run is journalled.
    pub store: &'a dyn RunWriter,
    /// Starts the process.
    pub workers: &'a dyn StartWorker,
    /// Time and chance.
    pub clock: &'a dyn Clock,
}

impl Launcher<'_> {
    /// Stores the plan as a new run and starts a worker for it, which outlives this process. Gives the run
    /// once the worker has it.
    pub async fn start_run(
        &self,
        plan: &Plan,
        by: &Operator,
        how: &str,
    ) -> Result<RunId, LaunchError> {
        if plan.targets().next().is_none() {
            return Err(LaunchError::NothingToDo);
        }
        let chance = self.clock.nonce();
        let random = u16::from_str_radix(chance.get(..4).unwrap_or("0"), 16).unwrap_or(0);
        let run = RunId::new(self.clock.now(), random);
        let (hash, by, how) = (plan.hash(), by.clone(), Safe::line(how));
        let after = plan.after.clone();
        self.store.create(&run, plan, EventKind::Planned { hash, by, how, after }).await?;
        self.start_worker(&run, 0).await?;
        Ok(run)
    }

    /// Goes on with a run: one that is paused by asking its worker, one whose worker is gone (or never
    /// came) by starting another, which reads the hosts' truth first.
    pub async fn resume(&self, run: &RunId, by: &Operator) -> Result<(), LaunchError> {
        self.go_on(run, Control::Resume, by).await
    }

    /// Lets a run pass what it waits for; with `all` what is like it too.
    pub async fn promote(&self, run: &RunId, all: bool, by: &Operator) -> Result<(), LaunchError> {
        self.go_on(run, if all { Control::PromoteAll } else { Control::Promote }, by).await
    }

    async fn go_on(&self, run: &RunId, control: Control, by: &Operator) -> Result<(), LaunchError> {
        let state = self.state(run).await?;
        if state.finished.is_some() {
            return Err(StoreError::Ended(run.to_string()).into());
        }
        let alive = self.store.worker_alive(run).await?;
        if alive || state.phase == Phase::Paused {
            self.store.ask(run, control, by).await?;
        }
        if alive { Ok(()) } else { self.start_worker(run, state.generation).await }
    }

    /// Ends a run early. One whose worker is gone gets another, so that it ends by the hosts' truth.
    pub async fn abort(&self, run: &RunId, kill: bool, by: &Operator) -> Result<(), LaunchError> {
        self.end(run, if kill { Control::Kill } else { Control::Abort }, by).await
    }

    /// Ends a run early; its worker brings back what it changed, as a new run.
    pub async fn abort_and_roll_back(&self, run: &RunId, by: &Operator) -> Result<(), LaunchError> {
        self.end(run, Control::AbortAndRollBack, by).await
    }

    async fn end(&self, run: &RunId, control: Control, by: &Operator) -> Result<(), LaunchError> {
        self.store.ask(run, control, by).await?;
        if self.store.worker_alive(run).await? {
            return Ok(());
        }
        let state = self.state(run).await?;
        self.start_worker(run, state.generation).await
    }

    async fn state(&self, run: &RunId) -> Result<RunState, LaunchError> {
        let plan = self.store.plan(run).await?;
        Ok(replayed(self.store as &dyn RunReader, run, &plan).await?)
    }

    async fn start_worker(&self, run: &RunId, generation: u32) -> Result<(), LaunchError> {
        let failed = |what: Safe| LaunchError::Worker { run: run.clone(), what };
        self.workers.start(run).map_err(failed)?;
        let taken = async {
            loop {
                let state = self.state(run).await?;
                if state.generation > generation || state.finished.is_some() {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let late =
            || failed(Safe::line("it did not take the run up; its own words are in worker.log"));
        tokio::time::timeout(TAKES_UP, taken).await.unwrap_or_else(|_| Err(late()))
    }
}
