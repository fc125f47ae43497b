//! How rows of the table of actions are written.

use super::action::{Action, ActionInfo, Danger, Place};
use super::key::{Key, KeyCode};

/// A key without a modifier.
pub(super) const fn k(code: KeyCode) -> Key {
    Key::plain(code)
}
/// A character.
pub(super) const fn c(char: char) -> Key {
    Key::char(char)
}

/// A row without danger.
pub(super) const fn row(
    action: Action,
    name: &'static str,
    doc: &'static str,
    hint: &'static str,
    keys: &'static [Key],
    places: &'static [Place],
) -> ActionInfo {
    let (danger, changes, twin) = (Danger::None, false, None);
    ActionInfo { action, name, doc, hint, keys, places, danger, changes, twin }
}

impl ActionInfo {
    pub(super) const fn changing(self, danger: Danger) -> Self {
        Self { danger, changes: true, ..self }
    }

    pub(super) const fn twin(self, twin: &'static str) -> Self {
        Self { twin: Some(twin), ..self }
    }
}
