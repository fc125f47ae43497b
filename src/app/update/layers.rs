//! Keys while something stands in front of the page.

use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{Change, ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::keymap::Meaning;
use super::super::layers::{Confirm, Focus, Layer, ReferenceForm, Then};
use super::super::list_filter;
use super::super::model::Model;
use super::super::toast::ToastKind;
use super::{
    audit, choice, columns, copying, enrol, evidence, forwards, guard, host, input, log, moving,
    palette, plan, quiet, run, runs, setup, sheet, why,
};
use crate::domain::filter::Filter;
use crate::domain::ids::InvalidName;
use crate::domain::plan::{PlaybookWish, What};
use crate::domain::policy::Consent;

/// A key for the front layer.
pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(layer) = model.layers.pop() else { return Vec::new() };
    match layer {
        Layer::Help { top } => {
            help(model, top, key);
            Vec::new()
        }
        Layer::Palette(state) => palette::on_key(model, state, key),
        Layer::Filter(input) => {
            filter(model, input, key);
            Vec::new()
        }
        Layer::Search(input) => {
            search(model, input, key);
            Vec::new()
        }
        Layer::Reference(form) => line(model, form, key, Layer::Reference, upgrade_to),
        Layer::Playbook(form) => line(model, form, key, Layer::Playbook, playbook),
        Layer::Canary(form) => line(model, form, key, Layer::Canary, canary_upgrade_to),
        Layer::Planning { request, n_hosts, wish } => {
            if key == Key::plain(KeyCode::Esc) {
                model.tell(ToastKind::Done, "planning dropped: nothing has been changed");
            } else {
                model.layers.push(Layer::Planning { request, n_hosts, wish });
            }
            Vec::new()
        }
        Layer::Confirm(confirm) => answer(model, confirm, key),
        Layer::Guard(form) => guard::on_key(model, form, key),
        Layer::Why(form) => why::on_key(model, form, key),
        Layer::Quiet(form) => quiet::on_key(model, form, key),
        Layer::Copy(menu) => copying::on_key(model, menu, key),
        Layer::Columns(pick) => columns::on_key(model, pick, key),
        Layer::Letter(what) => moving::letter(model, what, key),
        Layer::Env(env) => {
            host::env_key(model, env, key);
            Vec::new()
        }
        Layer::Services(pick) => host::pick_key(model, pick, key),
        Layer::Reasons(pick) => evidence::pick_key(model, pick, key),
        Layer::Forwards => forwards::on_key(model, key),
        Layer::Soak => {
            // Whatever else is pressed is meant for the run behind it, and is not done to it unseen.
            let again = model.keymap.action(key, model.place()) == Some(Action::ShowCanary);
            if key != Key::plain(KeyCode::Esc) && !again {
                model.layers.push(Layer::Soak);
            }
            Vec::new()
        }
    }
}

/// Pasted text for the front layer; elsewhere it means nothing, so that no paste presses keys.
pub(super) fn paste(model: &mut Model, text: &str) {
    match model.layers.last_mut() {
        Some(Layer::Palette(state)) => input::paste(&mut state.input, text),
        Some(Layer::Filter(line) | Layer::Search(line)) => input::paste(line, text),
        Some(Layer::Reference(form) | Layer::Playbook(form) | Layer::Canary(form)) => {
            input::paste(&mut form.input, text);
        }
        Some(Layer::Why(form)) => input::paste(&mut form.input, text),
        Some(Layer::Quiet(form)) => input::paste_field(&mut form.form, text),
        // What is pasted was not typed: it confirms nothing.
        Some(
            Layer::Help { .. }
            | Layer::Planning { .. }
            | Layer::Confirm(_)
            | Layer::Guard(_)
            | Layer::Copy(_)
            | Layer::Columns(_)
            | Layer::Letter(_)
            | Layer::Env(_)
            | Layer::Services(_)
            | Layer::Reasons(_)
            | Layer::Forwards
            | Layer::Soak,
        ) => return,
        None => {
            if !setup::paste(model, text) {
                enrol::paste(model, text);
            }
            return;
        }
    }
    match model.layers.last() {
        Some(Layer::Filter(line)) => {
            let text = line.value().to_owned();
            apply_filter(model, &text);
        }
        Some(Layer::Palette(_)) => palette::refresh(model),
        _ => {}
    }
}

fn help(model: &mut Model, top: usize, key: Key) {
    let page = usize::from(model.size.height.saturating_sub(6)).max(1);
    let top = match model.keymap.action(key, model.place()) {
        Some(Action::Down) => top + 1,
        Some(Action::Up) => top.saturating_sub(1),
        Some(Action::PageDown) => top + page,
        Some(Action::PageUp) => top.saturating_sub(page),
        Some(Action::Top) => 0,
        Some(Action::Bottom) => 1_000,
        // `g` begins `g g`, which needs no help here.
        None if model.keymap.meaning(&[key], model.place()) == Meaning::More => 0,
        _ => return,
    };
    model.layers.push(Layer::Help { top: top.min(200) });
}

