//! Starting and going on with runs: the same for the command line and the cockpit.
//!
//! **Invariant:** a worker is started for a new run only with an [`Approved`], which the guardrails alone make, and only
//! within the maintenance windows of its targets. There is no other way to a run.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::ids::RunId;
use crate::domain::plan::{Outside, Plan};
use crate::domain::policy::{
    Approval, Approved, Consent, Decision, Passed, Refusal, Verdicted, again, pass, second,
};
use crate::domain::run::control::Control;
use crate::domain::run::event::EventKind;
use crate::domain::run::operator::Operator;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, RunReader, RunWriter, StartWorker, StoreError};
use crate::engine::worker::replayed;

/// How long a worker that still runs may take to say that it has the run; one that ended is told at once.
const TAKES_UP: Duration = Duration::from_mins(1);

/// Why no worker carries out the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// The plan has no target that can be run.
    #[error("the plan has no target that can be run")]
    NothingToDo,
    /// The guardrails forbid it, or ask for more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is not the time for it.
    #[error(
        "{0}: nothing was started; --outside wait starts a run that waits, `bunker window add` opens a window"
    )]
    OutsideWindow(Safe),
    /// The run waits for nobody's approval.
    #[error("run {0} waits for nobody's approval")]
    NotAsked(RunId),
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

/// What became of a plan that was to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launched {
    /// A worker has it.
    Started(RunId),
    /// It is stored and waits for a second person.
    Waits(RunId, Box<Approval>),
}

impl Launched {
    /// The run.
    pub fn run(&self) -> &RunId {
        match self {
            Self::Started(run) | Self::Waits(run, _) => run,
        }
    }
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
    /// once the worker has it. Where a guardrail asks for a second person, it is stored and waits for one.
    pub async fn start_run(
        &self,
        plan: &Plan,
        consent: &Consent,
        by: &Operator,
        how: &str,
    ) -> Result<Launched, LaunchError> {
        if plan.targets().next().is_none() {
            return Err(LaunchError::NothingToDo);
        }
        match pass(plan, consent)? {
            Passed::Now(approved) => {
                let in_time = self.in_time(approved)?;
                let (run, first) = self.new_run(plan, by, how);
                self.store.create(&run, plan, first).await?;
                self.begin(&run, in_time).await?;
                Ok(Launched::Started(run))
            }
            Passed::Later(asked) => {
                let approval = asked.approval(by, self.clock.now());
                let (run, first) = self.new_run(asked.plan(), by, how);
                self.store.create_waiting(&run, asked.plan(), first, &approval).await?;
                Ok(Launched::Waits(run, Box::new(approval)))
            }
        }
    }

    fn new_run(&self, plan: &Plan, by: &Operator, how: &str) -> (RunId, EventKind) {
        let chance = self.clock.nonce();
        let random = u16::from_str_radix(chance.get(..4).unwrap_or("0"), 16).unwrap_or(0);
        let run = RunId::new(self.clock.now(), random);
        let (hash, by, how) = (plan.hash(), by.clone(), Safe::line(how));
        let after = plan.after.clone();
        (run, EventKind::Planned { hash, by, how, after })
    }

    /// Says for a second person that a run may start, and starts it: exactly the plan that was asked about.
    pub async fn approve(&self, run: &RunId, by: &Operator) -> Result<(), LaunchError> {
        let (plan, approval) = self.asked(run).await?;
        let now = self.clock.now();
        let approved = match second(&plan, &approval, by, now) {
            Ok(approved) => approved,
            Err(refusal) => {
                self.close_if_late(run, &refusal, by).await?;
                return Err(refusal.into());
            }
        };
        // A window that is shut is no reason to lose the answer to "may it": only to answer later.
        let in_time = self.in_time(approved)?;
        let decision = Decision::Approved;
        let given = Verdicted { decision, by: by.clone(), at: now, reason: None };
        self.store.decide(run, &given).await?;
        self.begin(run, in_time).await
    }

    /// Says that a run that waits for a second person will not be. Anybody may, also who asked for it.
    pub async fn reject(
        &self,
        run: &RunId,
        by: &Operator,
        reason: Safe,
    ) -> Result<(), LaunchError> {
        let (_, approval) = self.asked(run).await?;
        if let Err(refusal) = approval.open(self.clock.now()) {
            self.close_if_late(run, &refusal, by).await?;
            return Err(refusal.into());
        }
        let (at, reason) = (self.clock.now(), Some(reason));
        let given = Verdicted { decision: Decision::Rejected, by: by.clone(), at, reason };
        Ok(self.store.decide(run, &given).await?)
    }

    async fn asked(&self, run: &RunId) -> Result<(Arc<Plan>, Approval), LaunchError> {
        let approval = self.store.approval(run).await?;
        let approval = approval.ok_or_else(|| LaunchError::NotAsked(run.clone()))?;
        Ok((self.store.plan(run).await?, approval))
    }

    /// Ends a run for which the time to approve is over.
    async fn close_if_late(
        &self,
        run: &RunId,
        refusal: &Refusal,
        by: &Operator,
    ) -> Result<(), LaunchError> {
        if !matches!(refusal, Refusal::Expired(_)) {
            return Ok(());
        }
        let at = self.clock.now();
        let given = Verdicted { decision: Decision::Expired, by: by.clone(), at, reason: None };
        Ok(self.store.decide(run, &given).await?)
    }

    /// Refuses a plan outside of the windows of its targets, and one whose first batch cannot end in time, unless it is to
    /// wait for that.
    fn in_time<'p>(&self, approved: Approved<'p>) -> Result<Approved<'p>, LaunchError> {
        let plan = approved.plan();
        if plan.rules.outside == Outside::Wait {
            return Ok(approved);
        }
        match plan.shut(self.clock.now()) {
            Some(why) => Err(LaunchError::OutsideWindow(why)),
            None => Ok(approved),
        }
    }

    /// The one place that starts a worker for a run that had none.
    async fn begin(&self, run: &RunId, _right: Approved<'_>) -> Result<(), LaunchError> {
        self.start_worker(run, 0).await
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
        let plan = self.store.plan(run).await?;
        if let Some(approval) = self.store.approval(run).await? {
            again(&plan, &approval)?;
        }
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

    /// Ends a run early. One whose worker is gone gets another, so that it ends by the hosts' truth; one that waits for
    /// a second person is taken back.
    pub async fn abort(&self, run: &RunId, kill: bool, by: &Operator) -> Result<(), LaunchError> {
        let state = self.state(run).await?;
        if state.phase == Phase::WaitingApproval {
            return self.reject(run, by, Safe::line("taken back")).await;
        }
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
        let mut worker = self.workers.start(run).map_err(failed)?;
        let taken = async {
            loop {
                // Asked first: what it wrote before it ended is read below.
                let ended = worker.ended();
                let state = self.state(run).await?;
                if state.generation > generation || state.finished.is_some() {
                    return Ok(());
                }
                if let Some(how) = ended {
                    let what = format!("it ended ({how}); its own words are in worker.log");
                    return Err(failed(Safe::line(&what)));
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let late =
            || failed(Safe::line("it did not take the run up; its own words are in worker.log"));
        tokio::time::timeout(TAKES_UP, taken).await.unwrap_or_else(|_| Err(late()))
    }
}
