//! The last line of every page: whole hints, the page's own before the general ones, the help at the end.

use bunker_ops::app::Model;
use bunker_ops::app::action::{ACTIONS, Action, Place};
use bunker_ops::domain::capability::Operate;

use super::pages::{Made, PAGES, Page, leads_nowhere, opened};
use super::rules::Seen;
use super::theme;
use super::world::{go, usual};
use crate::ui_world::{cockpit, screen};

/// What can stand in the last line of a page: its hint, whole, and the action.
fn known(model: &Model) -> Vec<(String, Action)> {
    let place = model.place();
    let rows = ACTIONS.iter().filter(|row| row.action.applies(place) && !row.hint.is_empty());
    let hint = |action: Action, word: &str| {
        (format!("{} {word}", model.keymap.first(action, place)), action)
    };
    rows.map(|row| hint(row.action, row.hint)).collect()
}

/// The actions that a last line names, or the part of it that is no hint.
fn named(foot: &str, known: &[(String, Action)]) -> Result<Vec<Action>, String> {
    let mut actions = Vec::new();
    let parts: Vec<&str> =
        foot.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate() {
        match known.iter().find(|(text, _)| text == part) {
            Some((_, action)) => actions.push(*action),
            // At its right end, behind the help, a page may say something.
            None if at + 1 == parts.len() && actions.last() == Some(&Action::Help) => {}
            None => return Err((*part).to_owned()),
        }
    }
    Ok(actions)
}

fn pages() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().filter(|page| matches!(page.made, Made::List | Made::Page))
}

#[test]
fn no_page_cuts_a_hint_at_any_width_and_the_help_is_the_last() {
    let fleet = usual();
    let mut told = Vec::new();
    for page in pages().filter(|page| !leads_nowhere(page, "usual")) {
        for width in (40..=130).step_by(6).chain([80, 120, 200]) {
            let size = (width, if width < 80 { 20 } else { 24 });
            let model = opened(page, "usual", &fleet, size);
            let foot = Seen::of(&model, &theme(), size).row(size.1 - 1).to_owned();
            let mut say =
                |what: &str| told.push(format!("{} at {width}: {what}: {foot:?}", page.name));
            let actions = match named(&foot, &known(&model)) {
                Ok(actions) => actions,
                Err(part) => {
                    say(&format!("{part:?} is no hint"));
                    continue;
                }
            };
            // What is typed into a form is no key.
            let last = if model.place() == Place::Form { Action::Back } else { Action::Help };
            if actions.last() != Some(&last) {
                say("the help is not the last");
            }
            let general = |action: &&Action| action.info().places.contains(&Place::Everywhere);
            let own = actions.iter().take_while(|action| !general(action)).count();
            if actions.iter().skip(own).any(|action| !general(&action)) {
                say("a general one stands before one of the page");
            }
        }
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told[..told.len().min(20)].join("\n"));
}

#[test]
fn where_there_is_less_room_only_what_stands_last_is_left_out() {
    let fleet = usual();
    for page in pages().filter(|page| !leads_nowhere(page, "usual")) {
        let at = |width: u16| {
            let size = (width, 24);
            let model = opened(page, "usual", &fleet, size);
            let foot = Seen::of(&model, &theme(), size).row(23).to_owned();
            let ends = [Action::Back, Action::Help];
            let home = matches!(model.place(), Place::Fleet | Place::Setup);
            let ends = |a: &Action| ends.contains(a) || (home && *a == Action::Quit);
            let mut actions = named(&foot, &known(&model)).unwrap();
            actions.retain(|action| !ends(action));
            actions
        };
        let wide = at(200);
        for width in [80, 120] {
            let narrow = at(width);
            assert!(wide.starts_with(&narrow), "{} at {width}: {narrow:?} of {wide:?}", page.name);
        }
    }
}

#[test]
fn a_narrow_footer_names_what_is_done_most() {
    for (name, words) in [
        ("fleet", ["enter open", "u upgrade", "space mark", "/ filter"].as_slice()),
        ("instance", ["g m charts", "u upgrade", "b backup"].as_slice()),
        ("runs", ["enter open", "/ filter"].as_slice()),
        ("backups", ["enter open", "b backup", "/ filter"].as_slice()),
        ("run", ["p pause", "a abort"].as_slice()),
    ] {
        let page = PAGES.iter().find(|page| page.name == name).unwrap();
        let drawn = screen(&opened(page, "usual", &usual(), (80, 24)));
        let foot = drawn.lines().last().unwrap();
        let begins = format!(" {}  ", words.join("  "));
        assert!(foot.starts_with(&begins), "{name}: {foot:?}");
    }
}

#[test]
fn a_cockpit_that_only_looks_names_nothing_that_changes() {
    let mut model = cockpit(200, 24, None);
    go("usual", &mut model, "");
    let drawn = screen(&model);
    let foot = drawn.lines().last().unwrap();
    assert!(foot.contains("enter open  space mark") && !foot.contains("upgrade"), "{foot:?}");
    model.operate = Some(Operate::grant());
    assert!(screen(&model).lines().last().unwrap().contains("enter open  u upgrade"));
}