/// Filters by what is typed; while its last term cannot be used, those before it count. Where that cannot be told either,
/// the filter stays as it was.
pub(super) fn apply_filter(model: &mut Model, text: &str) {
    let listed = audit::filter(model, text)
        || log::filter(model, text)
        || sheet::filter(model, text)
        || runs::filter(model, text)
        || choice::filter_due(model, text);
    if listed {
        return;
    }
    let before = || {
        let before =
            text.trim_end().rsplit_once(char::is_whitespace).map_or("", |(before, _)| before);
        before.parse::<Filter>()
    };
    let Ok(filter) = text.parse::<Filter>().or_else(|_| before()) else { return };
    model.fleet.filter = filter;
    let rows = model.fleet_rows();
    model.fleet.arrange(rows);
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
fn filter(model: &mut Model, mut line: Input, key: Key) {
    match key.code {
        // What is wrong stands above the line, which stays until it can be used.
        KeyCode::Enter if list_filter::trouble(model, line.value()).is_none() => return,
        KeyCode::Enter => {}
        KeyCode::Esc => {
            apply_filter(model, "");
            return;
        }
        KeyCode::Up | KeyCode::Down => {
            let rows = model.fleet_rows();
            let step = if key.code == KeyCode::Up {
                super::super::cursor::Step::Up
            } else {
                super::super::cursor::Step::Down
            };
            model.fleet.go(step, rows);
        }
        _ => {
            if input::edit(&mut line, key) {
                apply_filter(model, line.value());
            }
        }
    }
    model.layers.push(Layer::Filter(line));
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
fn search(model: &mut Model, mut line: Input, key: Key) {
    match key.code {
        KeyCode::Enter => {
            if !log::search(model, line.value()) {
                run::search(model, line.value());
            }
        }
        KeyCode::Esc => {}
        _ => {
            input::edit(&mut line, key);
            model.layers.push(Layer::Search(line));
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
fn line(
    model: &mut Model,
    mut form: ReferenceForm,
    key: Key,
    layer: fn(ReferenceForm) -> Layer,
    read: fn(&str) -> Result<What, InvalidName>,
) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => match read(form.input.value().trim()) {
            Ok(what) => return plan::ask(model, form.hosts, what),
            Err(refused) => form.problem = Some(refused.to_string()),
        },
        _ => {
            if input::edit(&mut form.input, key) {
                form.problem = None;
            }
        }
    }
    model.layers.push(layer(form));
    Vec::new()
}

fn upgrade_to(text: &str) -> Result<What, InvalidName> {
    let reference = if text.is_empty() { None } else { Some(text.parse()?) };
    Ok(What::Upgrade { reference })
}

fn canary_upgrade_to(text: &str) -> Result<What, InvalidName> {
    let reference = (!text.is_empty()).then(|| text.parse()).transpose()?;
    Ok(What::CanaryUpgrade { reference })
}

fn playbook(text: &str) -> Result<What, InvalidName> {
    PlaybookWish::parse(text).map(What::Ansible)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys change nothing")]
fn answer(model: &mut Model, mut confirm: Confirm, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q') => {
            model.why.left(&confirm.then);
            return Vec::new();
        }
        KeyCode::Left | KeyCode::Char('h') | KeyCode::BackTab => confirm.focus = Focus::Safe,
        KeyCode::Right | KeyCode::Char('l') => confirm.focus = Focus::Act,
        KeyCode::Tab => {
            confirm.focus = match confirm.focus {
                Focus::Safe => Focus::Act,
                Focus::Act => Focus::Safe,
            };
        }
        KeyCode::Enter => {
            return match confirm.focus {
                Focus::Safe => {
                    model.why.left(&confirm.then);
                    Vec::new()
                }
                Focus::Act => carry_out(model, confirm.then),
            };
        }
        _ => {}
    }
    model.layers.push(Layer::Confirm(confirm));
    Vec::new()
}

fn carry_out(model: &mut Model, then: Then) -> Vec<Effect> {
    match then {
        Then::Start(approved) => plan::start(model, approved, Consent::Yes),
        Then::Plan(wish) => plan::ask(model, wish.hosts, wish.what),
        Then::Enrol => enrol::confirmed(model),
        Then::Quiet(ask) => quiet::ask(model, ask),
        Then::Leave => vec![Effect::Quit],
        Then::LeaveForm => {
            if !quiet::left(model) {
                enrol::left(model);
            }
            Vec::new()
        }
        Then::Change(kind) => change(model, kind),
    }
}

/// The one way to a changing effect: it needs the right, which a read-only cockpit has not.
pub(super) fn change(model: &mut Model, kind: ChangeKind) -> Vec<Effect> {
    if let Some(right) = &model.operate {
        let why = model.why.of_change(&kind);
        model.why.used(&kind);
        vec![Effect::Change(Change::by(right, kind, why))]
    } else {
        model.tell(ToastKind::Warning, "read-only: nothing can be changed from here");
        Vec::new()
    }
}
