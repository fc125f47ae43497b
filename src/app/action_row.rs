//! How the rows of the table of actions are made.

use super::action::{Action, ActionInfo, Danger, Place};
use super::key::{Key, KeyCode};

/// A row that changes nothing.
pub(super) const fn row(
    action: Action,
    name: &'static str,
    doc: &'static str,
    hint: &'static str,
    keys: &'static [Key],
    places: &'static [Place],
) -> ActionInfo {
    let (danger, changes, twin, chords): (_, _, _, &[&[Key]]) = (Danger::None, false, None, &[]);
    ActionInfo { action, name, doc, hint, keys, chords, places, danger, changes, twin }
}

impl ActionInfo {
    /// The same of what changes something.
    pub(super) const fn changing(self, danger: Danger) -> Self {
        Self { danger, changes: true, ..self }
    }

    /// With sequences of keys.
    pub(super) const fn chords(self, chords: &'static [&'static [Key]]) -> Self {
        Self { chords, ..self }
    }

    /// With the verb that does the same.
    pub(super) const fn twin(self, twin: &'static str) -> Self {
        Self { twin: Some(twin), ..self }
    }
}

/// A key.
pub(super) const fn k(code: KeyCode) -> Key {
    Key::plain(code)
}
/// A character.
pub(super) const fn c(char: char) -> Key {
    Key::char(char)
}

/// A row of the page of a replay.
pub(super) const fn plays(
    action: Action,
    name: &'static str,
    doc: &'static str,
    hint: &'static str,
    keys: &'static [Key],
) -> ActionInfo {
    row(action, name, doc, hint, keys, &[Place::Replay])
}
