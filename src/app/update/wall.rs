//! The wall: nothing that is typed there changes anything, and to leave it is asked for twice.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::key::Key;
use super::super::layers::{Confirm, Focus, Layer, Then};
use super::super::model::Model;
use super::super::msg::RunView;
use super::super::pages::is_active;
use super::super::wall::QUESTION_S;
use super::{data, layers};
use crate::domain::run::state::RunSummary;
use std::sync::Arc;

/// A key at the wall: leaving asks first, and everything else means nothing.
pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if key == Key::ctrl('c') {
        return vec![Effect::Quit];
    }
    if !model.layers.is_empty() {
        let effects = layers::on_key(model, key);
        if model.layers.is_empty()
            && let Some(wall) = &mut model.wall
        {
            wall.asked = None;
        }
        return effects;
    }
    match model.keymap.action(key, model.place()) {
        Some(Action::LeaveWall) if model.size.too_small() => vec![Effect::Quit],
        Some(Action::LeaveWall) => {
            ask(model);
            Vec::new()
        }
        Some(Action::Redraw) => vec![Effect::Redraw],
        _ => Vec::new(),
    }
}

fn ask(model: &mut Model) {
    let question = Confirm {
        title: "leave the wall".to_owned(),
        lines: vec![
            "Nobody will see here how the fleet is. Runs go on.".to_owned(),
            format!("Without an answer the wall stays: this goes away in {QUESTION_S} seconds."),
        ],
        safe: "stay",
        act: "leave",
        focus: Focus::Safe,
        then: Then::Leave,
    };
    model.layers.push(Layer::Confirm(question));
    if let Some(wall) = &mut model.wall {
        wall.asked = Some(model.clock);
    }
}

/// A question that nobody answers goes away: somebody leant on the keyboard.
pub(super) fn tick(model: &mut Model) {
    let Some(wall) = &mut model.wall else { return };
    let old = |asked: jiff::Timestamp| model.clock.duration_since(asked).as_secs() >= QUESTION_S;
    if wall.asked.is_some_and(old) {
        wall.asked = None;
        model.layers.clear();
    }
}

/// Takes the runs; a wall watches the newest one that goes on, and none where none does.
pub(super) fn runs(model: &mut Model, runs: Vec<RunSummary>) -> Vec<Effect> {
    data::runs(model, runs);
    let newest = model.runs.iter().flatten().find(|r| is_active(r.phase)).map(|r| r.run.clone());
    let Some(wall) = &mut model.wall else { return Vec::new() };
    if wall.run == newest {
        return Vec::new();
    }
    wall.view = None;
    wall.run.clone_from(&newest);
    vec![newest.map_or(Effect::Detach, Effect::Attach)]
}

/// Takes the state of the watched run; says whether there is a wall to take it.
pub(super) fn run(model: &mut Model, view: &Arc<RunView>) -> bool {
    let Some(wall) = &mut model.wall else { return false };
    if wall.run.as_ref() == Some(&view.state.run) {
        wall.view = Some(Arc::clone(view));
    }
    true
}
