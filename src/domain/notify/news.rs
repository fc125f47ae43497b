//! From what happened in a run to a message, or none.

use jiff::Timestamp;

use super::{Message, NewsKind};
use crate::domain::plan::Plan;
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::outcome::Outcome;
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{Phase, RunState};
use crate::domain::untrusted::Safe;

/// At most this many hosts are named.
const NAMED: usize = 10;

/// The message that an event is worth. `state` is that of the run after the event. Nothing where the plan tells
/// nobody, or not about this.
pub fn news(plan: &Plan, state: &RunState, event: &RunEvent) -> Option<Message> {
    let settings = plan.around.notify.as_ref()?;
    let what = what(plan);
    let run = &state.run;
    let (kind, key, title, more) = if let EventKind::RunFinished { state: phase, summary } =
        &event.kind
    {
        let kind = if *phase == Phase::Failed { NewsKind::Failed } else { NewsKind::Ended };
        let title = format!("{what} {}: {summary}", phase.word());
        (kind, "end".to_owned(), title, not_well(state))
    } else if let EventKind::Paused { why, reason } = &event.kind {
        let by_hand = *reason == PauseReason::Manual;
        let kind = if by_hand { NewsKind::Paused } else { NewsKind::NeedsYou };
        let title = format!("{what} waits: {why}");
        let how = format!("`bunker resume {run}` goes on, `bunker abort {run}` ends it.");
        (kind, format!("paused-{}", event.seq), title, how)
    } else if let EventKind::ApprovalAsked { until, why } = &event.kind {
        let title = format!("{what} waits: {why}");
        let how = format!(
            "Until {} somebody else may say `bunker approve {run}` or `bunker reject {run}`.",
            until.strftime("%Y-%m-%d %H:%MZ")
        );
        (NewsKind::NeedsYou, "approval".to_owned(), title, how)
    } else if let EventKind::HostFinished { host, outcome: Outcome::Unknown(failure) } = &event.kind
    {
        let title = format!("{what}: it is not known how {host} is");
        (NewsKind::NeedsYou, "unknown".to_owned(), title, failure.message.to_string())
    } else {
        return None;
    };
    settings.on.contains(&kind).then(|| message(plan, state, (kind, &key), &title, &more, event.at))
}

/// The message that a run has lost its worker: nobody is there to write it into the journal. `state` is by the journal.
pub fn lost(plan: &Plan, state: &RunState, now: Timestamp) -> Option<Message> {
    let title = format!("{} has lost its worker and stands still", what(plan));
    let how = format!(
        "What runs on its hosts goes on. `bunker resume {0}` takes it up by their truth, `bunker abort {0}` ends it.",
        state.run
    );
    let key = (NewsKind::NeedsYou, format!("lost-{}", state.generation));
    told(plan, state, key, &title, &how, now)
}

/// The message that the way back from an ended run was asked for and could not be begun: `why`.
pub fn no_way_back(plan: &Plan, state: &RunState, why: &str, now: Timestamp) -> Option<Message> {
    let title = format!("{}: the rollback that was asked for has NOT begun", what(plan));
    let how = format!("{why}. `bunker abort --rollback {}` tries it again.", state.run);
    told(plan, state, (NewsKind::NeedsYou, "rollback".to_owned()), &title, &how, now)
}

fn told(
    plan: &Plan,
    state: &RunState,
    (kind, key): (NewsKind, String),
    title: &str,
    more: &str,
    at: Timestamp,
) -> Option<Message> {
    let wanted = plan.around.notify.as_ref()?.on.contains(&kind);
    wanted.then(|| message(plan, state, (kind, &key), title, more, at))
}

fn message(
    plan: &Plan,
    state: &RunState,
    (kind, key): (NewsKind, &str),
    title: &str,
    more: &str,
    at: Timestamp,
) -> Message {
    let run = &state.run;
    let by = state.by.as_ref().map(|by| format!("Started by {} on {}. ", by.user, by.machine));
    let text = format!(
        "{title}\n{more}\nFleet {}, run {run}. {}`bunker show {run}` shows it.",
        plan.fleet,
        by.unwrap_or_default()
    );
    Message {
        kind,
        key: format!("{run}/{key}"),
        run: Some(run.clone()),
        fleet: plan.fleet.clone(),
        title: Safe::line(title),
        text: Safe::text(&text),
        at,
    }
}

/// `upgrade to v2.5.0 of 8 instances`.
fn what(plan: &Plan) -> String {
    let to = plan.target.as_ref().map(|t| format!(" to {}", t.reference)).unwrap_or_default();
    let mut targets = plan.targets();
    let whom = match (targets.next(), targets.count()) {
        (Some(one), 0) => one.id.to_string(),
        (first, more) => format!("{} instances", usize::from(first.is_some()) + more),
    };
    format!("{}{to} of {whom}", plan.workflow.name())
}

/// The hosts that did not end well, by name.
fn not_well(state: &RunState) -> String {
    let bad = |outcome: &Outcome| {
        matches!(outcome, Outcome::Failed(_) | Outcome::Unknown(_) | Outcome::Unreachable(_))
    };
    let of = |h: &crate::domain::run::state::HostState| {
        h.outcome.as_ref().filter(|o| bad(o)).map(|o| format!("{} {}", h.id, o.word()))
    };
    let all: Vec<String> = state.hosts.iter().filter_map(of).collect();
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
