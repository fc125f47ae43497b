//! One run: its batches in order, its hosts side by side, its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::controls::Wish;
use super::host::HostRun;
use super::places::Places;
use super::shared::{Shared, replayed};
use super::{between, controls, playbook, verdict, watch};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::HostPlan;
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::{NotRun, Outcome};
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{
    Campaigns, Clock, GateCheck, HookRunner, LeaseDesk, MetricsSource, PlaybookRunner, RemoteJobs,
    RunReader, RunWriter, SecretSource, SecretWriter, StoreError,
};
use crate::engine::supervisor::Supervisor;

/// How patient a worker is.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How often the first job of a host is sent before the host counts as unreachable.
    pub first_attempts: u32,
    /// The first pause between two attempts; it doubles up to `backoff_max`, with jitter.
    pub backoff: Duration,
    /// The longest pause between two attempts.
    pub backoff_max: Duration,
    /// How long a host that has work of ours may be silent before its outcome is unknown.
    pub contact_deadline: Duration,
    /// How long ending a job's processes may take before they are killed.
    pub kill_grace: Duration,
    /// Between two looks at what operators ask.
    pub control_poll: Duration,
    /// Between two signs of life.
    pub heartbeat: Duration,
    /// Between two looks at a gate.
    pub gate_look: Duration,
    /// Between two looks at a maintenance window that is shut.
    pub window_look: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            first_attempts: 3,
            backoff: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
            contact_deadline: Duration::from_hours(1),
            kill_grace: Duration::from_secs(10),
            control_poll: Duration::from_millis(300),
            heartbeat: Duration::from_secs(5),
            gate_look: Duration::from_secs(1),
            window_look: Duration::from_secs(1),
        }
    }
}

/// What a worker works with.
#[derive(Clone)]
pub struct WorkerPorts {
    /// The journal.
    pub store: Arc<dyn RunWriter>,
    /// What stands around a run.
    pub around: AroundPorts,
    /// The hosts.
    pub remote: Arc<dyn RemoteJobs>,
    /// The gates.
    pub gates: Arc<dyn GateCheck>,
    /// The metrics server, by which canaries are judged.
    pub metrics: Arc<dyn MetricsSource>,
    /// The secrets that plans have holes for.
    pub secrets: Arc<dyn SecretSource>,
    /// Where new values are kept.
    pub vault: Arc<dyn SecretWriter>,
    /// Playbooks of Ansible.
    pub playbooks: Arc<dyn PlaybookRunner>,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// Starts the hosts' tasks.
    pub supervisor: Supervisor,
    /// How patient to be.
    pub timing: Timing,
}

/// What a worker works with around the hosts' own steps.
#[derive(Clone)]
pub struct AroundPorts {
    /// Leases between jobs.
    pub leases: Arc<dyn LeaseDesk>,
    /// The lease of the whole fleet.
    pub campaigns: Arc<dyn Campaigns>,
    /// The operators' hooks.
    pub hooks: Arc<dyn HookRunner>,
}

/// Why a worker ended before its run did. The hosts finish what they have; the run can be resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The store could not be written, or another worker has the run.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes this process the worker of the run and carries the run out, from where its journal stands,
/// to its end.
pub async fn carry_out(ports: WorkerPorts, run: RunId, pid: u32) -> Result<Phase, WorkerError> {
    let generation = ports.store.claim(&run, pid).await?;
    ports.store.append(&run, vec![EventKind::WorkerStarted { pid, generation }]).await?;
    let plan = ports.store.plan(&run).await?;
    let state = replayed(&*Arc::clone(&ports.store) as &dyn RunReader, &run, &plan).await?;
    let shared = Shared::new(ports, (run, pid), plan, &state);
    // What was asked before this worker came counts before it starts anything.
    let heard = controls::hear(&shared, state.controls.len() as u64).await?;
    let worked = tokio::select! {
        worked = work(&shared, &state) => worked,
        heard = controls::listen(&shared, heard) => heard.map(|never| match never {}),
        kept = between::campaign::keep(&shared) => kept.map(|never| match never {}),
        told = between::hooks::on_pauses(&shared) => told.map(|never| match never {}),
        watched = watch::watch(&shared) => watched.map(|never| match never {}),
    };
    if worked.is_err() {
        // Nobody else of this worker may go on when one could not journal.
        shared.ports.supervisor.stop(Duration::from_secs(5)).await;
    }
    worked.map_err(WorkerError::from)
}

