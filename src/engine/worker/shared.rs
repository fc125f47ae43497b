//! What all tasks of one run share, and what any of them may ask of the run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::budget::Budget;
use super::controls::{self, Wish};
use super::run::WorkerPorts;
use super::watch::Watch;
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::run::control::Control;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::outcome::{NotRun, Outcome};
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{RunReader, StoreError};

/// What all hosts of a run share.
pub(super) struct Shared {
    pub(super) ports: WorkerPorts,
    pub(super) run: RunId,
    /// Its process.
    pub(super) pid: u32,
    pub(super) plan: Arc<Plan>,
    /// What is wanted of the run now.
    pub(super) wish: watch::Receiver<Wish>,
    /// Says what is wanted. Only while `one_at_a_time` is held.
    pub(super) tell: watch::Sender<Wish>,
    /// Held while the wish is changed and the change is journalled, so that the journal has the changes in the
    /// order in which they happened.
    pub(super) one_at_a_time: tokio::sync::Mutex<()>,
    /// The state as far as the journal was read last.
    ///
    /// **Invariant:** a journal is only ever added to, so what was read of it stays true.
    known: tokio::sync::Mutex<RunState>,
    /// The targets that are done.
    pub(super) watch: Watch,
    /// Whether it goes one target at a time.
    stepping: watch::Sender<bool>,
    /// Targets that are left out when their turn comes, and by whom.
    skips: Mutex<BTreeMap<HostId, Safe>>,
    budget: Mutex<Budget>,
    /// Why the run starts nothing further, where no person asked for that.
    stopped: Mutex<Option<Safe>>,
}

impl Shared {
    /// As the journal says.
    pub(super) fn new(
        ports: WorkerPorts,
        (run, pid): (RunId, u32),
        plan: Arc<Plan>,
        state: &RunState,
    ) -> Arc<Self> {
        let (tell, wish) = watch::channel(Wish::of(state));
        let mut budget = Budget::new(&plan);
        for host in &state.hosts {
            host.outcome.iter().for_each(|outcome| budget.count(&host.id, outcome));
        }
        let skips = state
            .controls
            .iter()
            .filter_map(|(_, control, by)| Some((control.host()?.clone(), by.user.clone())));
        let skips = skips.collect();
        let stepping = state.goes_one_by_one(&plan);
        Arc::new(Self {
            ports,
            run,
            pid,
            plan,
            wish,
            tell,
            one_at_a_time: tokio::sync::Mutex::default(),
            known: tokio::sync::Mutex::new(state.clone()),
            watch: Watch::of(state),
            stepping: watch::Sender::new(stepping),
            skips: Mutex::new(skips),
            budget: Mutex::new(budget),
            stopped: Mutex::new(state.stopped.clone()),
        })
    }

    /// Whether it goes one target at a time and asks before the next.
    pub(super) fn one_by_one(&self) -> bool {
        *self.stepping.borrow()
    }

    /// The same, to be told when it changes.
    pub(super) fn one_by_one_now(&self) -> watch::Receiver<bool> {
        self.stepping.subscribe()
    }

    /// What this control, which is journalled, means for that.
    pub(super) fn steps(&self, control: &Control) {
        match control {
            Control::Step => {
                self.stepping.send_replace(true);
            }
            Control::PromoteAll => {
                self.stepping.send_replace(false);
            }
            Control::Pause
            | Control::Resume
            | Control::Abort
            | Control::Kill
            | Control::Promote
            | Control::AbortAndRollBack
            | Control::SkipHost(_) => {}
        }
    }

    /// Journals events; they are durable when this returns.
    pub(super) async fn add(&self, kinds: Vec<EventKind>) -> Result<Vec<RunEvent>, StoreError> {
        self.ports.store.append(&self.run, kinds).await
    }

    /// The state of the run by its journal, now.
    pub(super) async fn state(&self) -> Result<RunState, StoreError> {
        let mut known = self.known.lock().await;
        read_on(&*self.ports.store as &dyn RunReader, &mut known).await?;
        Ok(known.clone())
    }

