//! What operators ask of the run while it runs, and the sign of life.

use std::convert::Infallible;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::shared::Shared;
use crate::domain::run::control::{Control, ControlRequest};
use crate::domain::run::event::EventKind;
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// What is wanted of the run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    /// Go on.
    Go,
    /// Start no further step for now.
    Pause,
    /// Start no further step.
    Abort,
    /// End the running steps too.
    Kill,
}

impl Wish {
    /// What is wanted after one more control: an abort cannot be taken back, and a second one kills.
    fn after(self, control: &Control) -> Self {
        match (self, control) {
            (Self::Kill, _) | (_, Control::Kill) | (Self::Abort, Control::Abort) => Self::Kill,
            (Self::Abort, _) | (_, Control::Abort | Control::AbortAndRollBack) => Self::Abort,
            (_, Control::Pause) => Self::Pause,
            (_, Control::Resume | Control::Promote | Control::PromoteAll) => Self::Go,
            (wish, Control::SkipHost(_) | Control::Step) => wish,
        }
    }

    /// What is wanted by the journal so far. Not every pause was asked for: a worker pauses too.
    pub(super) fn of(state: &RunState) -> Self {
        let least = if state.pause.is_some() { Self::Pause } else { Self::Go };
        let asked = state.controls.iter().fold(Self::Go, |wish, (_, c, _)| wish.after(c));
        if asked > Self::Pause { asked } else { least }
    }
}

/// Journals what is asked as it is asked and says that the worker lives, until the store fails or
/// another worker has the run.
pub(super) async fn listen(shared: &Shared, mut seen: u64) -> Result<Infallible, StoreError> {
    let timing = &shared.ports.timing;
    let mut poll = tokio::time::interval(timing.control_poll);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat = tokio::time::interval(timing.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => shared.ports.store.heartbeat(&shared.run).await?,
            _ = poll.tick() => seen = hear(shared, seen).await?,
        }
    }
}

/// Journals and follows what was asked after request `seen`; gives the last request.
pub(super) async fn hear(shared: &Shared, mut seen: u64) -> Result<u64, StoreError> {
    for request in shared.ports.store.asked(&shared.run, seen).await? {
        let _order = shared.one_at_a_time.lock().await;
        seen = request.seq;
        let before = *shared.tell.borrow();
        let after = before.after(&request.control);
        shared.add(journalled(&request, before, after)).await?;
        if let Some(host) = request.control.host() {
            shared.skip(host, &request.by.user);
        }
        shared.steps(&request.control);
        shared.tell.send_replace(after);
    }
    Ok(seen)
}

/// The events of one request.
fn journalled(request: &ControlRequest, before: Wish, after: Wish) -> Vec<EventKind> {
    let mut kinds =
        vec![EventKind::Controlled { control: request.control.clone(), by: request.by.clone() }];
    let by = |what: &str| Safe::line(&format!("{what} by {}", request.by.user));
    if before != after {
        kinds.push(match after {
            Wish::Go => EventKind::Resumed,
            Wish::Pause => EventKind::Paused { why: by("paused"), reason: PauseReason::Manual },
            Wish::Abort => EventKind::Stopping { why: by("aborted") },
            Wish::Kill => EventKind::Stopping { why: by("killed") },
        });
    }
    kinds
}

/// Waits until at least this is wanted.
pub(super) async fn wanted(mut wish: watch::Receiver<Wish>, least: Wish) -> Wish {
    let now = wish.wait_for(|now| *now >= least).await.map(|now| *now);
    match now {
        Ok(now) => now,
        // Nobody can ask for anything any more.
        Err(_) => std::future::pending().await,
    }
}

/// Waits while the run is paused; gives what is wanted then, which is never [`Wish::Pause`].
pub(super) async fn unpaused(mut wish: watch::Receiver<Wish>) -> Wish {
    let now = wish.wait_for(|now| *now != Wish::Pause).await.map(|now| *now);
    now.unwrap_or(Wish::Abort)
}
