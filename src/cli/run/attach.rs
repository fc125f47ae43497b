//! `bunker attach RUN`: what happens in a run, as lines, until it ends. Leaving is safe.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::wiring;
use super::logs::lines;
use super::show::{exit_of, failure_text};
use super::{print, show_json};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::Plan;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{Phase, RunState};
use crate::engine::ports::RunReader;

/// Between two looks at the store.
const LOOK: Duration = Duration::from_millis(150);
/// How much of a log is read at a time, in bytes.
const CHUNK: usize = 256 * 1024;

/// Follows the run that is meant.
pub(super) async fn attach(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let run = wiring::store_reader()?.find(run).await?;
    follow(context, &run).await
}

/// Follows a run until it ends, its worker is gone, the reader has gone or Ctrl-C is pressed.
pub(super) async fn follow(context: &Context, run: &RunId) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let plan = store.plan(run).await?;
    let state = RunState::new(run.clone(), &plan);
    let mut tail =
        Tail { store: &*store, plan: &plan, state, logs: BTreeMap::new(), json: context.json };
    tokio::select! {
        ended = tail.until_end() => ended,
        _ = tokio::signal::ctrl_c() => {
            print::say(&format!(
                "\nleft; run {run} goes on: `bunker attach {run}` to come back, `bunker abort {run}` to end it"
            ));
            Ok(Exit::Interrupted)
        }
    }
}

/// What was printed of a host's log.
#[derive(Default)]
struct Printed {
    offset: u64,
    /// The part of a line whose newline has not come yet.
    partial: Vec<u8>,
}

struct Tail<'a> {
    store: &'a dyn RunReader,
    plan: &'a Plan,
    state: RunState,
    logs: BTreeMap<HostId, Printed>,
    json: bool,
}

impl Tail<'_> {
    async fn until_end(&mut self) -> Result<Exit, Trouble> {
        let mut version = None;
        loop {
            let now = self.store.version().await?;
            // Output does not pass through the database, so it is looked at each time.
            if self.logs().await?.is_break() {
                return Ok(Exit::Ok);
            }
            if version != Some(now) && self.events().await?.is_break() {
                return Ok(Exit::Ok);
            }
            version = Some(now);
            if self.state.finished.is_some() {
                return self.ended().await;
            }
            let alive = self.store.worker_alive(&self.state.run).await?;
            if !alive && self.state.generation > 0 && self.events().await?.is_continue() {
                if self.state.finished.is_some() {
                    return self.ended().await;
                }
                let run = &self.state.run;
                print::say(&format!(
                    "run {run} is lost: its worker is gone; `bunker resume {run}` goes on with it"
                ));
                return Ok(exit_of(&self.state.recovered(false)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn ended(&mut self) -> Result<Exit, Trouble> {
        if self.logs().await?.is_break() {
            return Ok(Exit::Ok);
        }
        if self.json {
            print::json(&show_json::run(self.plan, &self.state))?;
        } else {
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
        Ok(exit_of(&self.state))
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
                let Some(line) = (if self.json { None } else { self.line(event) }) else {
                    continue;
                };
                if print::text(&format!("{line}\n"))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if self.state.seq == before {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    async fn logs(&mut self) -> Result<ControlFlow<()>, Trouble> {
        if self.json {
            return Ok(ControlFlow::Continue(()));
        }
        let over = self.state.phase.is_over() || self.state.phase == Phase::Lost;
        for host in &self.state.hosts {
            let printed = self.logs.entry(host.id.clone()).or_default();
            loop {
                let run = &self.state.run;
                let (bytes, _) = self.store.log(run, &host.id, printed.offset, CHUNK).await?;
                let last = bytes.is_empty();
                printed.offset += bytes.len() as u64;
                printed.partial.extend(bytes);
                let whole =
                    printed.partial.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
                // At the end, and where a line is endless, what there is of it is shown.
                let whole = if over || printed.partial.len() - whole > CHUNK {
                    printed.partial.len()
                } else {
                    whole
                };
                let rest = printed.partial.split_off(whole);
                let ready = std::mem::replace(&mut printed.partial, rest);
                let text = lines(&ready).fold(String::new(), |mut text, line| {
                    text.extend([host.id.as_str(), " | ", line.as_str(), "\n"]);
                    text
                });
                if !text.is_empty() && print::text(&text)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                if last {
                    break;
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// One event as a line, where it is news for a person.
    fn line(&self, event: &RunEvent) -> Option<String> {
        let title = |host: &HostId, step| {
            let step = self.state.host(host).and_then(|h| h.step(step));
            step.map(|s| s.title.to_string()).unwrap_or_default()
        };
        let said = |host: &HostId, what: &str| Some(format!("{host} > {what}"));
        match &event.kind {
            EventKind::StepStarted { host, step, .. } => {
                said(host, &format!("{}: started", title(host, step)))
            }
            EventKind::StepFinished { host, step, outcome, took_s } => {
                let took = took_s.map(|s| format!(" ({s:.1} s)")).unwrap_or_default();
                said(host, &format!("{}: {}{took}", title(host, step), outcome.word()))
            }
            EventKind::GateObserved { host, step, healthy_s, detail } => said(
                host,
                &format!("{}: {detail}, healthy for {healthy_s:.0} s", title(host, step)),
            ),
            EventKind::ContactLost { host, error } => {
                said(host, &format!("contact lost ({}); its job goes on there", error.message))
            }
            EventKind::ContactRestored { host } => said(host, "in contact again"),
            EventKind::HostFinished { host, outcome } => said(host, outcome.word()),
            EventKind::BatchStarted { batch } => {
                Some(format!("batch {} of {}", batch + 1, self.plan.batches.len()))
            }
            EventKind::WorkerStarted { generation, .. } if *generation > 1 => {
                Some(format!("worker {generation} goes on"))
            }
            EventKind::Paused { why } => Some(format!("paused: {why}")),
            EventKind::Resumed => Some("resumed".to_owned()),
            EventKind::Stopping { why } => Some(format!("stopping: {why}")),
            EventKind::WorkerStarted { .. }
            | EventKind::Planned { .. }
            | EventKind::HostStarted { .. }
            | EventKind::JobIntended { .. }
            | EventKind::JobStarted { .. }
            | EventKind::JobEnded { .. }
            | EventKind::Told { .. }
            | EventKind::Controlled { .. }
            | EventKind::RunFinished { .. }
            | EventKind::Unrecognised => None,
        }
    }
}
