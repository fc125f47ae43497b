//! The canary between its batch and the others: the soak, the judgement, and what follows.
//!
//! **Invariants:** only observed healthy time counts, and it is journalled, so a worker that takes over goes on where the
//! last one stood; no data is not a pass; the rest follows only after a journalled end that says so, by all
//! evidence or by a person; while the run waits for one, health and limits are looked at as before.

use super::super::canary_back;
use super::super::canary_watch::{Failed, Seen, Watch};
use super::super::controls::{self, Wish};
use super::super::shared::Shared;
use super::{Finding, Place, Side};
use crate::domain::canary::report::{Report, Verdict};
use crate::domain::canary::soak::CanaryEnd;
use crate::domain::canary::{CanaryPlan, OnPass};
use crate::domain::run::event::EventKind;
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// Looks after the last batch of a canary, until the rest may follow or must not.
pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError> {
    let shared = place.shared;
    let Some(plan) = shared.plan.canary.as_deref() else { return Ok(Finding::GoOn) };
    if place.side != Side::After || place.batch + 1 != plan.n_batches {
        return Ok(Finding::GoOn);
    }
    let end = match place.state.canary.as_ref().and_then(|canary| canary.end.clone()) {
        Some(end) => end,
        None => ended(shared, plan, &place.state).await?,
    };
    if end.passed {
        return Ok(Finding::GoOn);
    }
    // Where it failed while the run waited, nobody has to resume it for its end.
    for reason in [PauseReason::Promotion, PauseReason::NoData, PauseReason::Inconclusive] {
        shared.go_on_after(reason).await?;
    }
    Ok(Finding::Stop(Safe::line(&format!("THE CANARY FAILED: {}", end.why))))
}

/// Watches and judges the canary to its end, and journals that.
async fn ended(
    shared: &Shared,
    plan: &CanaryPlan,
    state: &RunState,
) -> Result<CanaryEnd, StoreError> {
    let end = match canary_back::gone_bad(plan, state) {
        Some(why) => failed(shared, plan, Failed { why, failure: None }),
        None => {
            Stage { shared, plan, watch: Watch::open(shared, plan, state).await? }.end().await?
        }
    };
    shared.add(vec![EventKind::CanaryEnded { end: end.clone() }]).await?;
    Ok(end)
}

fn passed(why: &str) -> CanaryEnd {
    CanaryEnd { passed: true, why: Safe::line(why), failure: None, rollback: Vec::new() }
}

fn failed(shared: &Shared, plan: &CanaryPlan, how: Failed) -> CanaryEnd {
    let rollback = canary_back::runs(shared, plan);
    CanaryEnd { passed: false, why: how.why, failure: how.failure, rollback }
}

/// What came of a wait for a person.
enum Held {
    /// A person let it pass.
    Promoted,
    /// A person wants it looked at again.
    Again,
    /// It failed meanwhile.
    Failed(Failed),
}

/// A canary that is watched.
struct Stage<'a> {
    shared: &'a Shared,
    plan: &'a CanaryPlan,
    watch: Watch<'a>,
}

