//! What a target that has not begun waits for.

use super::state::{HostState, Phase, RunState};
use crate::domain::plan::Plan;

/// Names that a sentence holds.
const MOST: usize = 3;

/// What a target waits for, in words; `None` for one that has begun, or will not.
pub fn waits_for(plan: &Plan, state: &RunState, host: &HostState) -> Option<String> {
    if host.started.is_some() || host.outcome.is_some() {
        return None;
    }
    let why = |words: &str| match &state.why {
        Some(why) => format!("{words}: {why}"),
        None => words.to_owned(),
    };
    match state.phase {
        Phase::Planned => Some("the run's worker".to_owned()),
        Phase::WaitingApproval => Some("a second person, who has to agree".to_owned()),
        Phase::Waiting => Some(why("the run's turn")),
        Phase::Paused => Some(why("the run, which is paused")),
        Phase::Lost => Some("the run's worker, which is gone until the run is resumed".to_owned()),
        Phase::Running => Some(running(plan, state, host)),
        Phase::Stopping | Phase::Succeeded | Phase::Failed | Phase::Aborted => None,
    }
}

fn running(plan: &Plan, state: &RunState, host: &HostState) -> String {
    let open = |of: &dyn Fn(&HostState) -> bool| -> Vec<&HostState> {
        state.hosts.iter().filter(|h| h.outcome.is_none() && of(h)).collect()
    };
    let before = open(&|h| h.batch < host.batch);
    if let Some(first) = before.iter().map(|h| h.batch).min() {
        let of_first: Vec<&HostState> = before.into_iter().filter(|h| h.batch == first).collect();
        return format!("batch {}: {}", first + 1, named(&of_first));
    }
    if state.batch.is_none_or(|batch| batch < host.batch) {
        return format!("the look at all that is done, before batch {}", host.batch + 1);
    }
    let busy = open(&|h| h.started.is_some());
    let n = if state.goes_one_by_one(plan) { 1 } else { plan.parallel };
    if busy.is_empty() {
        "its start, which is next".to_owned()
    } else if n == 1 {
        format!("its turn, one at a time: {}", named(&busy))
    } else {
        format!("one of {n} places: {}", named(&busy))
    }
}

/// Some targets with the step that each is at.
fn named(hosts: &[&HostState]) -> String {
    let one = |host: &&HostState| {
        let step = host.steps.iter().rev().find(|s| s.is_running());
        match (step, host.started) {
            (Some(step), _) => format!("{} at {}", host.id, step.title),
            (None, Some(_)) => format!("{} between two steps", host.id),
            (None, None) => format!("{} not begun", host.id),
        }
    };
    // Those at work say more than those that wait too.
    let mut sorted = hosts.to_vec();
    sorted.sort_by_key(|host| host.started.is_none());
    let mut names: Vec<String> = sorted.iter().take(MOST).map(one).collect();
    match sorted.len().saturating_sub(MOST) {
        0 => {}
        more => names.push(format!("and {more} more")),
    }
    names.join(", ")
}
