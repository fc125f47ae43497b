//! What is looked at between two batches: the extension point for health gates, canaries, windows, hooks and leases.
//!
//! Each check is a function of a file of its own in `between/`:
//!
//! ```text
//! pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError>
//! ```
//!
//! and one line in [`look`], or in [`before_run`] and [`after_run`]. What such a function may rely on:
//!
//! - It is called before a batch begins, or after all of its targets have ended, and again by each worker that takes
//!   the run over there. `place.state` is what the journal says at that moment: what must survive a worker (an
//!   observed soak, a lease that is held) has to be an event, and is found there.
//! - It may take as long as it needs. When an operator aborts the run it is dropped at its next `await`; a pause
//!   does not stop it.
//! - [`Finding::Pause`] waits until a person resumes or promotes the run (or the check itself, by
//!   [`Shared::go_on_after`]). **Resuming looks again**, from the first check on; promoting passes what the run
//!   waited for (`RunState::is_waived`) until the next batch begins, and looks at the rest again.
//!   A check that has to go on looking while the run waits calls [`Shared::pause`] itself and returns when it knows.
//! - [`Finding::Stop`] ends the run before anything further is started.
//! - The first check that does not let go on decides: later ones are not called. What has effects of its own (a hook)
//!   belongs last.

pub(super) mod campaign;
mod canary;
mod health;
pub(super) mod hooks;
mod window;

use super::controls::{self, Wish};
use super::shared::Shared;
use crate::domain::run::event::EventKind;
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing stands in the way.
    GoOn,
    /// A person has to look first; why, as a sentence part.
    Pause(PauseReason, Safe),
    /// The run must not go on; why, as a sentence part.
    Stop(Safe),
}

impl Finding {
    /// This, or what the next check finds, where this lets go on or a person passed it.
    async fn then(
        self,
        place: &Place<'_>,
        check: impl Future<Output = Result<Self, StoreError>>,
    ) -> Result<Self, StoreError> {
        if self == Self::GoOn {
            return Ok(check.await?.unless_waived(&place.state));
        }
        Ok(self)
    }

    fn unless_waived(self, state: &RunState) -> Self {
        match self {
            Self::Pause(reason, _) if state.is_waived(reason) => Self::GoOn,
            finding @ (Self::GoOn | Self::Pause(..) | Self::Stop(_)) => finding,
        }
    }
}

/// On which side of a batch a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Nothing of the batch was started.
    Before,
    /// Some of its targets were, by a worker that is gone: they go on by themselves, whatever is found. What a
    /// worker has to hold while it works belongs here too.
    Again,
    /// All of its targets have ended.
    After,
}

/// Where a run stands between two batches.
pub(super) struct Place<'a> {
    /// The run: its ports, its plan, and what can be asked of it.
    pub(super) shared: &'a Shared,
    /// Its state by the journal, read just before the checks.
    pub(super) state: RunState,
    /// Which batch, from 0.
    pub(super) batch: u32,
    /// On which side of it.
    pub(super) side: Side,
}

/// The checks, in order.
async fn look(place: &Place<'_>) -> Result<Finding, StoreError> {
    let found = Finding::GoOn;
    // What has begun is finished, whatever the window.
    let found = match place.side {
        Side::Before => found.then(place, window::check(place)).await?,
        Side::Again | Side::After => found,
    };
    let found = found.then(place, campaign::check(place)).await?;
    let found = found.then(place, health::check(place)).await?;
    let found = found.then(place, canary::check(place)).await?;
    // Hooks have effects of their own, so they come last.
    found.then(place, hooks::check(place)).await
}

/// Called by each worker that takes the run, before it looks at any batch.
pub(super) async fn before_run(shared: &Shared, state: &RunState) -> Result<(), StoreError> {
    hooks::before_run(shared, state).await
}

/// Called when nothing of the run is left to do, just before its end is journalled.
pub(super) async fn after_run(shared: &Shared, phase: Phase) -> Result<(), StoreError> {
    canary::after_run(shared).await?;
    campaign::after_run(shared).await?;
    hooks::after_run(shared, phase).await
}

/// Looks before a batch (`again` where some of it has begun), until it may begin or the run ends.
pub(super) async fn before_batch(
    shared: &Shared,
    batch: u32,
    again: bool,
) -> Result<(), StoreError> {
    let side = if again { Side::Again } else { Side::Before };
    if pass(shared, batch, side).await? && !again && shared.refusal().await.is_none() {
        shared.add(vec![EventKind::BatchStarted { batch }]).await?;
    }
    Ok(())
}

/// Looks after a batch, until the run may go on or ends.
pub(super) async fn after_batch(shared: &Shared, batch: u32) -> Result<(), StoreError> {
    if pass(shared, batch, Side::After).await? {
        shared.add(vec![EventKind::BatchFinished { batch }]).await?;
    }
    Ok(())
}

/// Whether the run goes on here.
async fn pass(shared: &Shared, batch: u32, side: Side) -> Result<bool, StoreError> {
    loop {
        let state = shared.state().await?;
        // Where an operator paused, nothing is begun, checks with effects included.
        if matches!(state.pause, None | Some(PauseReason::Manual)) {
            controls::unpaused(shared.wish.clone()).await;
        }
        let over = || *shared.wish.borrow() > Wish::Pause || shared.stopped().is_some();
        if over() {
            return Ok(false);
        }
        let place = Place { shared, state: shared.state().await?, batch, side };
        let found = tokio::select! {
            found = look(&place) => found?,
            _ = controls::wanted(shared.wish.clone(), Wish::Abort) => return Ok(false),
        };
        match found {
            // Somebody paused it while it was looked: what was seen is old by the time that it goes on.
            Finding::GoOn if *shared.wish.borrow() == Wish::Pause => {
                controls::unpaused(shared.wish.clone()).await;
            }
            Finding::GoOn => return Ok(!over()),
            Finding::Stop(why) => {
                shared.stop(why).await?;
                return Ok(false);
            }
            Finding::Pause(reason, why) => {
                shared.pause(reason, why).await?;
                controls::unpaused(shared.wish.clone()).await;
            }
        }
    }
}
