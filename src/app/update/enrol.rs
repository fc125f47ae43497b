//! Taking an instance into the inventory: the form, what is shown before anything is written, and the way on.

use super::super::action::Action;
use super::super::cursor::Step;
use super::super::effect::{ChangeKind, Effect};
use super::super::enrol_page::{EnrolPage, Purpose, Stage};
use super::super::key::{Key, KeyCode};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::toast::ToastKind;
use super::super::why::Of;
use super::{fleet, input, layers, plan, route, why};
use crate::domain::figure::several;
use crate::domain::plan::{TagChoice, What};
use crate::domain::scaffold::enrol::{Answer, Ask, Entry, ShownKey, new_instance};
use crate::domain::snapshot::InstanceView;

/// Opens the form.
pub(super) fn open(model: &mut Model, purpose: Purpose) {
    model.why.enrol_anew();
    model.screens.push(Screen::Enrol(Box::new(EnrolPage::new(purpose))));
}

/// The page, wherever it lies: an answer may come while something else is looked at.
fn page(model: &mut Model) -> Option<&mut EnrolPage> {
    model
        .screens
        .iter_mut()
        .rev()
        .find_map(|screen| if let Screen::Enrol(page) = screen { Some(&mut **page) } else { None })
}

/// The page, where it is seen.
fn seen(model: &mut Model) -> Option<&mut EnrolPage> {
    if let Some(Screen::Enrol(page)) = model.screens.last_mut() { Some(page) } else { None }
}

/// A key while the form is filled in; `None` where there is no form.
pub(super) fn on_key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let meant = model.keymap.action(key, super::super::action::Place::Form);
    let page = seen(model).filter(|page| page.stage == Stage::Form)?;
    match meant {
        Some(Action::NextField) => page.form.step(true),
        Some(Action::PrevField) => page.form.step(false),
        Some(Action::GoOn) => return Some(submit(model)),
        Some(action @ (Action::Redraw | Action::Suspend)) => {
            return Some(route::perform(model, action));
        }
        _ if key.code == KeyCode::Esc => leave(model),
        _ => edit(page, key),
    }
    look_for_clash(model);
    Some(Vec::new())
}

fn edit(page: &mut EnrolPage, key: Key) {
    if input::field(&mut page.form, key) {
        page.problem = None;
    }
}

/// Pasted text goes to the field that has the keys.
pub(super) fn paste(model: &mut Model, text: &str) {
    let Some(page) = seen(model).filter(|page| page.stage == Stage::Form) else { return };
    input::paste_field(&mut page.form, text);
}

/// What is there already is told before anybody goes on.
fn look_for_clash(model: &mut Model) {
    let Some(snapshot) = model.fleet.snapshot.clone() else { return };
    let Some(page) = page(model).filter(|page| page.purpose == Purpose::Add) else { return };
    let focus = page.form.focus;
    for (at, field) in page.form.fields.iter_mut().enumerate() {
        let (entry, value) = (field.entry, field.value().to_owned());
        if at == focus || value.is_empty() || field.problem.is_some() {
            continue;
        }
        let same = |i: &&std::sync::Arc<InstanceView>| {
            (entry == Entry::Host && i.id.as_str() == value)
                || (entry == Entry::Domain && i.domain.as_str() == value)
        };
        field.problem = snapshot.instances.iter().find(same).map(|instance| {
            if entry == Entry::Host {
                "is in the inventory already".to_owned()
            } else {
                format!("belongs to {} already", instance.id)
            }
        });
    }
}

fn leave(model: &mut Model) {
    let Some(page) = page(model) else { return };
    if !page.form.is_typed() {
        left(model);
        return;
    }
    model.layers.push(Layer::Confirm(leave_form()));
}

/// The question before what was typed is lost.
pub(super) fn leave_form() -> Confirm {
    Confirm {
        title: "leave the form".to_owned(),
        lines: vec!["What was typed is lost. Nothing has been written.".to_owned()],
        safe: "stay",
        act: "leave it",
        focus: Focus::Safe,
        then: Then::LeaveForm,
    }
}

/// The form goes away.
pub(super) fn left(model: &mut Model) {
    if seen(model).is_some() {
        model.screens.pop();
        model.why.enrol_anew();
    }
}

fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    page.problem = None;
    if !page.form.is_right() {
        return Vec::new();
    }
    let words = page.form.words();
    match page.purpose {
        Purpose::Add => match new_instance(&words) {
            Ok(new) => ask(model, Ask::Draft(Box::new(new)), "asking the host for its key"),
            Err(refused) => {
                page.form.refuse(refused.entry, refused.why.rule.to_owned());
                Vec::new()
            }
        },
        Purpose::Import => ask(model, Ask::Key(words), "asking the host for its key"),
    }
}

fn ask(model: &mut Model, ask: Ask, what: &'static str) -> Vec<Effect> {
    let request = model.next_request();
    let effects = layers::change(model, ChangeKind::Enrol { request, ask: Box::new(ask) });
    if let Some(page) = page(model)
        && !effects.is_empty()
    {
        page.stage = Stage::Working { request, what };
        page.top = 0;
    }
    effects
}