    /// Whether the running steps are being ended.
    pub(super) fn killing(&self) -> bool {
        *self.wish.borrow() == Wish::Kill
    }

    /// Lets the run wait for a person: nothing further is started until one resumes or promotes it. Returns at
    /// once; [`controls::unpaused`] waits. A run that is paused already is paused for this reason from now on;
    /// one that is being ended is not paused.
    pub(super) async fn pause(&self, reason: PauseReason, why: Safe) -> Result<(), StoreError> {
        let _order = self.one_at_a_time.lock().await;
        if *self.wish.borrow() > Wish::Pause {
            return Ok(());
        }
        // Somebody may have left step mode since the question came up.
        if reason == PauseReason::StepMode && !self.one_by_one() {
            return Ok(());
        }
        let state = self.state().await?;
        // Another worker may have said so before it died.
        if state.pause != Some(reason) || state.why.as_ref() != Some(&why) {
            self.add(vec![EventKind::Paused { why, reason }]).await?;
        }
        self.tell.send_replace(Wish::Pause);
        Ok(())
    }

    /// Takes back a pause for this reason, where what the run waited for has come by itself. A pause for any
    /// other reason stays.
    pub(super) async fn go_on_after(&self, reason: PauseReason) -> Result<(), StoreError> {
        let _order = self.one_at_a_time.lock().await;
        if *self.wish.borrow() != Wish::Pause || self.state().await?.pause != Some(reason) {
            return Ok(());
        }
        self.add(vec![EventKind::Resumed]).await?;
        self.tell.send_replace(Wish::Go);
        Ok(())
    }

    /// Starts no further target, for good: what has not begun is not run, and the run fails.
    pub(super) async fn stop(&self, why: Safe) -> Result<(), StoreError> {
        if self.stopped().is_some() {
            return Ok(());
        }
        self.add(vec![EventKind::Stopping { why: why.clone() }]).await?;
        if let Ok(mut stopped) = self.stopped.lock() {
            *stopped = Some(why);
        }
        Ok(())
    }

    /// Why the run starts nothing further; `None` while it does, or only waits.
    pub(super) fn stopped(&self) -> Option<Safe> {
        let spent = || self.budget.lock().ok().and_then(|budget| budget.spent());
        self.stopped.lock().ok().and_then(|stopped| stopped.clone()).or_else(spent)
    }

    /// Leaves out a target when its turn comes.
    pub(super) fn skip(&self, host: &HostId, by: &Safe) {
        if let Ok(mut skips) = self.skips.lock() {
            skips.insert(host.clone(), by.clone());
        }
    }

    /// Who had this target left out.
    pub(super) fn skipped(&self, host: &HostId) -> Option<Safe> {
        self.skips.lock().ok()?.get(host).cloned()
    }

    /// Counts a target that ended; gives why the run stops, when this was the one too many.
    pub(super) fn count(&self, host: &HostId, outcome: &Outcome) -> Option<Safe> {
        let mut budget = self.budget.lock().ok()?;
        let before = budget.spent().is_some();
        budget.count(host, outcome);
        budget.spent().filter(|_| !before)
    }

    /// Why a target is not started now; waits while the run is paused.
    pub(super) async fn refusal(&self) -> Option<NotRun> {
        match controls::unpaused(self.wish.clone()).await {
            Wish::Abort | Wish::Kill => Some(NotRun::Aborted),
            Wish::Go | Wish::Pause => self.stopped().map(|_| NotRun::RunStopped),
        }
    }
}

/// The state of a run by its journal.
pub(crate) async fn replayed(
    store: &dyn RunReader,
    run: &RunId,
    plan: &Plan,
) -> Result<RunState, StoreError> {
    let mut state = RunState::new(run.clone(), plan);
    read_on(store, &mut state).await?;
    Ok(state)
}

/// Applies what the journal has behind the last event of a state.
async fn read_on(store: &dyn RunReader, state: &mut RunState) -> Result<(), StoreError> {
    loop {
        let events = store.events(&state.run, state.seq, 1_000).await?;
        let before = state.seq;
        state.apply_all(&events);
        if state.seq == before {
            return Ok(());
        }
    }
}