/// Carries out another run too, as the same worker: the way back of a canary.
pub(super) fn carry_out_too(
    shared: &Shared,
    run: RunId,
) -> BoxFuture<'static, Result<(), StoreError>> {
    let (ports, pid) = (shared.ports.clone(), shared.pid);
    Box::pin(async move {
        let ended = carry_out(ports, run, pid).await;
        ended.map(drop).map_err(|WorkerError::Store(error)| error)
    })
}

async fn work(shared: &Arc<Shared>, state: &RunState) -> Result<Phase, StoreError> {
    leave_alone_what_is_blocked(shared, state).await?;
    between::before_run(shared, state).await?;
    if let Some(playbook) = &shared.plan.playbook {
        between::before_batch(shared, 0, state.batch.is_some()).await?;
        playbook::carry_out(shared, state, playbook).await?;
        if state.batch_done.is_none() {
            between::after_batch(shared, 0).await?;
        }
        return finish(shared).await;
    }
    for (idx, batch) in shared.plan.batches.iter().enumerate() {
        let idx = u32::try_from(idx).unwrap_or(u32::MAX);
        let begun = state.batch.is_some_and(|last| last >= idx);
        let done = state.batch_done.is_some_and(|last| last >= idx)
            || state.batch.is_some_and(|last| last > idx);
        let open = |id: &HostId| state.host(id).is_some_and(|h| h.outcome.is_none());
        if batch.iter().any(open) {
            between::before_batch(shared, idx, begun).await?;
            batch_of_hosts(shared, state, batch).await?;
        }
        if !done {
            between::after_batch(shared, idx).await?;
        }
    }
    finish(shared).await
}

/// Every target has an outcome.
async fn finish(shared: &Arc<Shared>) -> Result<Phase, StoreError> {
    let end = shared.state().await?;
    let (phase, summary) = verdict::of_run(&shared.plan, &end, *shared.wish.borrow());
    between::after_run(shared, phase).await?;
    shared.add(vec![EventKind::RunFinished { state: phase, summary }]).await?;
    Ok(phase)
}

async fn leave_alone_what_is_blocked(shared: &Shared, state: &RunState) -> Result<(), StoreError> {
    let open = |h: &&HostPlan| state.host(&h.id).is_some_and(|s| s.outcome.is_none());
    let blocked = shared.plan.hosts.iter().filter(|h| !h.will_run()).filter(open).map(|h| {
        let why = h.findings.first().map(|f| f.text.clone());
        let why = why.unwrap_or_else(|| Safe::line("it was not ready when the plan was made"));
        EventKind::HostFinished {
            host: h.id.clone(),
            outcome: Outcome::NotRun(NotRun::Blocked(why)),
        }
    });
    let kinds: Vec<EventKind> = blocked.collect();
    if kinds.is_empty() { Ok(()) } else { shared.add(kinds).await.map(drop) }
}

/// The hosts of one batch, some at a time.
async fn batch_of_hosts(
    shared: &Arc<Shared>,
    state: &RunState,
    batch: &[HostId],
) -> Result<(), StoreError> {
    let known = batch.iter().filter_map(|id| Some((shared.plan.host(id)?, state.host(id)?)));
    let open: Vec<_> = known.filter(|(_, state)| state.outcome.is_none()).collect();
    let places = Arc::new(Places::new(shared.plan.parallel, open.len()));
    let mut running = FuturesUnordered::new();
    for (at, (plan, state)) in open.into_iter().enumerate() {
        let host = HostRun::new(Arc::clone(shared), plan.clone(), state.clone());
        let (shared, places) = (Arc::clone(shared), Arc::clone(&places));
        let (id, begun) = (plan.id.clone(), state.started.is_some());
        let supervisor = shared.ports.supervisor.clone();
        let work =
            supervisor.spawn("host", one_host(Arc::clone(&shared), host, (places, at), begun));
        running.push(async move {
            match work.join().await {
                Ok(ended) => ended,
                Err(died) => give_up(&shared, &id, &died.to_string()).await,
            }
        });
    }
    while let Some(ended) = running.next().await {
        ended?;
    }
    Ok(())
}

