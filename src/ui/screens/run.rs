//! The page of one run: targets by steps, and the output of one target with what went wrong.

use ratatui::layout::Rect;

use super::{canary, run_grid};
use crate::app::action::{Action, Place};
use crate::app::frame::Full;
use crate::app::model::Model;
use crate::app::msg::RunView;
use crate::app::pages::{Pane, RunPage, is_active};
use crate::app::replay::Replay;
use crate::domain::run::outcome::{Failure, NotRun, Outcome};
use crate::domain::run::pause::PauseReason;
use crate::domain::run::state::{HostState, Phase, RunState};
use crate::domain::run::waits::waits_for;
use crate::ui::canvas::{Canvas, Focused, Span};
use crate::ui::figures;
use crate::ui::text::{several, wrap};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, log_view};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, page: &RunPage, area: Rect) {
    let frame = model.size.run(page.n_lines(), page.full);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    let Some(view) = &page.view else {
        canvas.put(
            area.x + 1,
            area.y,
            area.width,
            &format!("run {}: reading", page.run.short()),
            Role::Dim,
        );
        chrome::footer(canvas, model, foot, &[], "");
        return;
    };
    header(canvas, model, view, Rect { height: frame.header, ..area });
    let top = Rect { y: area.y + frame.header, height: frame.targets, ..area };
    if frame.targets > 0 {
        let busy = page.hosts().iter().filter(|h| page.is_at_work(h)).count();
        let count = format!("{} · {busy} at work", several(page.hosts().len(), "target"));
        let inner = canvas.pane(top, "Targets", &count, focus(page, Pane::First));
        run_grid::draw(canvas, model, page, inner);
    }
    output(canvas, model, page, Rect { y: top.bottom(), height: frame.output, ..area });
    let phase = view.state.phase;
    let mut skip = skipped(phase).to_vec();
    if view.plan.canary.is_none() {
        skip.push(Action::ShowCanary);
    }
    // What is played from a file goes on nowhere.
    let goes_on = is_active(phase) && model.replay.is_none();
    let right = if goes_on { "leaving is safe: it goes on" } else { "" };
    chrome::footer(canvas, model, foot, &skip, if area.width >= 120 { right } else { "" });
}

/// What can be asked of a run, but not now.
fn skipped(phase: Phase) -> &'static [Action] {
    match phase {
        Phase::WaitingApproval => &[Action::Pause, Action::Resume, Action::Follow, Action::Full],
        Phase::Running | Phase::Planned | Phase::Waiting => {
            &[Action::Resume, Action::Approve, Action::Reject]
        }
        Phase::Paused => &[Action::Pause, Action::Approve, Action::Reject],
        Phase::Stopping => &[Action::Pause, Action::Resume, Action::Approve, Action::Reject],
        Phase::Lost => &[Action::Pause, Action::Abort, Action::Approve, Action::Reject],
        Phase::Succeeded | Phase::Failed | Phase::Aborted => {
            &[Action::Pause, Action::Resume, Action::Abort, Action::Approve, Action::Reject]
        }
    }
}

fn focus(page: &RunPage, pane: Pane) -> Focused {
    let has = match page.full {
        Full::Yes => Pane::Second,
        Full::No => page.pane,
    };
    if has == pane { Focused::Yes } else { Focused::No }
}

