//! Runs under way when a window changes: their plans have the windows that were when they were made.

use super::super::exit::Trouble;
use super::super::run::{operator, right};
use super::super::{Context, wiring};
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::control::Control;
use crate::domain::run::state::Phase;
use crate::engine::ports::{RunReader, RunWriter};

/// Runs that are looked through for those on the hosts of the window.
const RUNS: usize = 200;

/// Asks the runs that work on these hosts to pause: what is worked on is finished.
pub(super) fn pause(context: &Context, hosts: &[HostId]) -> Result<Vec<RunId>, Trouble> {
    let right = right(context)?;
    wiring::runtime()?.block_on(async {
        let store = wiring::store_writer(right)?;
        let mut paused = Vec::new();
        for run in store.runs(RUNS).await? {
            let works = matches!(run.phase, Phase::Waiting | Phase::Running);
            let here = run.hosts.iter().any(|host| hosts.contains(host));
            if works && here && store.worker_alive(&run.run).await? {
                store.ask(&run.run, Control::Pause, &operator::operator()).await?;
                paused.push(run.run);
            }
        }
        Ok(paused)
    })
}

/// Says which were asked.
pub(in crate::cli) fn words(paused: &[RunId]) -> Vec<String> {
    let word =
        |run: &RunId| format!("run {run} is asked to pause: `bunker resume {run}` goes on with it");
    paused.iter().map(word).collect()
}