async fn one_host(
    shared: Arc<Shared>,
    host: HostRun,
    (places, at): (Arc<Places>, usize),
    begun: bool,
) -> Result<(), StoreError> {
    let id = host.journal.state.id.clone();
    let (mut place, turn) = loop {
        let place = places.take(&shared, at).await;
        if begun {
            break (place, Turn::Begins);
        }
        match turn(&shared, &id, place.is_all()).await? {
            Turn::Alone => drop(place),
            turn @ (Turn::Begins | Turn::Skipped(_) | Turn::Not(_)) => break (place, turn),
        }
    };
    if !shared.one_by_one() {
        // A person said meanwhile that it need not be alone.
        place.narrow();
    }
    let outcome = match turn {
        Turn::Not(why) => host.left_alone(why).await?,
        Turn::Skipped(by) => host.skipped(&by).await?,
        Turn::Begins | Turn::Alone => {
            shared.watch.begins();
            let ended = host.carry_out().await;
            shared.watch.rests();
            ended?
        }
    };
    shared.watch.ended(&id, &outcome);
    stop_if_too_many(&shared, &id, &outcome).await
}

/// What becomes of a target whose turn has come.
enum Turn {
    Begins,
    /// Not before it has all places: somebody wants them to go one by one since it got its own.
    Alone,
    Skipped(Safe),
    Not(NotRun),
}

/// Waits until it is told what becomes of a target: while the run is paused, and in step mode until somebody said yes.
///
/// Who waited for a person is not begun over a target that fell ill meanwhile: that is said, and promoting passes it.
async fn turn(shared: &Shared, id: &HostId, alone: bool) -> Result<Turn, StoreError> {
    let mut waited = false;
    loop {
        waited |= *shared.wish.borrow() == Wish::Pause;
        if let Some(why) = shared.refusal().await {
            return Ok(Turn::Not(why));
        }
        if let Some(by) = shared.skipped(id) {
            return Ok(Turn::Skipped(by));
        }
        if waited && waits_for_the_ill(shared).await? {
            continue;
        }
        if !shared.one_by_one() {
            return Ok(Turn::Begins);
        }
        if !alone {
            return Ok(Turn::Alone);
        }
        let state = shared.state().await?;
        let first = state.hosts.iter().all(|h| h.started.is_none());
        if first || state.is_waived(PauseReason::StepMode) {
            return Ok(Turn::Begins);
        }
        let why = Safe::line(&format!("one instance at a time: the next is {id}"));
        shared.pause(PauseReason::StepMode, why).await?;
    }
}

/// Lets the run wait where a target that was done is ill by now, unless a person passed that.
async fn waits_for_the_ill(shared: &Shared) -> Result<bool, StoreError> {
    let ill = shared.watch.ill();
    if ill.is_empty() || shared.state().await?.is_waived(PauseReason::Relapsed) {
        return Ok(false);
    }
    let each: Vec<String> = ill.iter().map(|(id, seen)| format!("{id} ({seen})")).collect();
    let why = format!("done, and no longer healthy: {}", each.join(", "));
    shared.pause(PauseReason::Relapsed, Safe::line(&why)).await?;
    Ok(true)
}

/// A task of ours failed: what its host does is unknown.
async fn give_up(shared: &Shared, id: &HostId, what: &str) -> Result<(), StoreError> {
    let hint = "this is a bug in bunker; the host goes on by itself, look at it before you go on";
    let outcome = Outcome::Unknown(verdict::failure(what, Some(hint)));
    let kind = EventKind::HostFinished { host: id.clone(), outcome: outcome.clone() };
    shared.add(vec![kind]).await?;
    stop_if_too_many(shared, id, &outcome).await
}

async fn stop_if_too_many(
    shared: &Shared,
    id: &HostId,
    outcome: &Outcome,
) -> Result<(), StoreError> {
    match shared.count(id, outcome) {
        Some(why) => shared.add(vec![EventKind::Stopping { why }]).await.map(drop),
        None => Ok(()),
    }
}