fn header(canvas: &mut Canvas<'_>, model: &Model, view: &RunView, area: Rect) {
    let (state, plan) = (&view.state, &view.plan);
    let look = badge::phase(state.phase);
    let time = state.started.map(|from| {
        let until = state.finished.unwrap_or(model.now);
        figures::elapsed(until.duration_since(from).as_secs_f64())
    });
    let right: Vec<Span> = vec![
        (format!("{} {}", look.glyph, look.word), look.role),
        (format!(" {} ", time.unwrap_or_default()), Role::Text),
    ];
    let used = canvas.spans_right(area.x, area.y, area.width, &right);
    let mut line: Vec<Span> = vec![
        (" run ".to_owned(), Role::Accent),
        (state.run.short().to_owned(), Role::Header),
        (format!("  {}", plan.workflow.name()), Role::Header),
    ];
    if let Some(target) = &plan.target {
        let from = plan.from_names().map(|from| format!("{from} ")).unwrap_or_default();
        line.push((format!(" {from}→ {}", target.reference), Role::Header));
    }
    if let Some(by) = &state.by {
        line.push((format!("  by {}", by.user), Role::Dim));
    }
    if plan.batches.len() > 1
        && let (Some(batch), None) = (state.batch, state.finished)
    {
        line.push((format!("  batch {} of {}", batch + 1, plan.batches.len()), Role::Dim));
    }
    let count = |of: fn(&Outcome) -> bool| {
        state.hosts.iter().filter(|h| h.outcome.as_ref().is_some_and(of)).count()
    };
    let n_bad = count(|o| matches!(o, Outcome::Failed(_) | Outcome::Unreachable(_)));
    let n_unknown = count(|o| matches!(o, Outcome::Unknown(_)));
    if n_bad > 0 {
        line.push((format!("  {n_bad} failed"), Role::Down));
    }
    if n_unknown > 0 {
        line.push((format!("  {n_unknown} unknown"), Role::Unknown));
    }
    let room = area.width.saturating_sub(used + 2);
    // What the pages of the plan and of the runs say too gives way first.
    while chrome::columns(&line) > usize::from(room)
        && let Some(at) = line.iter().position(|(_, role)| *role == Role::Dim)
    {
        line.remove(at);
    }
    canvas.spans(area.x, area.y, room, &line);
    if area.height >= 2 {
        second_line(canvas, model, view, area, n_bad);
    }
}

/// Below the header: how it stands, or why it waits or ended, in words.
fn second_line(canvas: &mut Canvas<'_>, model: &Model, view: &RunView, area: Rect, n_bad: usize) {
    let state = &view.state;
    let look = badge::phase(state.phase);
    let (text, role) = match (state.phase, &state.summary, &state.why) {
        (Phase::Lost, _, _) => {
            let resume = model.key_at(Action::Resume, Place::Run);
            (format!("its worker is gone; {resume} resumes from the hosts' truth"), Role::Unknown)
        }
        (_, Some(summary), _) => {
            (summary.to_string(), if n_bad > 0 { Role::Down } else { Role::Text })
        }
        // It says itself that it was paused, and by whom.
        (Phase::Paused, None, Some(why)) if state.pause == Some(PauseReason::Manual) => {
            (why.to_string(), Role::Degraded)
        }
        (Phase::Paused, None, Some(why)) if waits(state) => {
            let key = |action| model.key_at(action, Place::Run);
            let (again, on) = (key(Action::Resume), key(Action::Promote));
            let text = format!("{}: {why} ({again} looks again, {on} goes on so)", look.word);
            (text, Role::Degraded)
        }
        (_, None, Some(why)) => (format!("{}: {why}", look.word), Role::Degraded),
        (_, None, None) => canary::line(state).unwrap_or_else(|| (bounds(model, view), Role::Dim)),
    };
    let mut x = area.x + 1;
    if let Some(replay) = &model.replay {
        x += canvas.put(x, area.y + 1, area.width - 1, &place(replay), Role::Accent) + 2;
    }
    canvas.put(x, area.y + 1, area.right().saturating_sub(x + 1), &text, role);
}

/// What keeps a run in bounds.
fn bounds(model: &Model, view: &RunView) -> String {
    let stops = view.plan.stops_sentence();
    if view.state.goes_one_by_one(&view.plan) {
        let leave = model.key_at(Action::PromoteAll, Place::Run);
        format!("one instance at a time, asks before the next ({leave} leaves that); {stops}")
    } else {
        stops
    }
}

/// Where a replay stands: `replay 4x  0:12 of 3:40`.
fn place(replay: &Replay) -> String {
    let seconds = |to: jiff::Timestamp| to.duration_since(replay.from).as_secs_f64();
    let (now, all) = (figures::elapsed(seconds(replay.now)), figures::elapsed(seconds(replay.to)));
    let paused = if replay.paused { " paused" } else { "" };
    format!("replay {}x{paused}  {now} of {all}", replay.speed)
}

/// Whether the run itself waits for a person, who can promote it.
fn waits(state: &RunState) -> bool {
    state.pause.is_some_and(|reason| reason != PauseReason::Manual)
}

