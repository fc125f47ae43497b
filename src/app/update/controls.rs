//! What can be asked of a run.

use super::super::action::Action;
use super::super::effect::{ChangeKind, Effect};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::{Model, Screen};
use super::super::pages::is_active;
use super::super::toast::ToastKind;
use super::{guard, layers};
use crate::domain::ids::RunId;
use crate::domain::run::control::Control;
use crate::domain::run::state::Phase;

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Screen::Run(page)) = model.screens.last() else { return Vec::new() };
    let (run, phase) = (page.run.clone(), page.phase());
    let Some(phase) = phase else { return Vec::new() };
    let busy = page.hosts().iter().filter(|h| h.started.is_some() && h.outcome.is_none()).count();
    let control = match action {
        Action::Approve | Action::Reject => return guard::decide(model, action),
        Action::Pause => Control::Pause,
        Action::Resume if phase == Phase::Lost => {
            return layers::change(model, ChangeKind::Revive(run));
        }
        Action::Resume => Control::Resume,
        Action::Abort => Control::Abort,
        Action::Kill => Control::Kill,
        _ => return Vec::new(),
    };
    if !is_active(phase) {
        let text = match phase {
            Phase::WaitingApproval => "it waits for a second person: + approves it, - rejects it",
            Phase::Lost => "its worker is gone: r resumes the run from the hosts' truth",
            _ => "this run has ended: there is nothing to control",
        };
        model.tell(ToastKind::Warning, text);
        return Vec::new();
    }
    match control {
        Control::Pause | Control::Resume | Control::Promote | Control::PromoteAll => {
            layers::change(model, ChangeKind::Control { run, control })
        }
        Control::Abort | Control::Kill => {
            model.layers.push(Layer::Confirm(question(run, control, busy)));
            Vec::new()
        }
    }
}

fn question(run: RunId, control: Control, busy: usize) -> Confirm {
    let working = match busy {
        0 => "No instance is being worked on now.".to_owned(),
        1 => "1 instance is being worked on now.".to_owned(),
        n => format!("{n} instances are being worked on now."),
    };
    let (title, act, what) = match control {
        Control::Kill => (
            format!("kill run {}", run.short()),
            "kill",
            "Their steps are ended too: TERM, wait, KILL, verify. An instance may be left between two releases.",
        ),
        Control::Abort
        | Control::Pause
        | Control::Resume
        | Control::Promote
        | Control::PromoteAll => (
            format!("abort run {}", run.short()),
            "abort",
            "Their running steps are finished, then nothing further is started.",
        ),
    };
    Confirm {
        title,
        lines: vec![working, what.to_owned()],
        safe: "let it run",
        act,
        focus: Focus::Safe,
        then: Then::Change(ChangeKind::Control { run, control }),
    }
}
