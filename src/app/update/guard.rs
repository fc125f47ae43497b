//! From a plan on the screen to its start: what the guardrails want of a person, and the answer of a second one.

use std::sync::Arc;

use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{Answered, ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::layers::{Confirm, Focus, GuardForm, Layer, Then};
use super::super::model::{Model, Screen};
use super::super::toast::ToastKind;
use super::super::why::{Of, is_demanded};
use super::{input, plan, why};
use crate::domain::plan::{Plan, Workflow};
use crate::domain::policy::{Consent, Demand};
use crate::domain::run::state::Phase;

/// Enter on the plan page: asks what the guardrails want, or starts where it was given.
pub(super) fn approve(model: &mut Model) -> Vec<Effect> {
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { return Vec::new() };
    if page.starting.is_some() || page.waits_since().is_some() {
        return Vec::new();
    }
    let (n, approved) = (page.n_to_start(), Arc::clone(&page.plan));
    if n == 0 {
        model.tell(ToastKind::Warning, "no instance of this plan is ready: see the reasons");
        return Vec::new();
    }
    if let Some(denied) = approved.rules.verdict.iter().flat_map(|v| &v.denied).next() {
        let text = format!("a guardrail forbids this plan: {}", denied.why);
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    if let Some(shut) = page.shut(model.clock) {
        let wait = model.key(Action::WaitForWindow);
        let text =
            format!("{shut}: {wait} starts a run that waits for it; nothing has been changed");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    let (wanted, right) = (page.wanted(), page.wanted().is_none_or(|w| w == page.typed));
    let by_name = matches!(page.demand(), Demand::Group(_));
    // A wrong number is told before anything is asked.
    if (right || by_name)
        && is_demanded(&approved)
        && why::first(model, Of::Plan(approved.hash()), Action::Start)
    {
        return Vec::new();
    }
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { return Vec::new() };
    let Some(wanted) = wanted else {
        model.layers.push(Layer::Confirm(question(&approved)));
        return Vec::new();
    };
    if by_name {
        let form = GuardForm { plan: approved, wanted, input: Input::default(), wrong: false };
        model.layers.push(Layer::Guard(form));
        return Vec::new();
    }
    if page.typed == wanted {
        let consent = Consent::Typed(page.typed.clone());
        return plan::start(model, approved, consent);
    }
    page.typed.clear();
    let start = model.key(Action::Start);
    let text = format!("type {wanted} and press {start} to start: nothing has been changed");
    model.tell(ToastKind::Warning, &text);
    Vec::new()
}

/// The question before one instance is changed.
fn question(plan: &Arc<Plan>) -> Confirm {
    let ready = plan.targets().next();
    let host = ready.map(|h| h.id.to_string()).unwrap_or_default();
    let to = plan
        .target
        .as_ref()
        .map(|t| format!(" to {} ({})", t.reference, t.sha.short()))
        .unwrap_or_default();
    let verb = match &plan.playbook {
        Some(_) => "run the playbook on",
        None => plan.workflow.name(),
    };
    let first = match plan.after {
        Some(_) => {
            "It goes on at the step that it stopped at. Leaving the cockpit does not stop it."
        }
        None => first(plan.workflow),
    };
    Confirm {
        title: format!("{} {host}", plan.workflow.name()),
        lines: vec![format!("This will {verb} {host}{to}."), first.to_owned()],
        safe: "not now",
        act: "start",
        focus: Focus::Safe,
        then: Then::Start(Arc::clone(plan)),
    }
}

/// What a person wants to know of a workflow before it starts.
fn first(workflow: Workflow) -> &'static str {
    match workflow {
        Workflow::RotateSecrets => {
            "The vault keeps the old values until the new ones work. Leaving the cockpit does not stop it."
        }
        Workflow::Import => "A backup is made first. Nothing that runs is changed.",
        Workflow::Ansible => {
            "It does what the playbook says; nothing is checked before or after. Leaving the cockpit does not stop it."
        }
        Workflow::CanaryUpgrade => {
            "A backup is made first. The canary group goes first and is watched before the rest follows."
        }
        Workflow::Upgrade => "A backup is made first. Leaving the cockpit does not stop it.",
        Workflow::Rollback => "Data is not rolled back. Leaving the cockpit does not stop it.",
        Workflow::Backup => "Nothing that runs is touched. Leaving the cockpit does not stop it.",
        Workflow::VerifyBackup => {
            "What is unpacked is removed again; nothing that runs is touched."
        }
        Workflow::Deploy => "What is there already stays. Leaving the cockpit does not stop it.",
        Workflow::Configure => {
            "Only services that the new settings touch are restarted. Leaving the cockpit does not stop it."
        }
    }
}

/// A key while the name of a group is typed.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
pub(super) fn on_key(model: &mut Model, mut form: GuardForm, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter if form.input.value().trim() == form.wanted => {
            let consent = Consent::Typed(form.wanted.clone());
            return plan::start(model, form.plan, consent);
        }
        KeyCode::Enter => form.wrong = true,
        _ => {
            if input::edit(&mut form.input, key) {
                form.wrong = false;
            }
        }
    }
    model.layers.push(Layer::Guard(form));
    Vec::new()
}

/// Approve or reject the run on the page.
pub(super) fn decide(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(Screen::Run(page)) = model.screens.last() else { return Vec::new() };
    let Some(view) = &page.view else { return Vec::new() };
    if view.state.phase != Phase::WaitingApproval {
        model.tell(ToastKind::Warning, "this run waits for nobody's approval");
        return Vec::new();
    }
    let answer = if action == Action::Approve { Answered::Approved } else { Answered::Rejected };
    let run = page.run.clone();
    let (title, act, what) = match answer {
        Answered::Approved => (
            format!("approve run {}", run.short()),
            "approve",
            "It starts at once, exactly as planned. Whoever asked for it cannot approve it.",
        ),
        Answered::Rejected => {
            (format!("reject run {}", run.short()), "reject", "Nothing of it will ever run.")
        }
    };
    let by = view.state.by.as_ref().map(|by| by.user.to_string()).unwrap_or_default();
    let mut lines = vec![format!("{by} wants to {}.", sentence(&view.plan))];
    lines.extend(view.state.why.iter().map(ToString::to_string));
    lines.push(what.to_owned());
    let then = Then::Change(ChangeKind::Decide { run, answer });
    let confirm = Confirm { title, lines, safe: "not now", act, focus: Focus::Safe, then };
    model.layers.push(Layer::Confirm(confirm));
    Vec::new()
}

fn sentence(plan: &Plan) -> String {
    let to = plan.target.as_ref().map(|t| format!(" to {} ({})", t.reference, t.sha.short()));
    let names: Vec<&str> = plan.targets().map(|h| h.id.as_str()).collect();
    let whom = match names.as_slice() {
        [one, two, three, _, ..] => {
            format!("{one}, {two}, {three} and {} more", names.len().saturating_sub(3))
        }
        few => few.join(", "),
    };
    let hash = plan.hash();
    format!("{} {whom}{}, plan {}", plan.workflow.name(), to.unwrap_or_default(), hash.short())
}
