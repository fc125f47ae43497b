//! The maintenance window: a batch begins only while all of its targets may be changed, and only where it can end in time.
//!
//! The running batch is always finished. Then the run pauses, and goes on when the window opens where that is configured,
//! or where it was started to wait and has not begun; else a person resumes it. Promoting passes the window.

use jiff::Timestamp;

use super::{Finding, Place};
use crate::domain::ids::HostId;
use crate::domain::plan::{Opening, Outside, estimate};
use crate::domain::run::pause::PauseReason;
use crate::domain::untrusted::Safe;
use crate::domain::window::spelled;
use crate::engine::planner::own_past;
use crate::engine::ports::StoreError;
use crate::engine::worker::controls::Wish;

const REASON: PauseReason = PauseReason::WindowClosed;

/// Looks before a batch.
pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError> {
    let shared = place.shared;
    let Some(why) = refusal(place) else { return Ok(Finding::GoOn) };
    if place.state.is_waived(REASON) {
        return Ok(Finding::GoOn);
    }
    if !waits_by_itself(place) {
        return Ok(Finding::Pause(REASON, why));
    }
    shared.pause(REASON, why.clone()).await?;
    loop {
        tokio::time::sleep(shared.ports.timing.window_look).await;
        if refusal(place).is_none() {
            shared.go_on_after(REASON).await?;
            return Ok(Finding::GoOn);
        }
        // Somebody resumed it although it is shut: promoted, it passes; else it waits on.
        if *shared.wish.borrow() == Wish::Go {
            if shared.state().await?.is_waived(REASON) {
                return Ok(Finding::GoOn);
            }
            shared.pause(REASON, why.clone()).await?;
        }
    }
}

fn waits_by_itself(place: &Place<'_>) -> bool {
    let rules = &place.shared.plan.rules;
    let untouched = place.state.batch.is_none();
    rules.resumes || (rules.outside == Outside::Wait && untouched)
}

/// Why this batch does not begin now. Times are absolute: the sentence is journalled and read later.
fn refusal(place: &Place<'_>) -> Option<Safe> {
    let plan = &place.shared.plan;
    let batch: &[HostId] =
        plan.batches.get(place.batch as usize).map(Vec::as_slice).unwrap_or_default();
    let now = place.shared.ports.clock.now();
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
    let takes = takes_s(place, batch);
    match plan.rules.opening(batch, takes, now) {
        Opening::Free | Opening::Open { .. } | Opening::Unsure { .. } => None,
        Opening::Closed { who, opens, .. } => {
            let opens = opens.map_or_else(
                || "no common time of all is in sight".to_owned(),
                |at| format!("it opens at {}", time(at)),
            );
            Some(Safe::line(&format!("outside of the maintenance window of {who}: {opens}")))
        }
        Opening::TooLong { closes, .. } => {
            let takes = i64::try_from(takes.unwrap_or(0)).unwrap_or(i64::MAX);
            Some(Safe::line(&format!(
                "batch {} takes about {} going by past runs, and the window closes at {}",
                place.batch + 1,
                spelled(takes),
                time(closes)
            )))
        }
    }
}

/// How long the batch takes: by the past that the plan goes by, or by this run's own earlier batches where those took
/// longer.
fn takes_s(place: &Place<'_>, batch: &[HostId]) -> Option<u64> {
    let plan = &place.shared.plan;
    let planned = plan.rules.estimates.get(place.batch as usize).and_then(|e| e.seconds);
    let own = estimate(batch, plan.parallel, &own_past(&place.state)).seconds;
    planned.max(own)
}
