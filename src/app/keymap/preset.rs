//! Sets of keys that the program brings.

use super::{Binding, Chord, Keymap, Mouse, of_table};
use crate::app::key::{Key, KeyCode};

/// A set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Those of the table: vim's and arrow keys.
    Default,
    /// The same without Ctrl, but for C-c: nothing that tmux, screen or their plug-ins could take first.
    TmuxSafe,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Default, Self::TmuxSafe];

    /// Its name in the file of keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::TmuxSafe => "tmux-safe",
        }
    }

    /// Its keys.
    pub fn keymap(self) -> Keymap {
        let mut bindings = of_table();
        if self == Self::TmuxSafe {
            bindings.retain(|b| !b.chord.0.iter().any(|key| key.ctrl && *key != Key::ctrl('c')));
            let lost = of_table().into_iter().filter(|b| b.chord.0.iter().any(|key| key.ctrl));
            let without: Vec<Binding> = lost
                .filter(|b| !bindings.iter().any(|k| (k.place, k.action) == (b.place, b.action)))
                .filter_map(|b| Some(Binding { chord: instead(&b)?, ..b }))
                .collect();
            bindings.extend(without);
        }
        Keymap { bindings, mouse: Mouse::Off }
    }
}

/// A sequence for an action whose only key has Ctrl: `g` and the letter; none where letters are typed.
fn instead(b: &Binding) -> Option<Chord> {
    if b.place.is_typed() {
        return None;
    }
    let letter = b.action.info().keys.iter().find(|key| key.ctrl)?;
    let KeyCode::Char(letter) = letter.code else { return None };
    Some(Chord(vec![Key::char('g'), Key::char(letter)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::action::{Action, Place};

    #[test]
    fn tmux_safe_has_no_ctrl_but_one_and_loses_no_action() {
        let keymap = Preset::TmuxSafe.keymap();
        assert_eq!(keymap.first(Action::Redraw, Place::Fleet), "g l");
        assert_eq!(keymap.first(Action::Suspend, Place::Run), "g z");
        for b in &keymap.bindings {
            assert!(b.chord.0.iter().all(|key| !key.ctrl || *key == Key::ctrl('c')), "{b:?}");
        }
    }
}
