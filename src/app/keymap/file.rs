//! The operator's file of keys.
//!
//! ```yaml
//! preset: tmux-safe
//! mouse: true
//! keys:
//!   everywhere: {top: ["g g", home]}
//!   fleet: {upgrade: "X X"}
//! ```

use serde_json::{Map, Value};

use super::{Chord, Keymap, Mouse, Preset, name};
use crate::app::action::{ACTIONS, Action, Place};
use crate::app::key::Key;
use crate::domain::diagnostic::{Diagnostic, Severity};
use crate::domain::suggest::nearest;
use crate::domain::untrusted::Safe;

/// Reads a file of keys. With anything wrong in it the keys of the program stand, so that no key means by accident what
/// it was not meant to.
pub fn parse(file: &str, text: &str) -> (Keymap, Vec<Diagnostic>) {
    let mut read = Reading { file, text, problems: Vec::new() };
    let keymap = read.keymap();
    if read.problems.is_empty() {
        (keymap.unwrap_or_default(), Vec::new())
    } else {
        (Keymap::default(), read.problems)
    }
}

struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
}

impl Reading<'_> {
    /// Tells a problem; `path` are the names that lead to its line.
    fn tell(&mut self, path: &[&str], message: &str, hint: &str) {
        self.problems.push(Diagnostic {
            severity: Severity::Error,
            file: Safe::line(self.file),
            line: line_of(self.text, path),
            column: 0,
            message: Safe::line(message),
            hint: Some(Safe::line(hint)),
        });
    }

    fn keymap(&mut self) -> Option<Keymap> {
        if self.text.trim().is_empty() {
            return None;
        }
        let entries = match serde_yaml::from_str::<Value>(self.text) {
            Ok(Value::Object(entries)) => entries,
            Ok(Value::Null) => return None,
            Ok(_) => {
                self.tell(&[], "not a file of keys", "it has preset, mouse and keys");
                return None;
            }
            Err(error) => {
                self.tell(
                    &[],
                    &format!("not a file of keys: {error}"),
                    "it has preset, mouse and keys",
                );
                return None;
            }
        };
        for key in entries.keys().filter(|key| !["preset", "mouse", "keys"].contains(&key.as_str()))
        {
            let text = format!("there is no {key:?} in a file of keys");
            self.tell(&[key], &text, "it has preset, mouse and keys");
        }
        let mut keymap = self.preset(entries.get("preset"));
        keymap.mouse = match entries.get("mouse") {
            None | Some(Value::Bool(false)) => Mouse::Off,
            Some(Value::Bool(true)) => Mouse::On,
            Some(_) => {
                self.tell(&["mouse"], "mouse is true or false", "leave it out for false");
                Mouse::Off
            }
        };
        match entries.get("keys") {
            None | Some(Value::Null) => {}
            Some(Value::Object(places)) => self.places(&mut keymap, places),
            Some(_) => {
                self.tell(&["keys"], "keys has places with actions", "keys: {fleet: {sort: o}}");
            }
        }
        if self.problems.is_empty() {
            for (place, action, text) in keymap.faults() {
                let action = name(action);
                self.tell(
                    &["keys", &place.key(), &action],
                    &text,
                    "`?` in the cockpit and docs/keys.md list what is taken",
                );
            }
        }
        Some(keymap)
    }

    fn preset(&mut self, value: Option<&Value>) -> Keymap {
        let Some(value) = value else { return Keymap::default() };
        let known = Preset::ALL.into_iter().find(|p| value.as_str() == Some(p.name()));
        if let Some(known) = known {
            return known.keymap();
        }
        let names: Vec<&str> = Preset::ALL.iter().map(|p| p.name()).collect();
        let text = format!("there is no preset {value}");
        self.tell(&["preset"], &text, &format!("there are {}", names.join(", ")));
        Keymap::default()
    }

    fn places(&mut self, keymap: &mut Keymap, places: &Map<String, Value>) {
        for (key, actions) in places {
            let Some(place) = Place::ALL.into_iter().find(|place| place.key() == *key) else {
                let known: Vec<String> = Place::ALL.into_iter().map(Place::key).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let text = format!("there is no place {key:?}");
                self.tell(&["keys", key], &text, &suggestion(key, &known));
                continue;
            };
            let Value::Object(actions) = actions else {
                self.tell(
                    &["keys", key],
                    "a place has actions with their keys",
                    "fleet: {sort: o}",
                );
                continue;
            };
            for (word, keys) in actions {
                let path = ["keys", key.as_str(), word.as_str()];
                let Some(action) = self.action(&path, word, place) else { continue };
                if let Some(chords) = self.chords(&path, keys) {
                    keymap.rebind(place, action, chords);
                }
            }
        }
    }

    fn action(&mut self, path: &[&str], word: &str, place: Place) -> Option<Action> {
        let row = ACTIONS.iter().find(|row| name(row.action) == word);
        let Some(row) = row else {
            let known: Vec<String> = ACTIONS.iter().map(|row| name(row.action)).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.tell(path, &format!("there is no action {word:?}"), &suggestion(word, &known));
            return None;
        };
        if !row.places.contains(&place) {
            let places: Vec<String> = row.places.iter().map(|place| place.key()).collect();
            let text = format!("{word} means nothing at {}", place.key());
            self.tell(path, &text, &format!("it belongs to {}", places.join(", ")));
            return None;
        }
        Some(row.action)
    }

    fn chords(&mut self, path: &[&str], value: &Value) -> Option<Vec<Chord>> {
        let texts: Vec<&str> = match value {
            Value::String(text) => vec![text],
            Value::Array(all) if all.iter().all(Value::is_string) => {
                all.iter().filter_map(Value::as_str).collect()
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                self.tell(
                    path,
                    "keys are a text or a list of texts",
                    "write \"g g\" or [o, \"g o\"]",
                );
                return None;
            }
        };
        let mut chords = Vec::new();
        for text in texts {
            match text.split_whitespace().map(str::parse::<Key>).collect::<Result<Vec<_>, _>>() {
                Ok(keys) if (1..=4).contains(&keys.len()) => {
                    if keys.contains(&Key::ctrl('c')) && path.last() != Some(&"leave") {
                        self.tell(path, "C-c always leaves the cockpit", "take another key");
                    }
                    chords.push(Chord(keys));
                }
                Ok(_) => self.tell(path, "a sequence has one to four keys", "write \"g g\""),
                Err(error) => self.tell(path, &error.to_string(), "a sequence has blanks between"),
            }
        }
        Some(chords)
    }
}

fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => "docs/keys.md lists all".to_owned(),
    }
}

/// The line on which the last of these names stands, each searched for after the one before; 0 where that cannot be told.
fn line_of(text: &str, path: &[&str]) -> u32 {
    let mut lines = (1u32..).zip(text.lines());
    let mut found = 0;
    for name in path {
        let names = |line: &str| {
            let words = line.split([':', '{', ',', '"', '\'']).map(str::trim);
            words.into_iter().any(|word| word == *name)
        };
        // Several names may stand on one line.
        let same = |n: u32| text.lines().nth(n.saturating_sub(1) as usize).is_some_and(names);
        if found > 0 && same(found) {
            continue;
        }
        match lines.find(|(_, line)| names(line)) {
            Some((n, _)) => found = n,
            None => return found,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let (keymap, problems) = parse("keys.yaml", text);
        assert!(
            problems.is_empty() || keymap == Keymap::default(),
            "a broken file changes nothing"
        );
        problems.iter().map(|p| format!("{}: {}", p.line, p.message)).collect()
    }

    #[test]
    fn keys_are_given_anew_and_the_rest_stays() {
        let text = "preset: tmux-safe\nmouse: true\nkeys:\n  fleet:\n    upgrade: X X\n    sort: [o, g o]\n";
        let (keymap, problems) = parse("keys.yaml", text);
        assert_eq!(problems, vec![]);
        assert_eq!(keymap.keys(Action::Upgrade, Place::Fleet), ["X X"]);
        assert_eq!(keymap.keys(Action::Upgrade, Place::Instance), ["u"]);
        assert_eq!(keymap.keys(Action::Sort, Place::Fleet), ["o", "g o"]);
        assert_eq!(keymap.action(Key::char('u'), Place::Fleet), None);
        assert_eq!(
            (keymap.mouse, keymap.first(Action::Redraw, Place::Fleet)),
            (Mouse::On, "g l".into())
        );
        assert_eq!(parse("keys.yaml", "").0, Keymap::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, want) in [
            ("keys:\n  fleet:\n    sort: p\n", "3: p is problems-only at fleet too"),
            ("keys:\n  fleet:\n    sort: g\n", "3: g and g g (top at everywhere) begin alike"),
            (
                "keys:\n  run:\n    abort: x\n",
                "3: abort changes the fleet and is not put on a single key: give it a sequence, such as \"x x\"",
            ),
            ("keys:\n  fleet:\n    sotr: o\n", "3: there is no action \"sotr\""),
            ("keys:\n  flet:\n    sort: o\n", "2: there is no place \"flet\""),
            ("keys:\n  fleet:\n    pause: o\n", "3: pause means nothing at fleet"),
            ("keys:\n  fleet:\n    sort: C-c\n", "3: C-c always leaves the cockpit"),
            ("keys:\n  plan:\n    copy: 7\n", "3: keys are a text or a list of texts"),
            (
                "keys:\n  plan:\n    copy: '7'\n",
                "3: 7 is typed on a plan: the number of its instances",
            ),
            ("keys:\n  form:\n    next-field: x\n", "3: x is typed there"),
            ("preset: emacs\n", "1: there is no preset \"emacs\""),
            ("colour: red\n", "1: there is no \"colour\" in a file of keys"),
            ("mouse: maybe\n", "1: mouse is true or false"),
            ("- a\n", "0: not a file of keys"),
        ] {
            let told = told(text);
            assert!(told.iter().any(|line| line == want), "{text}: {told:?}");
        }
        assert!(told("keys: [\n").concat().contains("not a file of keys"));
        let lost = told("keys:\n  everywhere:\n    help: []\n");
        assert!(lost.concat().contains("help cannot be reached at fleet"), "{lost:?}");
    }
}
