//! pause, resume, promote, skip, abort.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::dispatch::right;
use super::operator::operator;
use super::unlock::unlock_for;
use super::worker::replay;
use super::{again, print};
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::control::Control;
use crate::engine::launch::LaunchError;
use crate::engine::ports::{RunReader, RunWriter};
use crate::engine::supervisor::Supervisor;

/// Lets nothing further begin until it is resumed.
pub(super) async fn pause(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let means = "no further step is started; the running ones go on";
    ask(context, run, Control::Pause, means).await
}

/// Lets it go one target at a time, and ask before the next.
pub(super) async fn step(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let id = store.find(run).await?;
    let state = replay(&*store, &id).await?;
    if state.local {
        let why = format!(
            "run {id} is a playbook: Ansible decides who is next, `bunker pause {id}` pauses it"
        );
        return Err(Trouble::new(Exit::Refused, why));
    }
    if state.finished.is_none() && state.goes_one_by_one(&*store.plan(&id).await?) {
        let means = "it goes one target at a time already; `bunker promote --all` leaves that";
        return told(context, &id, Control::Step.name(), means);
    }
    let means = "it finishes what it works on, then asks before each: `bunker resume` says yes to one, `bunker promote --all` leaves that";
    ask(context, run, Control::Step, means).await
}

/// Asks the worker of a run for something.
async fn ask(context: &Context, run: &str, control: Control, means: &str) -> Result<Exit, Trouble> {
    let store = wiring::store_writer(right(context)?)?;
    let run = store.find(run).await?;
    if replay(&*store, &run).await?.finished.is_some() {
        let why = format!("run {run} has ended: there is nothing to control");
        return Err(Trouble::new(Exit::Refused, why));
    }
    if !store.worker_alive(&run).await? {
        let why = format!("the worker of run {run} is gone: `bunker resume {run}` goes on with it");
        return Err(Trouble::new(Exit::Refused, why));
    }
    store.ask(&run, control.clone(), &operator()).await?;
    told(context, &run, control.name(), means)
}

/// Goes on with a paused run, or with one whose worker is gone.
pub(super) async fn resume(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    unlock_for(&*store, &run, &Supervisor::new()).await?;
    let workers = wiring::workers(right, &context.inventory);
    let clock = wiring::clock();
    wiring::launcher(&*store, &workers, &*clock).resume(&run, &operator()).await?;
    told(context, &run, "resume", "it goes on")
}

/// Lets a run pass what it waits for.
pub(super) async fn promote(context: &Context, run: &str, all: bool) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    let plan = store.plan(&run).await?;
    let state = replay(&*store, &run).await?;
    if state.pause.is_none() && !(all && state.goes_one_by_one(&plan)) {
        let why = format!("run {run} does not wait for anybody: there is nothing to promote");
        return Err(Trouble::new(Exit::Refused, why));
    }
    unlock_for(&*store, &run, &Supervisor::new()).await?;
    let (workers, clock) = (wiring::workers(right, &context.inventory), wiring::clock());
    wiring::launcher(&*store, &workers, &*clock).promote(&run, all, &operator()).await?;
    if all {
        told(context, &run, "promote-all", "it goes on, and does not wait for the like of it again")
    } else {
        told(context, &run, "promote", "it goes on although it is as it is")
    }
}

/// Leaves out a target that has not begun.
pub(super) async fn skip(context: &Context, run: &str, host: &str) -> Result<Exit, Trouble> {
    let store = wiring::store_writer(right(context)?)?;
    let run = store.find(run).await?;
    let id: HostId = host.parse().map_err(|e| Trouble::new(Exit::Usage, e))?;
    let state = replay(&*store, &run).await?;
    let Some(target) = state.host(&id) else {
        return Err(Trouble::new(Exit::NotFound, format!("run {run} has no target {id}")));
    };
    if target.started.is_some() || target.outcome.is_some() {
        let why = format!("{id} has begun or ended in run {run}: only a waiting target is skipped");
        return Err(Trouble::new(Exit::Refused, why));
    }
    store.ask(&run, Control::SkipHost(id.clone()), &operator()).await?;
    told(context, &run, "skip-host", &format!("{id} is left as it is"))
}

/// How a run is ended early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    /// The running steps too.
    pub(super) kill: bool,
    /// Bring back what it changed.
    pub(super) rollback: bool,
}

/// Ends a run early; brings back what an ended one changed.
pub(super) async fn abort(context: &Context, run: &str, how: Ending) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    let state = replay(&*store, &run).await?;
    if let Err(locked) = unlock_for(&*store, &run, &Supervisor::new()).await {
        // A run is ended all the same; without its secrets less is known of how.
        print::say(&format!("note: {:#}", locked.report));
    }
    let (workers, clock) = (wiring::workers(right, &context.inventory), wiring::clock());
    let launcher = wiring::launcher(&*store, &workers, &*clock);
    if how.rollback && state.finished.is_some() {
        let hosts = wiring::hosts()?;
        let back = again::roll_back(right, &context.inventory, &hosts, &run, &operator()).await;
        hosts.close().await;
        let runs = back?;
        if context.json {
            print::json(&json!({ "run": run, "asked": "rollback", "started": runs }))?;
        }
        again::tell(&run, &runs);
        return Ok(if runs.is_empty() { Exit::Refused } else { Exit::Ok });
    }
    if how.rollback {
        launcher.abort_and_roll_back(&run, &operator()).await?;
        let what = "the running steps are finished, then its worker starts the rollback of what it changed: `bunker runs` shows it";
        return told(context, &run, "abort-and-rollback", what);
    }
    let kill = how.kill || state.controls.iter().any(|(_, c, _)| *c == Control::Abort);
    launcher.abort(&run, how.kill, &operator()).await?;
    let (word, what) = if kill {
        ("kill", "the running steps are ended on their hosts, and nothing more is started")
    } else {
        (
            "abort",
            "the running steps are finished, and nothing more is started; a second abort ends them too",
        )
    };
    told(context, &run, word, what)
}

fn told(context: &Context, run: &RunId, asked: &str, what: &str) -> Result<Exit, Trouble> {
    if context.json {
        print::json(&json!({ "run": run, "asked": asked }))?;
    } else {
        print::say(&format!("run {run}: {what}"));
    }
    Ok(Exit::Ok)
}

impl From<LaunchError> for Trouble {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Store(error) => error.into(),
            LaunchError::NothingToDo | LaunchError::Refused(_) | LaunchError::OutsideWindow(_) => {
                Self::new(Exit::Refused, error)
            }
            LaunchError::NotAsked(_) => Self::new(Exit::Usage, error),
            LaunchError::Worker { .. } => Self::new(Exit::Failed, error),
        }
    }
}
