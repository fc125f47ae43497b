//! A sentence that names a key names the operator's: none is written into a text.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use bunker_ops::app::Model;
use bunker_ops::app::action::{ACTIONS, Action, Place};
use bunker_ops::app::keymap::{self, Keymap};
use bunker_ops::app::layers::Layer;
use regex::Regex;

use super::pages::{PAGES, leads_nowhere, opened};
use super::world::fleets;
use crate::ui_world::{press, screen};

/// A key that does something, as a sentence says it: `x exchanges`, `N on the fleet page`.
const SAYS: &str = r"(?:^|[ (;:│>])(?:(?:[Pp]ress|with) (?:[b-zA-Z]|enter|esc|space)\b[^a-z'.-]|(?:enter|esc|space|tab|g [a-z]|[b-zA-HJ-Z]|[a-z], [A-Z]|a) (?:(?:[a-z]+[^s '\W]s|does not|says|was)\b|on (?:the|its) page))";

/// English that looks like it.
const ENGLISH: &[&str] = &["a has", "a was", "a is"];

/// Keys that are written into a text with a reason: the file, a part of the text, and the reason.
const FIXED: &[(&str, &str, &str)] =
    &[("ui/screens/asked_why.rs", "enter ", "the keys of a dialog are no actions of the table")];

/// Every action at every place on other keys, which no word looks like.
fn others() -> Keymap {
    let mut text = "keys:\n".to_owned();
    let letters: Vec<char> = "abdefghijklmnopqrstuvw".chars().collect();
    let mut at = 0;
    for place in Place::ALL {
        let _ = writeln!(text, "  {}:", place.key());
        for row in ACTIONS.iter().filter(|row| row.places.contains(&place)) {
            let (one, two) = (letters[at / letters.len()], letters[at % letters.len()]);
            let _ = writeln!(text, "    {}: C-x C-{one} C-{two}", keymap::name(row.action));
            at += 1;
        }
    }
    let (keymap, problems) = keymap::parse("keys.yaml", &text);
    assert_eq!(problems, vec![], "{text}");
    keymap
}

/// What a text says of keys, but for English.
fn said<'t>(says: &Regex, text: &'t str) -> Vec<&'t str> {
    let all = says.find_iter(text).map(|m| m.as_str());
    all.filter(|m| !ENGLISH.iter().any(|english| m.trim().ends_with(english))).collect()
}

