//! pause, resume, abort.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::dispatch::right;
use super::operator::operator;
use super::print;
use super::unlock::unlock_for;
use crate::domain::ids::RunId;
use crate::domain::run::control::Control;
use crate::engine::launch::LaunchError;
use crate::engine::ports::{RunReader, RunWriter};
use crate::engine::supervisor::Supervisor;

/// Asks the worker of a run for something.
pub(super) async fn ask(context: &Context, run: &str, control: Control) -> Result<Exit, Trouble> {
    let store = wiring::store_writer(right(context)?)?;
    let run = store.find(run).await?;
    if !store.worker_alive(&run).await? {
        let why = format!("the worker of run {run} is gone: `bunker resume {run}` goes on with it");
        return Err(Trouble::new(Exit::Refused, why));
    }
    store.ask(&run, control, &operator()).await?;
    told(context, &run, control.name(), "no further step is started; the running ones go on")
}

/// Goes on with a paused run, or with one whose worker is gone.
pub(super) async fn resume(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    unlock_for(&*store, &run, &Supervisor::new()).await?;
    let workers = wiring::workers(right);
    let clock = wiring::clock();
    wiring::launcher(&*store, &workers, &*clock).resume(&run, &operator()).await?;
    told(context, &run, "resume", "it goes on")
}

/// Ends a run early.
pub(super) async fn abort(context: &Context, run: &str, kill: bool) -> Result<Exit, Trouble> {
    let right = right(context)?;
    let store = wiring::store_writer(right)?;
    let run = store.find(run).await?;
    if let Err(locked) = unlock_for(&*store, &run, &Supervisor::new()).await {
        // A run is ended all the same; without its secrets less is known of how.
        print::say(&format!("note: {:#}", locked.report));
    }
    let workers = wiring::workers(right);
    let clock = wiring::clock();
    wiring::launcher(&*store, &workers, &*clock).abort(&run, kill, &operator()).await?;
    let (word, what) = if kill {
        ("kill", "the running steps are ended on their hosts, and nothing more is started")
    } else {
        ("abort", "the running steps are finished, and nothing more is started")
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
