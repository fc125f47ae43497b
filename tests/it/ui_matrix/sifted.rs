//! The filter of every list: words, patterns, `!not`, and what its rows have; kept by bookmarks and history.

use bunker_ops::app::action::{Action, Place};
use bunker_ops::app::destination::Destination;
use bunker_ops::app::sheet_rows;
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::view::ViewChange;

use super::pages::{PAGES, opened};
use super::world::{go, usual};
use crate::ui_world::{press, screen};

fn on(name: &str) -> Model {
    let page = PAGES.iter().find(|page| page.name == name).unwrap();
    opened(page, "usual", &usual(), (120, 40))
}

/// Types a filter and keeps it.
fn filter(model: &mut Model, text: &str) {
    press(model, "/ C-u");
    update(model, Msg::Paste(text.into()));
    go("usual", model, "enter");
}

/// The rows of the list that is seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other pages are no lists")]
fn n_rows(model: &Model) -> usize {
    match model.screens.last().unwrap() {
        Screen::Runs(page) => page.rows(model.runs.as_deref().unwrap(), model.now).len(),
        Screen::Due(page) => page.rows().len(),
        Screen::Audit(page) => page.rows().len(),
        Screen::Sheet(sheet) => sheet_rows::names(model, sheet).len(),
        other => panic!("{other:?}"),
    }
}

/// The lists, each with the place of its keys.
const LISTS: [&str; 14] = [
    "runs",
    "secrets-due",
    "audit",
    "backups",
    "alerts",
    "windows",
    "leases",
    "inventory",
    "variables",
    "doctor",
    "timeline",
    "fleet-charts",
    "compare",
    "compare-releases",
];

#[test]
fn every_list_takes_words_patterns_and_not() {
    for name in LISTS {
        let mut model = on(name);
        assert!(Action::Filter.applies(model.place()), "{name}");
        let all = n_rows(&model);
        assert!(all > 0, "{name}");
        filter(&mut model, "/./");
        assert_eq!(n_rows(&model), all, "{name}: {}", screen(&model));
        filter(&mut model, "!/./");
        assert_eq!(n_rows(&model), 0, "{name}: {}", screen(&model));
        go("usual", &mut model, "esc");
        assert_eq!(n_rows(&model), all, "{name}: esc shows all");
        filter(&mut model, "zzz-no-such-word");
        assert_eq!(n_rows(&model), 0, "{name}");
        go("usual", &mut model, "esc");
        filter(&mut model, "!zzz-no-such-word");
        assert_eq!(n_rows(&model), all, "{name}");
        assert_eq!(model.layers.len(), 0, "{name}: the line was taken");
    }
}

#[test]
fn rows_are_compared_by_what_they_have() {
    for (name, text) in [
        ("runs", "state=failed"),
        ("runs", "workflow=upgrade took<5m"),
        ("runs", "age>1h host=red-deer"),
        ("runs", "by=ann state!=failed"),
        ("runs", "failed>0"),
        ("backups", "age>1h"),
        ("backups", "instance=red-* state~."),
        ("alerts", "severity!=none"),
        ("secrets-due", "age>1d"),
        ("fleet-charts", "requests>1/s"),
        ("fleet-charts", "queue>0 health=healthy"),
        ("timeline", "what=state to=down"),
        ("timeline", "what=gap for>1h"),
        ("timeline", "to=v2.4.1"),
        ("inventory", "group=production host=red-deer"),
        ("inventory", "tier>0 ref~."),
        ("windows", "hosts>0"),
        ("secrets-due", "set>0"),
        ("audit", "age<999d"),
        ("doctor", "state=finding"),
        ("doctor", "check=docker state=good"),
    ] {
        let mut model = on(name);
        let all = n_rows(&model);
        filter(&mut model, text);
        let n = n_rows(&model);
        assert!(n > 0 && model.layers.is_empty(), "{name} {text}: {n} of {all}");
        // The opposite shows the others.
        let mut other = on(name);
        let not: Vec<String> = text.split(' ').map(|term| format!("!{term}")).collect();
        if let [not] = not.as_slice()
            && not.contains('=')
        {
            filter(&mut other, not);
            assert_eq!(n_rows(&other), all - n, "{name} {not}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_filter_is_said_and_keeps_the_line() {
    let mut model = on("runs");
    filter(&mut model, "state=failed p95>1s");
    assert_eq!(model.layers.len(), 1);
    let drawn = screen(&model);
    assert!(drawn.contains("\"p95\" is nothing that can be compared here: age, took"), "{drawn}");
    assert_eq!(n_rows(&model), 1, "the terms before it count");
}

#[test]
fn a_bookmark_and_the_history_keep_the_filter_of_a_list() {
    for (name, text) in [
        ("runs", "state=failed"),
        ("backups", "instance=red-deer"),
        ("audit", "/./ !zzz"),
        ("doctor", "state=finding"),
        ("inventory", "group=production"),
    ] {
        let mut model = on(name);
        filter(&mut model, text);
        let (here, n) = (model.here().unwrap(), n_rows(&model));
        let effects = press(&mut model, "m d");
        let to = Some(format!("{here}: {text}"));
        assert_eq!(effects, [Effect::Save(ViewChange::Bookmark { letter: 'd', to })]);
        // Esc takes the filter away before it leaves.
        go("usual", &mut model, "g f");
        assert_eq!(model.place(), Place::Fleet);
        assert!(model.fleet.filter.is_empty(), "{name}");
        for keys in ["' d", "g f [", "g f [ [ ]"] {
            go("usual", &mut model, keys);
            assert_eq!(model.here().as_ref(), Some(&here), "{name} {keys}");
            assert_eq!(n_rows(&model), n, "{name} {keys}: {}", screen(&model));
        }
    }
}

#[test]
fn a_bookmark_of_two_releases_stays_one_of_releases() {
    let mut model = on("compare-releases");
    let here = model.here().unwrap();
    assert!(matches!(here, Destination::CompareReleases(..)), "{here}");
    go("usual", &mut model, "m r g f ' r");
    assert_eq!(model.here(), Some(here.clone()));
    assert!(screen(&model).contains("v2.5.0"), "{}", screen(&model));
    assert_eq!(here.to_string().parse(), Ok(here));
    go("usual", &mut model, "o");
    assert!(matches!(model.here(), Some(Destination::Compare(..))));
}
