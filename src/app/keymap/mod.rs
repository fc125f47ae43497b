//! Which keys mean what: the table's own keys, those of a preset, and those of the operator's file.
//!
//! **Invariant:** at one place no two actions have the same keys, and no keys begin as others do, so nothing waits for a
//! time-out. What changes the fleet is on its own key of the table or on a sequence, never on another single key.

mod file;
mod preset;

pub use file::parse;
pub use preset::Preset;

use std::fmt;

use super::action::{ACTIONS, Action, Danger, Place};
use super::key::Key;

/// Keys that are pressed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chord(pub Vec<Key>);

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&keys.join(" "))
    }
}

/// Keys that mean an action at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    place: Place,
    chord: Chord,
    action: Action,
    /// The operator gave it these keys.
    own: bool,
}

/// What pressed keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This action.
    Action(Action),
    /// The beginning of something.
    More,
    /// Nothing.
    Nothing,
}

/// Whether clicks and the wheel mean something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mouse {
    /// They do, but where text is read, which the terminal can then select.
    On,
    /// They do not: the terminal selects text.
    #[default]
    Off,
}

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
    /// Whether clicks and the wheel mean something.
    pub mouse: Mouse,
}

impl Default for Keymap {
    fn default() -> Self {
        Preset::Default.keymap()
    }
}

impl Keymap {
    /// What these keys mean at a place; its own keys come before those of everywhere.
    pub fn meaning(&self, pressed: &[Key], place: Place) -> Meaning {
        let whole =
            |place: Place| self.bindings.iter().find(|b| b.place == place && b.chord.0 == pressed);
        if let Some(found) = whole(place).or_else(|| whole(Place::Everywhere)) {
            return Meaning::Action(found.action);
        }
        if self.ahead(pressed, place).next().is_some() { Meaning::More } else { Meaning::Nothing }
    }

    /// What a single key means at a place.
    pub fn action(&self, key: Key, place: Place) -> Option<Action> {
        match self.meaning(&[key], place) {
            Meaning::Action(action) => Some(action),
            Meaning::More | Meaning::Nothing => None,
        }
    }

    /// Bindings that go on from these keys.
    fn ahead<'a>(
        &'a self,
        pressed: &'a [Key],
        place: Place,
    ) -> impl Iterator<Item = &'a Binding> + 'a {
        self.bindings.iter().filter(move |b| {
            let here = b.place == place || b.place == Place::Everywhere;
            here && b.chord.0.len() > pressed.len() && b.chord.0.starts_with(pressed)
        })
    }

    /// What can come after these keys: the keys that are left, and the action.
    pub fn next(&self, pressed: &[Key], place: Place) -> Vec<(Chord, Action)> {
        let rest = |b: &Binding| {
            let rest = b.chord.0.get(pressed.len()..).unwrap_or_default();
            (Chord(rest.to_vec()), b.action)
        };
        self.ahead(pressed, place).map(rest).collect()
    }

    /// The keys of an action at a place, the one that screens show first.
    pub fn keys(&self, action: Action, place: Place) -> Vec<String> {
        let at = |place: Place| {
            let own = self.bindings.iter().filter(move |b| b.place == place && b.action == action);
            own.map(|b| b.chord.to_string()).collect::<Vec<_>>()
        };
        let own = at(place);
        if own.is_empty() { at(Place::Everywhere) } else { own }
    }

    /// The key that screens show for an action; empty where it has none.
    pub fn first(&self, action: Action, place: Place) -> String {
        self.keys(action, place).into_iter().next().unwrap_or_default()
    }

    /// What a sentence calls the key of an action at a place: its first, or what the palette finds it by where it has none.
    pub fn told(&self, action: Action, place: Place) -> String {
        let key = self.first(action, place);
        if key.is_empty() { format!(":{}", name(action)) } else { key }
    }

    /// Gives an action other keys at a place.
    fn rebind(&mut self, place: Place, action: Action, chords: Vec<Chord>) {
        let at = self.bindings.iter().position(|b| b.place == place && b.action == action);
        self.bindings.retain(|b| !(b.place == place && b.action == action));
        let at = at.unwrap_or(self.bindings.len()).min(self.bindings.len());
        let new = chords.into_iter().map(|chord| Binding { place, chord, action, own: true });
        self.bindings.splice(at..at, new);
    }

    /// What is wrong with it, as a sentence for each place and key.
    fn faults(&self) -> Vec<(Place, Action, String)> {
        let mut faults = Vec::new();
        for (at, b) in self.bindings.iter().enumerate() {
            let before = self.bindings.get(..at).unwrap_or_default();
            let others = before.iter().filter(|o| {
                o.place == b.place || o.place == Place::Everywhere || b.place == Place::Everywhere
            });
            for other in others {
                // What the operator wrote is what is told.
                let (mine, theirs) = if other.own && !b.own { (other, b) } else { (b, other) };
                let (a, o) = (&mine.chord.0, &theirs.chord.0);
                let told = format!("{} at {}", name(theirs.action), theirs.place.key());
                if a == o && theirs.place == mine.place {
                    let text = format!("{} is {told} too", mine.chord);
                    faults.push((mine.place, mine.action, text));
                } else if a != o && (a.starts_with(o) || o.starts_with(a)) {
                    let text = format!("{} and {} ({told}) begin alike", mine.chord, theirs.chord);
                    faults.push((mine.place, mine.action, text));
                }
            }
            faults.extend(danger(b).map(|text| (b.place, b.action, text)));
        }
        for action in [Action::Help, Action::Back, Action::Palette] {
            for place in Place::ALL {
                let keys = self.bindings.iter().filter(|b| {
                    b.action == action && (b.place == place || b.place == Place::Everywhere)
                });
                let mut reached =
                    keys.filter(|b| self.meaning(&b.chord.0, place) == Meaning::Action(action));
                if reached.next().is_none() && !place.is_typed() {
                    let text = format!("{} cannot be reached at {}", name(action), place.key());
                    faults.push((place, action, text));
                }
            }
        }
        faults
    }
}