/// An answer; one that nobody waits for is dropped.
pub(super) fn answered(
    model: &mut Model,
    request: u64,
    result: Result<Box<Answer>, Problem>,
) -> Vec<Effect> {
    let waits =
        |page: &EnrolPage| matches!(page.stage, Stage::Working { request: r, .. } if r == request);
    let Some(page) = page(model).filter(|page| waits(page)) else { return Vec::new() };
    match result.map(|answer| *answer) {
        Err(problem) => {
            page.stage = Stage::Form;
            page.problem = Some(problem);
            model.why.enrol_anew();
            Vec::new()
        }
        Ok(Answer::Draft(draft)) => {
            page.asks_why = draft.asks_why;
            page.stage = Stage::Draft(draft);
            Vec::new()
        }
        Ok(Answer::Key { keys, .. }) if keys.is_empty() => read(model, keys),
        Ok(Answer::Key { keys, asks_why }) => {
            page.asks_why = asks_why;
            page.stage = Stage::Key(keys);
            Vec::new()
        }
        Ok(Answer::Found(found)) => {
            page.asks_why = found.asks_why;
            page.stage = Stage::Found(Box::new(found));
            Vec::new()
        }
        Ok(Answer::Done(done)) => {
            let (purpose, host) = (page.purpose, done.host.clone());
            page.stage = Stage::Done(done);
            match purpose {
                Purpose::Add => Vec::new(),
                // What was read is kept now; the rest is done on the host, by a run.
                Purpose::Import => plan::ask(model, vec![host], What::Import),
            }
        }
    }
}

fn read(model: &mut Model, keys: Vec<ShownKey>) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    let words = page.form.words();
    ask(model, Ask::Read(words, keys), "reading .env on the host")
}

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    match (fleet::step(action), action) {
        (Some(Step::Up), _) => page.top = page.top.saturating_sub(1),
        (Some(Step::Down), _) => page.top = (page.top + 1).min(500),
        (Some(Step::PageUp), _) => page.top = page.top.saturating_sub(10),
        (Some(Step::PageDown), _) => page.top = (page.top + 10).min(500),
        (Some(Step::Top), _) => page.top = 0,
        (_, Action::GoOn) => return go_on(model),
        _ => {}
    }
    Vec::new()
}

fn go_on(model: &mut Model) -> Vec<Effect> {
    let writes = |stage: &Stage| matches!(stage, Stage::Key(_) | Stage::Draft(_) | Stage::Found(_));
    let asks = page(model).is_some_and(|page| page.asks_why && writes(&page.stage));
    if asks && why::first(model, Of::Enrol, Action::GoOn) {
        return Vec::new();
    }
    let Some(page) = page(model) else { return Vec::new() };
    let question = match &page.stage {
        Stage::Form | Stage::Working { .. } => return Vec::new(),
        Stage::Key(keys) => {
            let mut lines = of_keys(keys);
            lines.push("Compare it with what the server itself says. It is pinned, then .env is read; nothing is changed there.".to_owned());
            ("is this its host key?".to_owned(), lines, "it is")
        }
        Stage::Draft(draft) => {
            let mut lines = of_keys(&draft.keys);
            if !lines.is_empty() {
                lines.push("Compare it with what the server itself says: it is pinned.".to_owned());
            }
            let text = "The files are written and the secrets made. The host itself is left alone.";
            lines.push(text.to_owned());
            (format!("add {}", draft.host), lines, "add it")
        }
        Stage::Found(found) => {
            let secrets = several(found.secrets.len(), "secret");
            let lines = vec![
                format!(
                    "The vault gets {secrets}, the files are written, then the run is planned: a backup first."
                ),
                "Nothing that runs is changed, nothing is seeded again.".to_owned(),
            ];
            (format!("import {}", found.host), lines, "import it")
        }
        Stage::Done(done) => {
            let (hosts, purpose) = (vec![done.host.clone()], page.purpose);
            let what = match purpose {
                Purpose::Add => What::Deploy { reference: None, tags: TagChoice::default() },
                Purpose::Import => What::Import,
            };
            return plan::ask(model, hosts, what);
        }
    };
    let (title, lines, act) = question;
    let (safe, focus, then) = ("not now", Focus::Safe, Then::Enrol);
    model.layers.push(Layer::Confirm(Confirm { title, lines, safe, act, focus, then }));
    Vec::new()
}

fn of_keys(keys: &[ShownKey]) -> Vec<String> {
    keys.iter().map(|key| format!("{}  {}", key.fingerprint, key.kind)).collect()
}

/// A person said yes to what the page shows.
pub(super) fn confirmed(model: &mut Model) -> Vec<Effect> {
    let Some(page) = page(model) else { return Vec::new() };
    let words = page.form.words();
    match page.stage.clone() {
        Stage::Key(keys) => read(model, keys),
        Stage::Draft(draft) => match new_instance(&words) {
            Ok(new) => ask(model, Ask::Add(Box::new(new), draft.keys), "writing"),
            Err(refused) => {
                model.tell(ToastKind::Problem, &refused.to_string());
                Vec::new()
            }
        },
        Stage::Found(_) => ask(model, Ask::Import(words), "writing into inventory and vault"),
        Stage::Form | Stage::Working { .. } | Stage::Done(_) => Vec::new(),
    }
}

/// One step back: to the form from what it led to; says whether there was one.
pub(super) fn back(model: &mut Model) -> bool {
    let Some(page) = seen(model) else { return false };
    match page.stage {
        Stage::Form | Stage::Done(_) => return false,
        Stage::Working { what, .. } if what.starts_with("writing") => {
            model.tell(ToastKind::Warning, "it is being written: wait for the result");
        }
        Stage::Working { .. } | Stage::Key(_) | Stage::Draft(_) | Stage::Found(_) => {
            page.stage = Stage::Form;
            model.why.enrol_anew();
            model.tell(ToastKind::Done, "back at the form: nothing has been written");
        }
    }
    true
}
