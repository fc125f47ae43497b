//! `bunker attach RUN`: what happens in a run, as lines, until it ends. Leaving is safe.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use color_eyre::eyre::WrapErr;
use jiff::Timestamp;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::attach_canary::CanaryLines;
use super::attach_leave::{Hold, interrupted};
use super::attach_log::{Logs, Until};
use super::show::{exit_of, failure_text};
use super::{print, show_json};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::RunReader;

/// Between two looks at the store, while few targets are at work.
const LOOK: Duration = Duration::from_millis(150);
/// How many that are: with more of them, whose lines stand between each other's anyway, it is looked less often.
const FEW: usize = 8;
/// The longest time between two looks.
const LOOK_AT_MOST: Duration = Duration::from_secs(1);

/// Follows the run that is meant.
pub(super) async fn attach(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let run = wiring::store_reader()?.find(run).await?;
    let shown = if context.json { Shown::Events } else { Shown::Lines };
    follow(context, &run, shown, Hold::Looks).await
}

/// What following a run prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Shown {
    /// Output and events, for a person.
    Lines,
    /// Each event as one line of JSON.
    Events,
    /// The whole run as JSON, when it has ended.
    Summary,
}

/// Follows a run until it ends, its worker is gone, the reader has gone or Ctrl-C is pressed.
pub(super) async fn follow(
    context: &Context,
    run: &RunId,
    shown: Shown,
    hold: Hold,
) -> Result<Exit, Trouble> {
    follow_in(&*wiring::store_reader()?, context, run, shown, hold).await
}

/// The same in this store, which may be a file.
pub(in crate::cli) async fn follow_in(
    store: &dyn RunReader,
    context: &Context,
    run: &RunId,
    shown: Shown,
    hold: Hold,
) -> Result<Exit, Trouble> {
    let plan = store.plan(run).await?;
    Tail::of(store, run, &plan, shown).or_left(context, hold).await
}

/// [`follow`] for whoever has the run's plan already.
pub(super) async fn follow_planned(
    context: &Context,
    run: &RunId,
    plan: &Plan,
    shown: Shown,
    hold: Hold,
) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    Tail::of(&*store, run, plan, shown).or_left(context, hold).await
}

/// How long it rests between two looks while so many targets are at work.
fn rest(n_at_work: usize) -> Duration {
    let times = u32::try_from(n_at_work.div_ceil(FEW)).unwrap_or(u32::MAX).max(1);
    LOOK.saturating_mul(times).min(LOOK_AT_MOST)
}

/// A run that is followed, as far as it was printed.
pub(super) struct Tail<'a> {
    store: &'a dyn RunReader,
    pub(super) plan: &'a Plan,
    pub(super) state: RunState,
    shown: Shown,
    logs: Logs,
    /// What was printed last of each host's gate, and when that was seen.
    pub(super) gates: BTreeMap<HostId, (Safe, Timestamp)>,
    pub(super) canary: CanaryLines,
    out: print::Lines,
}

impl<'a> Tail<'a> {
    fn of(store: &'a dyn RunReader, run: &RunId, plan: &'a Plan, shown: Shown) -> Self {
        let state = RunState::new(run.clone(), plan);
        let (logs, gates) = (Logs::default(), BTreeMap::new());
        let (canary, out) = (CanaryLines::default(), print::Lines::default());
        Self { store, plan, state, shown, logs, gates, canary, out }
    }

    /// Follows until the run ends or whoever follows leaves.
    async fn or_left(mut self, context: &Context, hold: Hold) -> Result<Exit, Trouble> {
        let run = self.state.run.clone();
        tokio::select! {
            ended = self.until_end() => ended,
            left = interrupted(context, &run, hold) => left,
        }
    }

    async fn until_end(&mut self) -> Result<Exit, Trouble> {
        let mut version = None;
        loop {
            let now = self.store.version().await?;
            // Output does not pass through the database, so it is looked at each time.
            if self.logs(Until::NextStep).await?.is_break() {
                return Ok(Exit::Ok);
            }
            let before = self.state.seq;
            if version != Some(now) && self.events().await?.is_break() {
                return Ok(Exit::Ok);
            }
            version = Some(now);
            if self.state.finished.is_some() {
                return self.ended().await;
            }
            // Who wrote just now lives.
            if self.state.seq == before
                && let Some(lost) = self.lost().await?
            {
                return Ok(lost);
            }
            if self.out.print()?.is_break() {
                return Ok(Exit::Ok);
            }
            tokio::time::sleep(rest(self.n_at_work())).await;
        }
    }

