//! The command palette: actions that apply here, and instances, by some of their letters.

use super::super::action::ACTIONS;
use super::super::effect::Effect;
use super::super::fuzzy;
use super::super::key::{Key, KeyCode};
use super::super::layers::{Entry, Layer, Palette};
use super::super::model::Model;
use super::{fleet, input, route};

/// Entries that are kept.
const MAX_FOUND: usize = 50;

pub(super) fn open(model: &mut Model) {
    model.layers.push(Layer::Palette(Palette::default()));
    refresh(model);
}

/// Looks anew for what fits.
pub(super) fn refresh(model: &mut Model) {
    let Some(Layer::Palette(mut state)) = model.layers.pop() else { return };
    state.found = found(model, state.input.value());
    state.selected = state.selected.min(state.found.len().saturating_sub(1));
    model.layers.push(Layer::Palette(state));
}

fn found(model: &Model, letters: &str) -> Vec<Entry> {
    let place = model.place();
    let mut scored: Vec<(i32, Entry)> = ACTIONS
        .iter()
        .filter(|row| row.action.applies(place) && (model.operate.is_some() || !row.changes))
        .filter_map(|row| {
            let by_name = fuzzy::score(letters, row.name).map(|s| s + 4);
            let by_doc =
                fuzzy::score(letters, row.doc).filter(|_| letters.len() > 2).map(|s| s - 12);
            by_name.max(by_doc).map(|s| (s, Entry::Action(row.action)))
        })
        .collect();
    if let Some(snapshot) = &model.fleet.snapshot {
        scored.extend(snapshot.instances.iter().filter_map(|i| {
            let by_id = fuzzy::score(letters, i.id.as_str());
            let by_domain = fuzzy::score(letters, i.domain.as_str()).map(|s| s - 2);
            let score = by_id.max(by_domain)?;
            // With nothing typed, actions stand before instances.
            let score = if letters.is_empty() { score - 1_000 } else { score };
            Some((score, Entry::Instance(i.id.clone())))
        }));
    }
    if !letters.is_empty() {
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    scored.into_iter().map(|(_, entry)| entry).take(MAX_FOUND).collect()
}

pub(super) fn on_key(model: &mut Model, mut state: Palette, key: Key) -> Vec<Effect> {
    let last = state.found.len().saturating_sub(1);
    match (key.ctrl, key.code) {
        (_, KeyCode::Esc) => return Vec::new(),
        (_, KeyCode::Enter) => {
            return match state.found.get(state.selected) {
                Some(Entry::Action(action)) => route::perform(model, *action),
                Some(Entry::Instance(id)) => fleet::open(model, id.clone()),
                None => Vec::new(),
            };
        }
        (_, KeyCode::Up) | (true, KeyCode::Char('p')) => {
            state.selected = state.selected.saturating_sub(1);
        }
        (_, KeyCode::Down | KeyCode::Tab) | (true, KeyCode::Char('n')) => {
            state.selected = (state.selected + 1).min(last);
        }
        _ => {
            if input::edit(&mut state.input, key) {
                state.selected = 0;
            }
        }
    }
    model.layers.push(Layer::Palette(state));
    refresh(model);
    Vec::new()
}
