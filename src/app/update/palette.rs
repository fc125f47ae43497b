//! The command palette: actions that apply here, and instances, by some of their letters.

use super::super::action::{ACTIONS, Action, ActionInfo, Place};
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::fuzzy;
use super::super::key::{Key, KeyCode};
use super::super::layers::{Entry, Layer, Letters, Palette};
use super::super::model::Model;
use super::super::toast::ToastKind;
use super::super::twin::{self, Twin};
use super::{fleet, go, input, moving, named, route};

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
        .filter_map(|row| {
            let by_name = fuzzy::score(letters, row.name).map(|s| s + 4);
            let by_doc =
                fuzzy::score(letters, row.doc).filter(|_| letters.len() > 2).map(|s| s - 12);
            let score = by_name.max(by_doc)?;
            Some(match unavailable(model, row, place) {
                None => (score, Entry::Action(row.action)),
                // What can be done stands first.
                Some(why) => (score - 30, Entry::Unavailable(row.action, why)),
            })
        })
        .collect();
    if letters.is_empty() {
        scored.retain(|(_, entry)| matches!(entry, Entry::Action(_)));
    }
    scored.extend(pages(model, letters));
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

/// Why an action cannot be asked for at this place.
fn unavailable(model: &Model, row: &ActionInfo, place: Place) -> Option<String> {
    if row.changes && model.operate.is_none() {
        return Some("read-only".to_owned());
    }
    if row.action.applies(place) {
        return None;
    }
    let places: Vec<&str> = row.places.iter().map(|place| place.title()).collect();
    Some(format!("on: {}", places.join(", ")))
}

/// Bookmarks, the fleet page, and pages by their names.
fn pages(model: &Model, letters: &str) -> Vec<(i32, Entry)> {
    let mut found = Vec::new();
    if let Some(score) = fuzzy::score(letters, "fleet") {
        found.push((score, Entry::Page(Destination::Fleet)));
    }
    for (letter, bookmark) in &model.bookmarks {
        let text = format!("{letter} {bookmark}");
        found.extend(fuzzy::score(letters, &text).map(|s| (s, Entry::Bookmark(*letter))));
    }
    if letters.is_empty() {
        return found;
    }
    let named = named::pages(model, letters);
    found.extend(named.into_iter().map(|(score, page)| (score, Entry::Page(page))));
    found
}

/// Does what an entry says; one that cannot be done says why and stays.
fn take(model: &mut Model, state: Palette) -> Vec<Effect> {
    match state.found.get(state.selected).cloned() {
        Some(Entry::Action(action)) => route::perform(model, action),
        Some(Entry::Instance(id)) => fleet::open(model, id),
        Some(Entry::Page(to)) => go::open(model, to),
        Some(Entry::Bookmark(letter)) => moving::letter(model, Letters::Go, Key::char(letter)),
        Some(Entry::Unavailable(action, why)) => {
            let text = format!("{} cannot be done here: {why}", action.info().name);
            model.tell(ToastKind::Warning, &text);
            model.layers.push(Layer::Palette(state));
            Vec::new()
        }
        None => Vec::new(),
    }
}

pub(super) fn on_key(model: &mut Model, mut state: Palette, key: Key) -> Vec<Effect> {
    let last = state.found.len().saturating_sub(1);
    match model.keymap.action(key, Place::Palette) {
        Some(Action::TakeEntry) => return take(model, state),
        Some(Action::CopyEntry) => {
            let twin = match state.found.get(state.selected) {
                Some(Entry::Action(action)) => twin::twin(model, *action),
                Some(Entry::Instance(id)) => {
                    Some(Twin::Whole(format!("bunker status --limit {id}")))
                }
                Some(Entry::Page(page)) => twin::of_page(page),
                _ => None,
            };
            model.layers.push(Layer::Palette(state));
            let text = match twin {
                Some(Twin::Whole(line)) => return vec![Effect::Copy(line)],
                Some(Twin::Lacks(line)) => {
                    format!("not copied, what stands in capitals is not chosen yet: {line}")
                }
                None => "the command line has nothing that does this".to_owned(),
            };
            model.tell(ToastKind::Warning, &text);
            return Vec::new();
        }
        Some(Action::EntryBefore) => state.selected = state.selected.saturating_sub(1),
        Some(Action::EntryAfter) => state.selected = (state.selected + 1).min(last),
        _ if key.code == KeyCode::Esc => return Vec::new(),
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