    /// How it ends where the run has no worker any more.
    async fn lost(&mut self) -> Result<Option<Exit>, Trouble> {
        let alive = self.store.worker_alive(&self.state.run).await?;
        if alive || self.state.generation == 0 {
            return Ok(None);
        }
        if self.events().await?.is_break() {
            return Ok(Some(Exit::Ok));
        }
        if self.state.finished.is_some() {
            return self.ended().await.map(Some);
        }
        if self.logs(Until::End).await?.is_break() || self.out.print()?.is_break() {
            return Ok(Some(Exit::Ok));
        }
        let run = &self.state.run;
        print::say(&format!(
            "run {run} is lost: its worker is gone; `bunker resume {run}` goes on with it"
        ));
        Ok(Some(exit_of(self.plan, &self.state.recovered(false))))
    }

    fn n_at_work(&self) -> usize {
        self.state.hosts.iter().filter(|host| host.is_under_way()).count()
    }

    async fn ended(&mut self) -> Result<Exit, Trouble> {
        if self.logs(Until::End).await?.is_break() || self.out.print()?.is_break() {
            return Ok(Exit::Ok);
        }
        if self.shown == Shown::Summary {
            print::json(&show_json::run(self.plan, &self.state))?;
        } else if self.shown == Shown::Lines {
            let failed =
                self.state.worst_first().into_iter().filter_map(|host| match &host.outcome {
                    Some(Outcome::Failed(f) | Outcome::Unknown(f) | Outcome::Unreachable(f)) => {
                        Some(format!("{}: {}", host.id, failure_text(f, "  ").trim_start()))
                    }
                    _ => None,
                });
            let failed: String = failed.collect();
            print::all(&failed)?;
            let summary = self.state.summary.as_ref().map(ToString::to_string).unwrap_or_default();
            let word = self.state.phase.word();
            print::all(&format!("run {} {word}: {summary}\n", self.state.run))?;
        }
        Ok(exit_of(self.plan, &self.state))
    }

    async fn events(&mut self) -> Result<ControlFlow<()>, Trouble> {
        loop {
            let events = self.store.events(&self.state.run, self.state.seq, 1_000).await?;
            if events.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            let before = self.state.seq;
            for event in &events {
                self.state.apply(event);
                if self.event(event).await?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if self.state.seq == before {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    /// Prints what is new of the logs, as far as the steps' events allow.
    async fn logs(&mut self, until: Until<'_>) -> Result<ControlFlow<()>, Trouble> {
        if self.shown != Shown::Lines {
            return Ok(ControlFlow::Continue(()));
        }
        // Of a target that is over, all was printed before that was said.
        let all = self.state.hosts.iter();
        let asked = all.filter(|host| until == Until::End || host.outcome.is_none());
        let hosts: Vec<HostId> = asked.map(|host| host.id.clone()).collect();
        self.logs.read(self.store, &self.state.run, hosts.iter().cloned()).await?;
        for host in hosts {
            let to = (until, &mut self.out);
            if self.logs.print(self.store, &self.state.run, &host, to).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Prints one event, after the output that came before it.
    async fn event(&mut self, event: &RunEvent) -> Result<ControlFlow<()>, Trouble> {
        match self.shown {
            Shown::Summary => return Ok(ControlFlow::Continue(())),
            Shown::Events => {
                let line = serde_json::to_string(event).wrap_err("writing JSON")?;
                return self.out.add(&format!("{line}\n"));
            }
            Shown::Lines => {}
        }
        let before = if let EventKind::StepStarted { host, step, .. } = &event.kind {
            Some((host, Until::Step(step, false)))
        } else if let EventKind::StepFinished { host, step, .. } = &event.kind {
            Some((host, Until::Step(step, true)))
        } else if let EventKind::HostFinished { host, .. } = &event.kind {
            Some((host, Until::End))
        } else {
            None
        };
        if let Some((host, until)) = before {
            let to = (until, &mut self.out);
            if self.logs.print(self.store, &self.state.run, host, to).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        match self.line(event) {
            Some(line) => self.out.add(&format!("{line}\n")),
            None => Ok(ControlFlow::Continue(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_targets_are_at_work_the_longer_it_rests_up_to_a_second() {
        let ms = |n| rest(n).as_millis();
        assert_eq!([0, 1, 8, 9, 24, 50, 10_000].map(ms), [150, 150, 150, 300, 450, 1_000, 1_000]);
    }
}