/// The step that the title of the output names, and what is to be said under the output.
fn output(canvas: &mut Canvas<'_>, model: &Model, page: &RunPage, area: Rect) {
    let host = page.host.as_ref().and_then(|id| page.hosts().iter().find(|h| &h.id == id));
    let Some(host) = host else {
        canvas.pane(area, "Output", "", focus(page, Pane::Second));
        return;
    };
    let step = host.steps.iter().rev().find(|s| s.started.is_some());
    let title = match step {
        Some(step) => format!("{} · {}", host.id, step.title),
        None => host.id.to_string(),
    };
    let height = u64::from(area.height.saturating_sub(2));
    let inner =
        canvas.pane(area, &title, &log_view::state(page, height), focus(page, Pane::Second));
    let words = verdict(model, host, usize::from(inner.width));
    let most = usize::from(inner.height) / 2;
    let n = u16::try_from(words.len().min(most)).unwrap_or(0);
    let log = Rect { height: inner.height - n, ..inner };
    if page.log.end() == page.log.first() {
        let waits = page.view.as_ref().and_then(|v| waits_for(&v.plan, &v.state, host));
        let text = match (host.started, waits) {
            (Some(_), _) => "no output yet".to_owned(),
            (None, Some(waits)) => format!("not begun: it waits for {waits}"),
            (None, None) => "not begun".to_owned(),
        };
        canvas.put(log.x, log.y, log.width, &text, Role::LogMeta);
    }
    log_view::draw(canvas, log, page);
    for (y, (text, role)) in (log.bottom()..inner.bottom()).zip(words) {
        canvas.put(inner.x, y, inner.width, &text, role);
    }
}

/// What happened to a target, for people: the failure with its hint, a gate's last word, a lost contact.
fn verdict(model: &Model, host: &HostState, width: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let mut say = |text: &str, role: Role, n: usize| {
        lines.extend(wrap(text, width, n).into_iter().map(|line| (line, role)));
    };
    if let Some(error) = &host.contact_lost {
        say(&format!("? contact lost: {}; the job goes on there", error.message), Role::Unknown, 2);
    }
    let failed = host.steps.iter().find_map(|s| Some((s, failure(s.outcome.as_ref()?)?)));
    match (failed, host.outcome.as_ref().and_then(|o| failure(o).map(|f| (o, f)))) {
        (Some((step, failure)), _) => {
            let took =
                step.took_s.map(|s| format!(" after {}", figures::elapsed(s))).unwrap_or_default();
            let look = badge::step(step);
            let text =
                format!("{} {} {}{took}: {}", look.glyph, step.title, look.word, failure.message);
            say(&text, look.role, 3);
            if let Some(hint) = &failure.hint {
                say(&format!("next: {hint}"), Role::Strong, 3);
            }
        }
        (None, Some((outcome, failure))) => {
            let look = badge::outcome(outcome);
            say(&format!("{} {}: {}", look.glyph, look.word, failure.message), look.role, 3);
            if let Some(hint) = &failure.hint {
                say(&format!("next: {hint}"), Role::Strong, 3);
            }
        }
        (None, None) => {}
    }
    if let Some(Outcome::NotRun(why)) = &host.outcome {
        say(&format!("○ not run: {}", not_run(why)), Role::Dim, 2);
    }
    let gate = host.steps.iter().find(|s| s.outcome.is_none() && s.detail.is_some());
    if let Some((gate, detail)) = gate.and_then(|g| Some((g, g.detail.as_ref()?))) {
        say(&format!("{} {}: {detail}", badge::spinner(model.now), gate.title), Role::Running, 2);
    }
    lines
}

fn failure(outcome: &Outcome) -> Option<&Failure> {
    match outcome {
        Outcome::Failed(f) | Outcome::Unreachable(f) | Outcome::Unknown(f) => Some(f),
        Outcome::Ok
        | Outcome::Changed
        | Outcome::Skipped(_)
        | Outcome::NotRun(_)
        | Outcome::Cancelled => None,
    }
}

fn not_run(why: &NotRun) -> String {
    match why {
        NotRun::StepFailed(step) => format!("{step} failed before"),
        NotRun::StepUnknown(step) => format!("it is not known how {step} ended"),
        NotRun::Unreachable => "the host could not be reached".to_owned(),
        NotRun::RunStopped => "the run stopped before its turn".to_owned(),
        NotRun::Aborted => "the run was aborted".to_owned(),
        NotRun::Blocked(reason) => format!("readiness forbids it: {reason}"),
    }
}