impl Stage<'_> {
    async fn end(mut self) -> Result<CanaryEnd, StoreError> {
        loop {
            if let Some(end) = self.soak().await? {
                return Ok(end);
            }
            if let Some(end) = self.judged().await? {
                return Ok(end);
            }
        }
    }

    /// Soaks until enough healthy time was seen; gives an end that came before.
    async fn soak(&mut self) -> Result<Option<CanaryEnd>, StoreError> {
        while !self.watch.is_soaked() {
            match self.watch.look().await? {
                Seen::Well => {}
                Seen::Failed(how) => return Ok(Some(failed(self.shared, self.plan, how))),
                Seen::Blind(why) => {
                    let why = Safe::line(&format!("the canary cannot be seen: {why}"));
                    match self.hold(PauseReason::NoData, why.clone()).await? {
                        Held::Promoted => return Ok(Some(promoted(&why))),
                        Held::Failed(how) => return Ok(Some(failed(self.shared, self.plan, how))),
                        Held::Again => {}
                    }
                }
            }
            if !self.watch.is_soaked() {
                self.watch.rest().await;
            }
        }
        Ok(None)
    }

    /// Judges all metrics; gives the end that follows, or `None` where it has to be judged again.
    async fn judged(&mut self) -> Result<Option<CanaryEnd>, StoreError> {
        if self.plan.metrics.is_empty() {
            return self.approved("healthy all through; no metric is judged").await;
        }
        let report = self.watch.judge().await?;
        if !self.plan.is_judged() {
            return self.approved("healthy all through; no metric decides").await;
        }
        let why = report.why();
        match report.verdict {
            Verdict::Pass => self.approved(why.as_str()).await,
            Verdict::Fail => {
                Ok(Some(failed(self.shared, self.plan, Failed { why, failure: None })))
            }
            Verdict::Inconclusive => self.undecided(PauseReason::Inconclusive, &report).await,
            Verdict::NoData => self.undecided(PauseReason::NoData, &report).await,
        }
    }

    /// It passed: the rest follows, or waits for a person.
    async fn approved(&mut self, why: &str) -> Result<Option<CanaryEnd>, StoreError> {
        match self.plan.on_pass {
            OnPass::Continue => Ok(Some(passed(why))),
            OnPass::Promote => {
                let text = format!("the canary passed ({why}): promote it to let the rest follow");
                self.asked(PauseReason::Promotion, Safe::line(&text), why).await
            }
        }
    }

    /// It can be said to be neither good nor bad: a person decides.
    async fn undecided(
        &mut self,
        reason: PauseReason,
        report: &Report,
    ) -> Result<Option<CanaryEnd>, StoreError> {
        let why = report.why();
        let text = format!("the canary cannot be judged: {why}");
        self.asked(reason, Safe::line(&text), why.as_str()).await
    }

    async fn asked(
        &mut self,
        reason: PauseReason,
        text: Safe,
        why: &str,
    ) -> Result<Option<CanaryEnd>, StoreError> {
        Ok(match self.hold(reason, text).await? {
            Held::Promoted => Some(promoted(&Safe::line(why))),
            Held::Failed(how) => Some(failed(self.shared, self.plan, how)),
            Held::Again => None,
        })
    }

    /// Waits for a person, and goes on looking meanwhile.
    async fn hold(&mut self, reason: PauseReason, why: Safe) -> Result<Held, StoreError> {
        if self.shared.state().await?.is_waived(reason) {
            return Ok(Held::Promoted);
        }
        self.shared.pause(reason, why).await?;
        while *self.shared.wish.borrow() == Wish::Pause {
            if let Seen::Failed(how) = self.watch.look().await? {
                return Ok(Held::Failed(how));
            }
            if let Some(how) = self.watch.compare_again().await? {
                return Ok(Held::Failed(how));
            }
            tokio::select! {
                () = self.watch.rest() => {}
                _ = controls::unpaused(self.shared.wish.clone()) => {}
            }
        }
        let promoted = self.shared.state().await?.is_waived(reason);
        Ok(if promoted { Held::Promoted } else { Held::Again })
    }
}

fn promoted(why: &Safe) -> CanaryEnd {
    passed(&format!("a person promoted it ({why})"))
}

/// Gives a canary that went wrong in its own upgrade its end, and carries out the rollbacks of one that failed.
pub(super) async fn after_run(shared: &Shared) -> Result<(), StoreError> {
    let Some(plan) = shared.plan.canary.as_deref() else { return Ok(()) };
    let mut state = shared.state().await?;
    let aborted = *shared.wish.borrow() > Wish::Pause;
    let open = state.canary.as_ref().is_none_or(|canary| canary.end.is_none());
    if open
        && !aborted
        && canary_back::failed_itself(plan, &state)
        && let Some(why) = canary_back::gone_bad(plan, &state)
    {
        let end = failed(shared, plan, Failed { why, failure: None });
        shared.add(vec![EventKind::CanaryEnded { end }]).await?;
        state = shared.state().await?;
    }
    canary_back::go_back(shared, plan, &state).await
}
