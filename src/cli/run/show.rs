//! `bunker runs` and `bunker show RUN`.

use serde_json::json;

use super::super::Context;
use super::super::exit::{Exit, Trouble};
use super::super::output::columns;
use super::super::wiring;
use super::worker::replay;
use super::{canary_text, print, show_json};
use crate::domain::plan::{Plan, PlanHash, Readiness};
use crate::domain::run::outcome::{Failure, Outcome};
use crate::domain::run::state::{HostState, Phase, RunState};
use crate::engine::ports::RunReader;

/// Lists runs, newest first.
pub(super) async fn runs(context: &Context, limit: usize) -> Result<Exit, Trouble> {
    let runs = wiring::store_reader()?.runs(limit).await?;
    if context.json {
        let lines: Vec<_> = runs.iter().map(show_json::line).collect();
        print::json(&json!({ "runs": lines }))?;
        return Ok(Exit::Ok);
    }
    if runs.is_empty() {
        print::say("there are no runs yet");
        return Ok(Exit::Ok);
    }
    let mut rows = vec![
        ["RUN", "STATE", "WHAT", "TARGETS", "PLANNED", "BY", "RESULT"].map(str::to_owned).to_vec(),
    ];
    for run in runs {
        let target = run.target.as_ref().map(|t| format!(" to {t}")).unwrap_or_default();
        rows.push(vec![
            run.run.to_string(),
            run.phase.word().to_owned(),
            format!("{}{target}", run.workflow.name()),
            run.hosts.len().to_string(),
            run.planned.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            run.by.map(|by| by.user.to_string()).unwrap_or_default(),
            run.summary.map(|s| s.to_string()).unwrap_or_default(),
        ]);
    }
    print::all(&columns(&rows))?;
    Ok(Exit::Ok)
}

/// Shows one run.
pub(super) async fn show(context: &Context, run: &str) -> Result<Exit, Trouble> {
    let store = wiring::store_reader()?;
    let run = store.find(run).await?;
    let plan = store.plan(&run).await?;
    let state = replay(&*store, &run).await?;
    if context.json {
        print::json(&show_json::run(&plan, &state))?;
    } else {
        print::all(&text(&plan, &state))?;
    }
    Ok(Exit::Ok)
}

/// How the program ends after a run that ended so: the worst that a script must know.
pub(super) fn exit_of(plan: &Plan, state: &RunState) -> Exit {
    let counts = state.counts();
    let was_left = |readiness| plan.hosts.iter().any(|host| host.readiness == readiness);
    match state.phase {
        // All that was run went well; what was asked for is not done where a host was left alone.
        Phase::Succeeded if was_left(Readiness::Blocked) => Exit::Failed,
        Phase::Succeeded if was_left(Readiness::Unknown) => Exit::Unreachable,
        Phase::Succeeded if would_change(plan, state) => Exit::Findings,
        Phase::Succeeded => Exit::Ok,
        Phase::Lost => Exit::Unknown,
        _ if counts.failed > 0 => Exit::Failed,
        _ if counts.unknown > 0 => Exit::Unknown,
        _ if counts.unreachable > 0 => Exit::Unreachable,
        Phase::Planned
        | Phase::WaitingApproval
        | Phase::Waiting
        | Phase::Running
        | Phase::Paused
        | Phase::Stopping
        | Phase::Failed
        | Phase::Aborted => Exit::Failed,
    }
}

/// Whether Ansible's check mode found something that a run would change.
fn would_change(plan: &Plan, state: &RunState) -> bool {
    let check = plan.playbook.as_ref().is_some_and(|playbook| playbook.wish.check);
    check && state.hosts.iter().any(|host| host.outcome == Some(Outcome::Changed))
}

/// A run for people: what it is, then its targets, those to look at first.
pub(super) fn text(plan: &Plan, state: &RunState) -> String {
    let mut out = heading(plan, state);
    if state.finished.is_none() && state.goes_one_by_one(plan) {
        out.push_str("it goes one target at a time and asks before the next: `bunker promote --all` leaves that\n");
    }
    if let Some(canary) = &state.canary {
        out.push_str(&canary_text::state(canary));
    }
    out.push('\n');
    for host in state.worst_first() {
        out.push_str(&host_text(host));
    }
    if state.phase == Phase::Lost {
        let what = if state.local {
            "ends it; look at the hosts, nobody can tell how far it came there"
        } else {
            "reads the hosts and goes on"
        };
        out.extend([format!("\nits worker is gone: `bunker resume {}` {what}\n", state.run)]);
    }
    out
}

fn heading(plan: &Plan, state: &RunState) -> String {
    let target = plan.target.as_ref();
    let target = target.map(|t| format!(" to {} ({})", t.reference, t.sha.short()));
    let by = state.by.as_ref().map(|by| format!(", by {} on {}", by.user, by.machine));
    let word = state.phase.word();
    let why = match (&state.summary, &state.why) {
        (Some(summary), Some(why)) => format!("{word}: {summary} ({why})"),
        (Some(said), None) | (None, Some(said)) => format!("{word}: {said}"),
        (None, None) => format!("{word}: {}", state.counts()),
    };
    let time = |at: Option<jiff::Timestamp>| {
        at.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
    };
    format!(
        "run {}  {}{}{}  plan {}\n{why}\nplanned {}  started {}  ended {}\n",
        state.run,
        plan.workflow.name(),
        target.unwrap_or_default(),
        by.unwrap_or_default(),
        state.hash.as_ref().map_or("-", PlanHash::short),
        time(state.planned),
        time(state.started),
        time(state.finished)
    )
}

fn host_text(host: &HostState) -> String {
    let mut out = format!("{}  {}\n", host.id, host.word());
    if let Some(error) = &host.contact_lost {
        out.extend([format!("  contact lost: {}\n", error.message)]);
    }
    let rows: Vec<Vec<String>> = host
        .steps
        .iter()
        .map(|step| {
            let took = step.took_s.map(|s| format!("{s:.1} s")).unwrap_or_default();
            let said = match &step.outcome {
                Some(Outcome::Skipped(reason)) => reason.to_string(),
                Some(Outcome::NotRun(why)) => show_json::not_run(why),
                Some(Outcome::Failed(f) | Outcome::Unknown(f) | Outcome::Unreachable(f)) => {
                    f.message.to_string()
                }
                Some(Outcome::Ok | Outcome::Changed | Outcome::Cancelled) => String::new(),
                None => step.detail.as_ref().map(ToString::to_string).unwrap_or_default(),
            };
            vec![format!("  {}", step.id), step.word().to_owned(), took, said]
        })
        .collect();
    out.push_str(&columns(&rows));
    if let Some(Outcome::Failed(f) | Outcome::Unknown(f) | Outcome::Unreachable(f)) = &host.outcome
    {
        out.push_str(&failure_text(f, "  "));
    }
    out
}

/// A failure for people: what happened, the last lines, what to do.
pub(super) fn failure_text(failure: &Failure, indent: &str) -> String {
    let mut out = format!("{indent}{}\n", failure.message);
    for line in &failure.last_lines {
        out.extend([format!("{indent}  | {line}\n")]);
    }
    if let Some(hint) = &failure.hint {
        for line in hint.as_str().lines() {
            out.extend([format!("{indent}hint: {line}\n")]);
        }
    }
    out
}
