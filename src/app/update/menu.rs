//! Keys of the small lists in front of a page.

use super::super::action::{Action, Place};
use super::super::key::{Key, KeyCode};
use super::super::keymap::Meaning;
use super::super::model::Model;

/// What a key says to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// It stays; another row may be chosen.
    Stays,
    /// It goes.
    Closes,
    /// Something that is its own.
    Asks(Action),
}

/// What a key says to a list of `n` rows whose keys are those of `place`. Leaving means the list, never the cockpit.
#[expect(clippy::wildcard_enum_match_arm, reason = "what else can be asked is up to the list")]
pub(super) fn pressed(
    model: &mut Model,
    key: Key,
    place: Place,
    (selected, n): (&mut usize, usize),
) -> Pressed {
    let last = n.saturating_sub(1);
    let page = usize::from(model.size.height.saturating_sub(8)).max(1);
    let Meaning::Action(action) = meant(model, key, place) else { return Pressed::Stays };
    let to = match action {
        Action::Up | Action::EntryBefore => selected.saturating_sub(1),
        Action::Down | Action::EntryAfter => selected.saturating_add(1),
        Action::PageUp => selected.saturating_sub(page),
        Action::PageDown => selected.saturating_add(page),
        Action::Top => 0,
        Action::Bottom => last,
        Action::Back | Action::Quit => return Pressed::Closes,
        action => return Pressed::Asks(action),
    };
    *selected = to.min(last);
    Pressed::Stays
}

/// Whether the key that is pressed is the one by which the page behind opened the list.
pub(super) fn opened_it(model: &Model, key: Key, by: Action) -> bool {
    model.pending.is_empty() && model.keymap.action(key, model.place()) == Some(by)
}

/// What a key means after those that were pressed before it.
fn meant(model: &mut Model, key: Key, place: Place) -> Meaning {
    let mut all = std::mem::take(&mut model.pending);
    if !all.is_empty() && key == Key::plain(KeyCode::Esc) {
        return Meaning::Nothing;
    }
    all.push(key);
    let meaning = model.keymap.meaning(&all, place);
    if meaning == Meaning::More {
        model.pending = all;
    }
    meaning
}
