//! What can be asked of a run.

use super::super::action::{Action, Place};
use super::super::effect::{ChangeKind, Effect};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::{Model, Screen};
use super::super::pages::{RunPage, is_active};
use super::super::toast::ToastKind;
use super::super::why::{Of, is_demanded};
use super::{guard, layers, plan, why};
use crate::domain::ids::RunId;
use crate::domain::run::control::Control;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::{HostState, Phase};

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Screen::Run(page)) = model.screens.last() else { return Vec::new() };
    let (run, phase) = (page.run.clone(), page.phase());
    let Some(phase) = phase else { return Vec::new() };
    let control = match action {
        Action::Approve | Action::Reject => return guard::decide(model, action),
        Action::Pause => Control::Pause,
        Action::Resume if phase == Phase::Lost => {
            return layers::change(model, ChangeKind::Revive(run));
        }
        Action::Resume => Control::Resume,
        Action::Abort => Control::Abort,
        Action::Kill => Control::Kill,
        Action::Promote => Control::Promote,
        Action::PromoteAll => Control::PromoteAll,
        Action::StepMode => Control::Step,
        Action::SkipHost => match to_skip(page) {
            Ok(control) => control,
            Err(why) => return warn(model, &why),
        },
        Action::Retry => return retry(model, run, phase),
        Action::AbortAndRollBack if phase.is_over() => return roll_back(model, run),
        Action::AbortAndRollBack => Control::AbortAndRollBack,
        _ => return Vec::new(),
    };
    if !is_active(phase) {
        let why = over(model, phase);
        return warn(model, &why);
    }
    if let Some(why) = pointless(model, page, &control, phase) {
        return warn(model, &why);
    }
    if matches!(control, Control::Pause | Control::Resume | Control::Step) {
        return layers::change(model, ChangeKind::Control { run, control });
    }
    let question = question(page, run, control);
    model.layers.push(Layer::Confirm(question));
    Vec::new()
}

/// Why nothing can be asked of a run that does not go on.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other runs have ended")]
fn over(model: &Model, phase: Phase) -> String {
    let key = |action| model.key_at(action, Place::Run);
    match phase {
        Phase::WaitingApproval => format!(
            "it waits for a second person: {} approves it, {} rejects it",
            key(Action::Approve),
            key(Action::Reject)
        ),
        Phase::Lost => format!(
            "its worker is gone: {} resumes the run from the hosts' truth",
            key(Action::Resume)
        ),
        _ => "this run has ended: there is nothing to control".to_owned(),
    }
}

/// Why asking this of a run would change nothing.
fn pointless(model: &Model, page: &RunPage, control: &Control, phase: Phase) -> Option<String> {
    let key = |action| model.key_at(action, Place::Run);
    let view = page.view.as_ref();
    let steps = view.is_some_and(|view| view.state.goes_one_by_one(&view.plan));
    let waits = phase == Phase::Paused;
    match control {
        Control::Promote if !waits => {
            Some("this run does not wait for anybody: there is nothing to promote".to_owned())
        }
        Control::PromoteAll if !waits && !steps => {
            Some("this run does not wait for anybody: there is nothing to promote".to_owned())
        }
        Control::Step if view.is_some_and(|view| view.state.local) => {
            let pause = key(Action::Pause);
            Some(format!("Ansible itself decides who is next in a playbook: {pause} pauses it"))
        }
        Control::Step if steps => {
            let on = key(Action::PromoteAll);
            Some(format!("it goes one instance at a time already: {on} goes on without asking"))
        }
        Control::Step
        | Control::Pause
        | Control::Resume
        | Control::Abort
        | Control::Kill
        | Control::Promote
        | Control::PromoteAll
        | Control::AbortAndRollBack
        | Control::SkipHost(_) => None,
    }
}

fn warn(model: &mut Model, text: &str) -> Vec<Effect> {
    model.tell(ToastKind::Warning, text);
    Vec::new()
}

/// The selected target, where it can still be left out.
fn to_skip(page: &RunPage) -> Result<Control, String> {
    let host = page.host.as_ref().and_then(|id| page.hosts().iter().find(|h| &h.id == id));
    let Some(host) = host else { return Err("no target is selected".to_owned()) };
    if host.started.is_some() || host.outcome.is_some() {
        return Err(format!("{} has begun or ended: only a waiting target is skipped", host.id));
    }
    Ok(Control::SkipHost(host.id.clone()))
}

