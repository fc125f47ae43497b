//! The question why something is done.

use super::super::effect::Effect;
use super::super::key::{Key, KeyCode};
use super::super::layers::{Layer, WhyFor, WhyForm};
use super::super::model::Model;
use super::{input, leases};
use crate::domain::untrusted::Safe;

/// A key while the reason is typed.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys go to the line")]
pub(super) fn on_key(model: &mut Model, mut form: WhyForm, key: Key) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            let reason = Safe::line(form.input.value().trim());
            if !reason.as_str().is_empty() {
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
    }
    Vec::new()
}
