//! What makes a part of the fleet quiet for a time: the form, the question, and what came of it.

use super::super::action::{Action, Place};
use super::super::effect::{ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::Model;
use super::super::msg::Problem;
use super::super::quiet::{QuietAnswer, QuietAsk, QuietFor, QuietForm, WindowDraft};
use super::super::sheet_rows;
use super::super::toast::ToastKind;
use super::{enrol, input, layers, sheet, silence};
use crate::domain::figure::several;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::domain::window::Window;

/// Names that a question tells before it only counts.
const NAMES: usize = 8;
/// Lines of what is written that a question shows.
const LINES: usize = 6;

/// Opens the form of an action on the page that is seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "the last of the actions that have such a form")]
pub(super) fn open(model: &mut Model, action: Action) -> Vec<Effect> {
    let form = match action {
        Action::AddWindow => Ok(QuietForm::window(model.zone.iana_name())),
        Action::Silence => silence::of_selected(model),
        Action::EndSilence => silence::end_of_selected(model),
        _ => end_of_window(model),
    };
    match form {
        Ok(form) => model.layers.push(Layer::Quiet(Box::new(form))),
        Err(why) => model.tell(ToastKind::Warning, &why),
    }
    Vec::new()
}

fn end_of_window(model: &Model) -> Result<QuietForm, String> {
    let row = sheet_rows::selected_window(model).ok_or("there is no window to end")?;
    let name = &row.window.name;
    if !row.spell.is_some_and(|spell| spell.holds(model.now)) {
        return Err(format!("window {name} is not on: only one that is on can be ended"));
    }
    Ok(QuietForm::end(row.window, row.hosts))
}

/// A key while the form is seen.
pub(super) fn on_key(model: &mut Model, mut form: Box<QuietForm>, key: Key) -> Vec<Effect> {
    if let Some((_, changes)) = form.waits {
        if key == Key::plain(KeyCode::Esc) && !changes {
            // Waiting is given up; what was typed is not.
            form.waits = None;
        } else if key == Key::plain(KeyCode::Esc) {
            model.tell(ToastKind::Warning, "it is being done: wait for the result");
        }
        model.layers.push(Layer::Quiet(form));
        return Vec::new();
    }
    match model.keymap.action(key, Place::Form) {
        Some(Action::NextField) => form.form.step(true),
        Some(Action::PrevField) => form.form.step(false),
        Some(Action::GoOn) => return submit(model, form),
        _ if key.code == KeyCode::Esc => {
            if form.is_begun() {
                model.layers.extend([Layer::Quiet(form), Layer::Confirm(enrol::leave_form())]);
            }
            return Vec::new();
        }
        _ => {
            if input::field(&mut form.form, key) {
                form.problem = None;
                form.hint();
            }
        }
    }
    model.layers.push(Layer::Quiet(form));
    Vec::new()
}

/// The form goes away, where one is seen.
pub(super) fn left(model: &mut Model) -> bool {
    model.layers.pop_if(|layer| matches!(layer, Layer::Quiet(_))).is_some()
}

/// Enter: looks at what was typed, and asks what would come of it, or whether it is done.
fn submit(model: &mut Model, mut form: Box<QuietForm>) -> Vec<Effect> {
    form.problem = None;
    let right = form.form.is_right();
    let next = match &form.of {
        _ if !right => None,
        QuietFor::Window => {
            let wish = form.wish().settled(model.now, &model.zone);
            match wish.and_then(|wish| wish.window(model.now, &model.zone).map(|_| wish)) {
                Ok(wish) => Some(Ok(QuietAsk::Draft(Box::new(wish)))),
                Err(message) => {
                    form.problem = Some(Problem { message, hint: None });
                    None
                }
            }
        }
        QuietFor::End { window, hosts } => Some(Err(end_question(window, hosts, form.why()))),
        QuietFor::Silence(fits) => match silence::question(model, fits, &form) {
            Ok(question) => Some(Err(question)),
            Err(why) => {
                form.problem = Some(Problem { message: Safe::line(&why), hint: None });
                None
            }
        },
        QuietFor::EndSilence { silence, n_others } => {
            Some(Err(silence::end_question(model, silence, *n_others, form.why())))
        }
    };
    model.layers.push(Layer::Quiet(form));
    match next {
        Some(Ok(looks)) => ask(model, looks),
        Some(Err(question)) => {
            model.layers.push(Layer::Confirm(question));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// How many hosts, and which.
fn of_hosts(hosts: &[HostId]) -> String {
    let names: Vec<&str> = hosts.iter().take(NAMES).map(HostId::as_str).collect();
    let more = hosts.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}: {}{more}", several(hosts.len(), "host"), names.join(", "))
}

pub(super) fn question(
    title: String,
    lines: Vec<String>,
    act: &'static str,
    ask: QuietAsk,
) -> Confirm {
    let (safe, focus, then) = ("not now", Focus::Safe, Then::Quiet(ask));
    Confirm { title, lines, safe, act, focus, then }
}

fn end_question(window: &Window, hosts: &[HostId], why: Option<Safe>) -> Confirm {
    let name = &window.name;
    let mut lines = vec![format!("It is over on {}.", of_hosts(hosts))];
    let mut told = |holds: bool, text: &str| lines.extend(holds.then(|| text.to_owned()));
    told(window.gates_runs(), "Runs on them are asked to pause: what is worked on is finished.");
    told(window.silences(), "Alerts that it silenced are loud again.");
    told(window.freezes(), "Runs may start there again.");
    told(true, "Its next time is not changed.");
    let ask = QuietAsk::End { name: name.clone(), hosts: hosts.to_vec(), why };
    question(format!("end window {name}"), lines, "end it", ask)
}

fn add_question(form: &QuietForm, draft: &WindowDraft) -> Confirm {
    let mut lines = vec![draft.about.to_string(), format!("For {}.", of_hosts(&draft.hosts))];
    if draft.hosts.is_empty() {
        lines.pop();
        lines.push("No host has it then: each has a list of windows of its own.".to_owned());
    }
    if !draft.frozen.is_empty() {
        lines.push(format!(
            "It is on at once: runs are asked to pause on {}.",
            of_hosts(&draft.frozen)
        ));
    }
    lines.extend(draft.lines.iter().take(LINES).map(ToString::to_string));
    let more = draft.lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.push(format!("and {more} more lines"));
    }
    let ask = QuietAsk::Add(draft.wish.clone(), form.why());
    question(format!("add window {}", draft.wish.name), lines, "add it", ask)
}

/// Asks it of who may do it; the form waits for the answer.
pub(super) fn ask(model: &mut Model, ask: QuietAsk) -> Vec<Effect> {
    let (request, changes) = (model.next_request(), !ask.only_looks());
    let effects = layers::change(model, ChangeKind::Quiet { request, ask });
    if let Some(Layer::Quiet(form)) = model.layers.last_mut()
        && !effects.is_empty()
    {
        form.waits = Some((request, changes));
    }
    effects
}

/// An answer; one that no form waits for is dropped.
pub(super) fn answered(
    model: &mut Model,
    request: u64,
    result: Result<QuietAnswer, Problem>,
) -> Vec<Effect> {
    let waits = |layer: &Layer| matches!(layer, Layer::Quiet(form) if form.waits.is_some_and(|(waited, _)| waited == request));
    let Some(at) = model.layers.iter().position(waits) else { return Vec::new() };
    let Some(Layer::Quiet(form)) = model.layers.get_mut(at) else { return Vec::new() };
    form.waits = None;
    match result {
        Err(problem) => form.problem = Some(problem),
        Ok(QuietAnswer::Draft(draft)) => {
            let question = add_question(form, &draft);
            model.layers.push(Layer::Confirm(question));
        }
        Ok(QuietAnswer::Done(told)) => {
            model.layers.remove(at);
            model.tell(ToastKind::Done, told.as_str());
            // What is silent is told by the Alertmanager alone.
            if model.place() == Place::Alerts {
                return sheet::again(model);
            }
        }
    }
    Vec::new()
}