/// Plans an ended run once more, for what it left behind. The plan is shown, and takes what any plan takes to start.
fn retry(model: &mut Model, run: RunId, phase: Phase) -> Vec<Effect> {
    if !phase.is_over() {
        return warn(model, "this run has not ended: there is nothing to retry yet");
    }
    let left = model.run_page().map(|page| {
        let went_well = |host: &HostState| host.outcome.as_ref().is_some_and(Outcome::lets_go_on);
        page.hosts().iter().filter(|host| !went_well(host)).count()
    });
    plan::ask_retry(model, run, left.unwrap_or(0).max(1))
}

/// Asks before what an ended run changed is brought back.
fn roll_back(model: &mut Model, run: RunId) -> Vec<Effect> {
    let view = model.run_page().and_then(|page| page.view.as_ref());
    if view.is_some_and(|view| is_demanded(&view.plan))
        && why::first(model, Of::Run(run.clone()), Action::AbortAndRollBack)
    {
        return Vec::new();
    }
    model.layers.push(Layer::Confirm(Confirm {
        title: format!("roll back run {}", run.short()),
        lines: vec![
            "A new run is started, which points to this one.".to_owned(),
            "What this run took to another commit goes back at once. Data is not rolled back."
                .to_owned(),
        ],
        safe: "not now",
        act: "roll back",
        focus: Focus::Safe,
        then: Then::Change(ChangeKind::RollBack(run)),
    }));
    Vec::new()
}

/// How many targets are worked on now, and of how many that have begun no step runs, in words.
fn working(busy: usize, rest: usize) -> String {
    let now = match busy {
        0 => "No instance is being worked on now.".to_owned(),
        1 => "1 instance is being worked on now.".to_owned(),
        n => format!("{n} instances are being worked on now."),
    };
    match rest {
        0 => now,
        1 => format!("{now} 1 stands between two steps."),
        n => format!("{now} {n} stand between two steps."),
    }
}

/// What an abort leaves behind, in words; `running` is the subject of what is worked on now.
fn left_by_abort(page: &RunPage, (busy, rest): (usize, usize), running: &str) -> String {
    let soaks = page.view.as_ref().and_then(|view| view.state.canary.as_ref());
    match (busy, soaks.is_some_and(|canary| canary.end.is_none())) {
        (0, true) => {
            "Its canary stays as it is and is judged by nobody; nothing further is started."
                .to_owned()
        }
        (0, false) if rest > 0 => {
            "What has begun is left where it stands; nothing further is started.".to_owned()
        }
        (0, false) => "Nothing further is started.".to_owned(),
        _ => format!("{running} finished, then nothing further is started."),
    }
}

fn question(page: &RunPage, run: RunId, control: Control) -> Confirm {
    let busy = page.hosts().iter().filter(|host| page.is_at_work(host)).count();
    let rest = page.hosts().iter().filter(|host| page.rests(host)).count();
    let working = working(busy, rest);
    let (running, steps) = match busy {
        0 => ("Whatever runs by then is", "Whatever runs by then is"),
        1 => ("Its running step is", "Its step is"),
        _ => ("Their running steps are", "Their steps are"),
    };
    let left = left_by_abort(page, (busy, rest), running);
    let waits = page.view.as_ref().and_then(|view| view.state.why.clone());
    let waits = waits.map_or_else(
        || "It asks before each instance.".to_owned(),
        |why| format!("It waits: {why}."),
    );
    let short = run.short().to_owned();
    let (title, act, lines) = match &control {
        Control::Kill => (
            format!("kill run {short}"),
            "kill",
            vec![working, format!("{steps} ended too: TERM, wait, KILL, verify. An instance may be left between two releases.")],
        ),
        Control::AbortAndRollBack => (
            format!("abort run {short} and roll back"),
            "abort and roll back",
            vec![working, format!("{running} finished; then what this run changed goes back, as a new run. Data is not rolled back.")],
        ),
        Control::Promote => (
            format!("promote run {short}"),
            "promote",
            vec![waits, "It goes on although that is so.".to_owned()],
        ),
        Control::PromoteAll => (
            format!("promote run {short} to its end"),
            "promote all",
            vec![waits, "It goes on, and does not wait for the like of it again. What is seen to be ill still stops it.".to_owned()],
        ),
        Control::SkipHost(host) => (
            format!("skip {host}"),
            "skip",
            vec![format!("Run {short} leaves {host} as it is, and ends without it.")],
        ),
        Control::Abort | Control::Pause | Control::Resume | Control::Step => (
            format!("abort run {short}"),
            "abort",
            vec![working, left],
        ),
    };
    Confirm {
        title,
        lines,
        safe: "let it run",
        act,
        focus: Focus::Safe,
        then: Then::Change(ChangeKind::Control { run, control }),
    }
}