/// What an action is called in the file of keys.
pub fn name(action: Action) -> String {
    action.info().name.replace(' ', "-")
}

/// What is wrong with one binding by itself.
fn danger(b: &Binding) -> Option<String> {
    let info = b.action.info();
    let single = b.chord.0.len() == 1;
    let own = b.chord.0.first().is_some_and(|key| info.keys.contains(key));
    if info.danger != Danger::None && single && !own {
        let sequence = format!("{0} {0}", b.chord);
        return Some(format!(
            "{} changes the fleet and is not put on a single key: give it a sequence, such as {sequence:?}",
            info.name
        ));
    }
    let first = b.chord.0.first()?;
    let typed =
        matches!(first.code, super::key::KeyCode::Char(c) if !first.ctrl && !c.is_control());
    let digit = matches!(first.code, super::key::KeyCode::Char('0'..='9'));
    if b.place.is_typed() && typed {
        return Some(format!("{} is typed there", b.chord));
    }
    (b.place == Place::Plan && digit && !first.ctrl)
        .then(|| format!("{} is typed on a plan: the number of its instances", b.chord))
}

/// Every key of the table.
fn of_table() -> Vec<Binding> {
    let mut bindings = Vec::new();
    for row in ACTIONS.iter() {
        for place in row.places {
            let single = row.keys.iter().map(|key| vec![*key]);
            let chords = single.chain(row.chords.iter().map(|chord| chord.to_vec()));
            bindings.extend(chords.map(|keys| Binding {
                place: *place,
                chord: Chord(keys),
                action: row.action,
                own: false,
            }));
        }
    }
    bindings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_we_bring_have_no_faults_and_every_action_has_one() {
        for preset in Preset::ALL {
            let keymap = preset.keymap();
            assert_eq!(keymap.faults(), vec![], "{preset:?}");
            for row in ACTIONS.iter() {
                for place in row.places {
                    assert_ne!(keymap.first(row.action, *place), "", "{} {preset:?}", row.name);
                }
            }
        }
    }

    #[test]
    fn a_sequence_is_gone_through_and_says_what_can_come() {
        let keymap = Keymap::default();
        let g = Key::char('g');
        assert_eq!(keymap.meaning(&[g], Place::Fleet), Meaning::More);
        assert_eq!(keymap.meaning(&[g, g], Place::Fleet), Meaning::Action(Action::Top));
        assert_eq!(keymap.meaning(&[g, Key::char('!')], Place::Fleet), Meaning::Nothing);
        let next = keymap.next(&[g], Place::Runs);
        assert!(next.contains(&(Chord(vec![g]), Action::Top)), "{next:?}");
        assert_eq!(keymap.action(Key::char('u'), Place::Fleet), Some(Action::Upgrade));
        assert_eq!(keymap.action(Key::char('u'), Place::Runs), None);
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let mut names: Vec<String> = ACTIONS.iter().map(|row| name(row.action)).collect();
        let n = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), n);
    }
}
