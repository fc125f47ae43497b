//! Tasks that look at the store and tell the cockpit what is new.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::sources::Replaying;
use crate::app::Msg;
use crate::app::msg::{LogChunk, RunView};
use crate::app::toast::ToastKind;
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::poller::AtWork;
use crate::engine::ports::{RunReader, StoreError};

/// Between two looks at the list of runs.
const RUNS: Duration = Duration::from_millis(500);
/// Between two looks at the attached run.
const RUN: Duration = Duration::from_millis(120);
/// Between two looks at an output.
const LOG: Duration = Duration::from_millis(80);
/// Between two looks at what the store's version does not tell: whether workers live.
const LIVES: Duration = Duration::from_secs(3);
/// Between two looks at where a replay stands.
const REPLAY: Duration = Duration::from_millis(200);
/// Runs in the list.
const N_RUNS: usize = 200;
/// Bytes of an output that are read at a time.
const CHUNK: usize = 256 * 1024;
/// Bytes that may wait to be read before some are passed over: the file has all of them.
const BACKLOG: u64 = 2 * 1024 * 1024;

/// Tells the list of runs whenever it changed, and whoever looks at hosts on which of them they are at work.
pub(super) async fn runs(store: Arc<dyn RunReader>, at_work: Option<AtWork>, tell: Sender<Msg>) {
    let (mut version, mut told, mut looked) = (None, None, tokio::time::Instant::now());
    loop {
        let now = store.version().await.ok();
        if now != version || told.is_none() || looked.elapsed() >= LIVES {
            version = now;
            looked = tokio::time::Instant::now();
            match store.runs(N_RUNS).await {
                Ok(runs) if told.as_ref() != Some(&runs) => {
                    told = Some(runs.clone());
                    if let Some(at_work) = &at_work {
                        at_work.by(&runs);
                    }
                    if tell.send(Msg::Runs(runs)).await.is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(error) => complain(&tell, &error).await,
            }
        }
        tokio::time::sleep(RUNS).await;
    }
}

async fn complain(tell: &Sender<Msg>, error: &StoreError) {
    let text = Safe::line(&error.to_string());
    let _left = tell.send(Msg::Notice(ToastKind::Problem, text)).await;
}

/// Tells the state of a run whenever it changed.
pub(super) async fn run(store: Arc<dyn RunReader>, run: RunId, tell: Sender<Msg>) {
    let plan = match store.plan(&run).await {
        Ok(plan) => plan,
        Err(error) => return complain(&tell, &error).await,
    };
    let mut state = RunState::new(run.clone(), &plan);
    let mut told: Option<RunState> = None;
    let mut version = None;
    let mut looked: Option<tokio::time::Instant> = None;
    let mut alive = true;
    loop {
        let now = store.version().await.ok();
        let stale = looked.is_none_or(|at| at.elapsed() >= LIVES);
        if now != version || stale {
            version = now;
            while let Ok(events) = store.events(&run, state.seq, 1_000).await {
                let before = state.seq;
                for event in &events {
                    state.apply(event);
                }
                if state.seq == before {
                    break;
                }
            }
            if stale {
                looked = Some(tokio::time::Instant::now());
            }
            // A run that was only just planned has no worker yet.
            alive = state.generation == 0 || store.worker_alive(&run).await.unwrap_or(alive);
            let seen = state.recovered(alive);
            if told.as_ref() != Some(&seen) {
                told = Some(seen.clone());
                let view = RunView { plan: Arc::clone(&plan), state: seen };
                if tell.send(Msg::Run(Arc::new(view))).await.is_err() {
                    return;
                }
            }
        }
        tokio::time::sleep(RUN).await;
    }
}

/// Tells where a replay stands, as it goes on.
pub(super) async fn replay(replaying: Arc<dyn Replaying>, tell: Sender<Msg>) {
    let mut told = None;
    loop {
        let now = replaying.state();
        if told.as_ref() != Some(&now) {
            told = Some(now.clone());
            if tell.send(Msg::Replay(now)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(REPLAY).await;
    }
}

/// Passes over an output to the first line that begins at `to` or later; gives where that is, and how many lines were passed.
async fn pass(
    store: &dyn RunReader,
    run: &RunId,
    host: &HostId,
    from: u64,
    to: u64,
) -> Option<(u64, u64)> {
    let (mut at, mut lines) = (from, 0);
    loop {
        let (bytes, _) = store.log(run, host, at, CHUNK).await.ok()?;
        if bytes.is_empty() {
            // One line without an end: it is gone on with in its middle.
            return (at >= to).then_some((to, lines));
        }
        let left = usize::try_from(to.saturating_sub(at)).unwrap_or(usize::MAX);
        // The first newline from `to` on ends what is passed over.
        if let Some(rest) = bytes.get(left..)
            && let Some(end) = rest.iter().position(|&b| b == b'\n')
        {
            let passed = bytes.get(..=left + end).unwrap_or_default();
            let n = newlines(passed);
            return Some((at + passed.len() as u64, lines + n));
        }
        lines += newlines(&bytes);
        at += bytes.len() as u64;
    }
}

/// Lines that end in these bytes.
fn newlines(bytes: &[u8]) -> u64 {
    bytes.split(|&b| b == b'\n').skip(1).count() as u64
}

/// Tells the output of a host from near its end on, as it grows.
pub(super) async fn log(store: Arc<dyn RunReader>, run: RunId, host: HostId, tell: Sender<Msg>) {
    let mut offset = 0u64;
    loop {
        let mut more = false;
        if let Ok((bytes, length)) = store.log(&run, &host, offset, CHUNK).await {
            let waiting = length.saturating_sub(offset + bytes.len() as u64);
            if waiting > BACKLOG {
                // Behind a flood the end is what counts; how many lines were passed over is told where they would stand.
                let to = length - BACKLOG / 2;
                let Some((to, lines)) = pass(&*store, &run, &host, offset, to).await else {
                    tokio::time::sleep(LOG).await;
                    continue;
                };
                offset = to;
                let (run, host) = (run.clone(), host.clone());
                if tell.send(Msg::LogGap { run, host, to, lines }).await.is_err() {
                    return;
                }
                continue;
            }
            more = waiting > 0;
            if !bytes.is_empty() {
                let chunk = LogChunk {
                    run: run.clone(),
                    host: host.clone(),
                    offset,
                    bytes: bytes.as_slice().into(),
                };
                offset += bytes.len() as u64;
                if tell.send(Msg::Log(chunk)).await.is_err() {
                    return;
                }
            }
        }
        if !more {
            tokio::time::sleep(LOG).await;
        }
    }
}
