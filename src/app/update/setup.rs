//! Keys and answers of the first run.

use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::Model;
use super::super::setup::{LOOK_S, Setup, SetupAsk, Unusable};
use super::{input, layers};
use crate::domain::untrusted::Safe;

/// The inventory cannot be used, or still not.
pub(super) fn unusable(model: &mut Model, unusable: Unusable) -> Vec<Effect> {
    let looked = model.clock;
    match &mut model.setup {
        Some(setup) => {
            setup.unusable = unusable;
            setup.looked = looked;
        }
        None => {
            let setup = Setup { unusable, form: None, said: None, looked, busy: false };
            model.setup = Some(Box::new(setup));
        }
    }
    Vec::new()
}

/// It is looked at again now and then: somebody may mend it in an editor.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    match &mut model.setup {
        Some(setup) if now.duration_since(setup.looked).as_secs() >= LOOK_S => {
            setup.looked = now;
            vec![Effect::Connect]
        }
        _ => Vec::new(),
    }
}

/// What came of what was tried.
pub(super) fn told(model: &mut Model, result: Result<Safe, Safe>) -> Vec<Effect> {
    let Some(setup) = &mut model.setup else { return Vec::new() };
    let good = result.is_ok();
    setup.busy = false;
    setup.said = Some(result);
    if good { vec![Effect::Connect] } else { Vec::new() }
}

/// A key while a path is typed; `None` where none is.
pub(super) fn typed(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let setup = model.setup.as_mut()?;
    let mut form = setup.form.take()?;
    Some(match key {
        Key { code: KeyCode::Esc, .. } => Vec::new(),
        Key { code: KeyCode::Enter, .. } => {
            let path = form.value().trim().to_owned();
            if path.is_empty() {
                setup.form = Some(form);
                return Some(Vec::new());
            }
            ask(model, SetupAsk::Import(path))
        }
        _ => {
            input::edit(&mut form, key);
            setup.form = Some(form);
            Vec::new()
        }
    })
}

/// Text that is pasted where a path is typed; says whether one is.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let form = model.setup.as_mut().and_then(|setup| setup.form.as_mut());
    form.map(|form| input::paste(form, text)).is_some()
}

fn ask(model: &mut Model, ask: SetupAsk) -> Vec<Effect> {
    let effects = layers::change(model, ChangeKind::SetUp(ask));
    if let Some(setup) = &mut model.setup {
        setup.busy = !effects.is_empty();
        setup.said = None;
    }
    effects
}

/// Does it, where it is one of these; `None` where it is not.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions belong to others")]
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let setup = model.setup.as_mut()?;
    let missing = setup.unusable.missing;
    Some(match action {
        Action::MakeInventory if missing => {
            let question = Confirm {
                title: "make an inventory".to_owned(),
                lines: vec![
                    format!("hosts.yml and group_vars/all/all.yml are written into {}.", setup.unusable.dir),
                    "It names no host yet: N adds one then. Nothing else is written, and no host is touched.".to_owned(),
                ],
                safe: "not now",
                act: "make it",
                focus: Focus::Safe,
                then: Then::Change(ChangeKind::SetUp(SetupAsk::Make)),
            };
            model.layers.push(Layer::Confirm(question));
            Vec::new()
        }
        Action::ImportInventory if missing => {
            setup.form = Some(Input::default());
            Vec::new()
        }
        Action::StartDemo => ask(model, SetupAsk::Demo),
        Action::TryAgain => vec![Effect::Connect],
        _ => return None,
    })
}