#[test]
fn no_page_names_a_key_that_the_operator_gave_to_something_else() {
    let says = Regex::new(SAYS).unwrap();
    let keymap = Arc::new(others());
    let mut wrong = Vec::new();
    for (kind, fleet) in fleets() {
        if !matches!(kind, "usual" | "empty" | "one" | "failing" | "stale") {
            continue;
        }
        for page in PAGES.iter().filter(|page| !leads_nowhere(page, kind)) {
            let mut model = opened(page, kind, &fleet, (200, 60));
            // The keys of questions are fixed.
            if model.layers.last().is_some_and(|layer| layer.place().is_none()) {
                continue;
            }
            model.keymap = Arc::clone(&keymap);
            let drawn = screen(&model);
            wrong.extend(
                said(&says, &drawn).into_iter().map(|m| format!("{} of {kind}: {m:?}", page.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sentences_name_the_keys_of_the_operator() {
    let keymap = Arc::new(others());
    let mut all = fleets().into_iter();
    let (_, fleet) = all.next().unwrap();
    let on = |name: &str, keys: &str| -> Model {
        let page = PAGES.iter().find(|page| page.name == name).unwrap();
        let mut model = opened(page, "usual", &fleet, (200, 60));
        super::world::go("usual", &mut model, keys);
        model.keymap = Arc::clone(&keymap);
        model
    };
    for (name, keys, action, place, words) in [
        ("backups", "G", Action::VerifyBackup, Place::Backups, "unpacks the newest aside"),
        ("compare", "", Action::CompareSwap, Place::Compare, "exchanges"),
        ("doctor", "", Action::LookAgain, Place::Doctor, "looks again"),
        ("runs", "", Action::Open, Place::Runs, "watches it again"),
        ("leases", "g g", Action::BreakLease, Place::Leases, "breaks it"),
        ("add-draft", "", Action::GoOn, Place::Enrol, "asks once more"),
        ("timeline", "/ z z z enter", Action::Back, Place::Timeline, "shows all"),
    ] {
        let key = keymap.first(action, place);
        assert!(key.starts_with("C-x "), "{key}");
        let drawn = screen(&on(name, keys));
        assert!(drawn.contains(&format!("{key} {words}")), "{name}: no {key} {words}:\n{drawn}");
    }
    // What has no key is found by the palette.
    assert!(!keymap.first(Action::Back, Place::Compare).is_empty());
}

#[test]
fn what_stands_in_front_of_a_page_has_the_keys_of_the_operator() {
    let keymap = Arc::new(others());
    let fleet = super::world::usual();
    let on = |name: &str| -> Model {
        let page = PAGES.iter().find(|page| page.name == name).unwrap();
        let mut model = opened(page, "usual", &fleet, (120, 40));
        model.keymap = Arc::clone(&keymap);
        model
    };
    let key = |action, place| keymap.first(action, place);
    let mut model = on("columns");
    let usual = model.fleet.columns.clone();
    press(&mut model, "space J d s");
    assert_eq!(model.fleet.columns, usual, "its own keys mean something else now");
    let show = key(Action::ShowColumn, Place::Columns);
    let (first, _) = show.rsplit_once(' ').unwrap();
    press(&mut model, first);
    assert!(screen(&model).contains("show column"), "what can follow:\n{}", screen(&model));
    press(&mut model, show.rsplit_once(' ').unwrap().1);
    assert_ne!(model.fleet.columns, usual);
    press(&mut model, &key(Action::UsualColumns, Place::Columns));
    let mut left = model.clone();
    for (way, model) in [(Action::Back, &mut model), (Action::ColumnsDone, &mut left)] {
        press(model, &key(way, Place::Columns));
        assert!(model.layers.is_empty(), "{way:?}: {:?}", model.layers);
    }

    for (name, does) in [("copy", "the first"), ("services", "the log")] {
        let mut model = on(name);
        let before = screen(&model);
        press(&mut model, "j");
        assert_eq!(screen(&model), before, "{name}");
        press(&mut model, &key(Action::EntryAfter, Place::Menu));
        assert_ne!(screen(&model), before, "{name}");
        press(&mut model, "enter");
        assert!(!model.layers.is_empty(), "{name}");
        press(&mut model, &key(Action::EntryBefore, Place::Menu));
        let effects = press(&mut model, &key(Action::Open, Place::Menu));
        assert!(model.layers.is_empty() && (name == "services" || effects.len() == 1), "{does}");
    }

    let mut model = on("palette");
    let selected = |model: &Model| match model.layers.last() {
        Some(Layer::Palette(palette)) => palette.selected,
        other => panic!("{other:?}"),
    };
    press(&mut model, "down tab C-n");
    assert_eq!(selected(&model), 0);
    // A key alone, since letters are typed.
    let text = "keys:\n  palette:\n    entry-after: C-j\n";
    let (own, problems) = keymap::parse("keys.yaml", text);
    assert_eq!(problems, vec![]);
    model.keymap = Arc::new(own);
    press(&mut model, "C-j");
    assert_eq!(selected(&model), 1);
    let (_, problems) = keymap::parse("keys.yaml", "keys:\n  palette:\n    entry-after: j\n");
    assert!(problems.iter().any(|p| p.to_string().contains("j is typed there")), "{problems:?}");
}

/// The texts between quotes of the code of a file, with their lines.
fn texts(code: &str) -> Vec<(usize, String)> {
    let code = code.split("\n#[cfg(test)]").next().unwrap_or_default();
    let quoted = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let each = |(n, line): (usize, &str)| -> Vec<(usize, String)> {
        quoted.captures_iter(line).map(|c| (n + 1, c[1].to_owned())).collect()
    };
    lines.flat_map(each).collect()
}

fn sources(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_key_is_written_into_a_text() {
    let says = Regex::new(SAYS).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for folder in ["app", "ui", "tui", "domain/run", "domain/alerts", "domain/canary"] {
        sources(&root.join(folder), &mut files);
    }
    let (mut wrong, mut used) = (Vec::new(), vec![false; FIXED.len()]);
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        for (line, text) in texts(&std::fs::read_to_string(&file).unwrap()) {
            if said(&says, &text).is_empty() {
                continue;
            }
            match FIXED.iter().position(|(of, part, _)| name.starts_with(of) && text.contains(part))
            {
                Some(at) => used[at] = true,
                None => wrong.push(format!("{name}:{line}: {text:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "take the key from the table (`Model::key`): {wrong:#?}");
    let idle: Vec<_> = FIXED.iter().zip(used).filter(|(_, used)| !used).map(|(f, _)| f.0).collect();
    assert!(idle.is_empty(), "an exception that nothing needs: {idle:?}");
}
