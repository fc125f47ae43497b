//! Keys and answers of the first run.

use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{ChangeKind, Effect};
use super::super::key::{Key, KeyCode};
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::Model;
use super::super::setup::{LOOK_S, Setup, SetupAsk, Typed, Unusable};
use super::{input, layers};
use crate::domain::scaffold::first::FirstInstance;
use crate::domain::untrusted::Safe;

/// The inventory cannot be used, or still not.
pub(super) fn unusable(model: &mut Model, unusable: Unusable) -> Vec<Effect> {
    let looked = model.clock;
    if let Some(setup) = &mut model.setup {
        setup.unusable = unusable;
        setup.looked = looked;
    } else {
        let setup = Setup { unusable, form: None, draft: None, said: None, looked, busy: false };
        model.setup = Some(Box::new(setup));
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

/// A key while something is typed; `None` where nothing is.
pub(super) fn typed(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let setup = model.setup.as_mut()?;
    let (what, mut form) = setup.form.take()?;
    match key {
        Key { code: KeyCode::Esc, .. } => setup.draft = Some((what, form)),
        Key { code: KeyCode::Enter, .. } => return Some(entered(model, what, form)),
        _ => {
            input::edit(&mut form, key);
            setup.form = Some((what, form));
        }
    }
    Some(Vec::new())
}

fn entered(model: &mut Model, what: Typed, form: Input) -> Vec<Effect> {
    let text = form.value().trim().to_owned();
    let Some(setup) = &mut model.setup else { return Vec::new() };
    match (what, text.parse::<FirstInstance>()) {
        (Typed::Path, _) if text.is_empty() => setup.form = Some((what, form)),
        (Typed::Path, _) => {
            setup.draft = Some((what, form));
            return ask(model, SetupAsk::Import(text));
        }
        (Typed::First, Err(why)) => {
            setup.said = Some(Err(Safe::line(&why.to_string())));
            setup.form = Some((what, form));
        }
        (Typed::First, Ok(first)) => {
            setup.said = None;
            setup.draft = Some((what, form));
            let question = Confirm {
                title: "make an inventory".to_owned(),
                lines: vec![
                    format!("{} is made, with {} at {} in it.", setup.unusable.dir, first.host, first.address),
                    "Nothing else is written, and no host is touched. `bunker deploy` sets a server up, `bunker import` takes over one that runs already.".to_owned(),
                ],
                safe: "not now",
                act: "make it",
                focus: Focus::Safe,
                then: Then::Change(ChangeKind::SetUp(SetupAsk::Make(first))),
            };
            model.layers.push(Layer::Confirm(question));
        }
    }
    Vec::new()
}

/// Text that is pasted where something is typed; says whether something is.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let form = model.setup.as_mut().and_then(|setup| setup.form.as_mut());
    form.map(|(_, form)| input::paste(form, text)).is_some()
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
        Action::MakeInventory | Action::ImportInventory if missing => {
            let what = if action == Action::MakeInventory { Typed::First } else { Typed::Path };
            // What was typed before stands there again: it is mostly one word that is wrong.
            let draft = setup.draft.take().filter(|(of, _)| *of == what);
            setup.form = Some(draft.unwrap_or_else(|| (what, Input::default())));
            setup.said = None;
            Vec::new()
        }
        Action::StartDemo => ask(model, SetupAsk::Demo),
        Action::TryAgain => vec![Effect::Connect],
        _ => return None,
    })
}
