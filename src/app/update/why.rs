//! The question why something is done.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::key::{Key, KeyCode};
use super::super::layers::{Layer, WhyFor, WhyForm};
use super::super::model::Model;
use super::super::toast::ToastKind;
use super::super::why::Of;
use super::{input, leases, route};
use crate::domain::untrusted::Safe;

/// Asks why the operator does what comes next.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let form = WhyForm::standing(model.why.standing.as_ref());
    model.layers.push(Layer::Why(form));
    Vec::new()
}

/// Asks why, where nobody said it yet; says whether it has to be answered before this action goes on.
pub(super) fn first(model: &mut Model, of: Of, then: Action) -> bool {
    if model.why.of(&of).is_some() {
        return false;
    }
    model.layers.push(Layer::Why(WhyForm::new(WhyFor::Demanded { of, then })));
    true
}

/// A key while the reason is typed.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
pub(super) fn on_key(model: &mut Model, mut form: WhyForm, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            let reason = Safe::line(form.input.value().trim());
            if form.asks == WhyFor::All || !reason.as_str().is_empty() {
                return said(model, form.asks, reason);
            }
            form.empty = true;
        }
        _ => {
            if input::edit(&mut form.input, key) {
                form.empty = false;
            }
        }
    }
    model.layers.push(Layer::Why(form));
    Vec::new()
}

fn said(model: &mut Model, asks: WhyFor, reason: Safe) -> Vec<Effect> {
    match asks {
        WhyFor::Break { .. } => leases::confirm_break(model, asks, reason),
        WhyFor::Demanded { of, then } => {
            model.why.say(of, reason);
            return route::perform(model, then);
        }
        WhyFor::All => {
            let reason = Some(reason).filter(|text| !text.as_str().is_empty());
            let told = match &reason {
                Some(text) => format!("what is changed from now on is for: {text}"),
                None => "no reason is told any more".to_owned(),
            };
            model.why.standing = reason;
            model.tell(ToastKind::Done, &told);
        }
    }
    Vec::new()
}
