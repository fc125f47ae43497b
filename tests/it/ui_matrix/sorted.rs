//! The order of the rows of every list with columns, by the keys of the fleet page; kept for the next time.

use bunker_ops::app::action::{Action, Place};
use bunker_ops::app::fleet_page::Listed;
use bunker_ops::app::list_filter::sorts;
use bunker_ops::app::list_order::ListOrder;
use bunker_ops::app::{Effect, Model, Msg, Screen, sheet_rows, update};
use bunker_ops::domain::view::{SavedView, ViewChange};

use super::pages::{PAGES, opened};
use super::world::{go, runs, usual};
use crate::ui_world::{press, screen};

/// The lists whose rows can be put in order, each with the heading of a column and the name that it has.
const LISTS: [(&str, Place); 12] = [
    ("runs", Place::Runs),
    ("secrets-due", Place::Due),
    ("audit", Place::Audit),
    ("backups", Place::Backups),
    ("alerts", Place::Alerts),
    ("windows", Place::Windows),
    ("inventory", Place::Inventory),
    ("doctor", Place::Doctor),
    ("leases", Place::Leases),
    ("variables", Place::Variables),
    ("timeline", Place::Timeline),
    ("fleet-charts", Place::FleetCharts),
];

fn on(name: &str, size: (u16, u16)) -> Model {
    let page = PAGES.iter().find(|page| page.name == name).unwrap();
    opened(page, "usual", &usual(), size)
}

/// The names of the rows that are seen, in order.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other pages are no lists")]
fn rows(model: &Model) -> Vec<String> {
    match model.screens.last().unwrap() {
        Screen::Runs(page) => {
            let rows = page.rows(model.runs.as_deref().unwrap(), model.now);
            rows.iter().map(|run| run.run.to_string()).collect()
        }
        Screen::Due(page) => {
            page.rows().iter().map(|due| format!("{} {}", due.owner, due.name)).collect()
        }
        Screen::Audit(page) => {
            page.rows().iter().map(|entry| entry.record.seq.to_string()).collect()
        }
        Screen::Sheet(sheet) => sheet_rows::names(model, sheet),
        other => panic!("{other:?}"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the other pages are no lists")]
fn order(model: &Model) -> ListOrder {
    match model.screens.last().unwrap() {
        Screen::Runs(page) => page.order,
        Screen::Due(page) => page.order,
        Screen::Audit(page) => page.order,
        Screen::Sheet(sheet) => sheet.order,
        other => panic!("{other:?}"),
    }
}

fn reverse(model: &mut Model) -> Vec<Effect> {
    press(model, "~")
}

#[test]
fn every_list_goes_round_its_columns_and_back_to_its_own_order() {
    for (name, place) in LISTS {
        let mut model = on(name, (120, 40));
        assert_eq!(model.place(), place);
        let own = rows(&model);
        assert!(own.len() > 1, "{name} has too few rows to be put in order");
        let mut all = own.clone();
        all.sort();
        let mut orders = vec![own.clone()];
        for column in sorts(place) {
            press(&mut model, "s");
            let drawn = screen(&model);
            assert!(
                [format!("sort: {column} ↓"), format!("sort: {column} ↑")]
                    .iter()
                    .any(|title| drawn.contains(title)),
                "{name} does not say that it stands by {column}:\n{drawn}"
            );
            let sorted = rows(&model);
            reverse(&mut model);
            let turned = rows(&model);
            reverse(&mut model);
            for some in [&sorted, &turned] {
                let mut same = some.clone();
                same.sort();
                assert_eq!(same, all, "{name} by {column}: each row once");
            }
            orders.push(sorted);
            orders.push(turned);
        }
        orders.sort();
        orders.dedup();
        assert!(orders.len() > 1, "{name}: no column changes the order");
        press(&mut model, "s");
        assert_eq!(rows(&model), own, "{name}: after the last column its own order");
        assert!(!screen(&model).contains("sort:"), "{name}");
        press(&mut model, "<");
        assert_eq!(order(&model).sort.by, sorts(place).last().copied(), "{name}");
        press(&mut model, ">");
        assert_eq!(order(&model), ListOrder::default(), "{name}");
    }
}

#[test]
fn an_order_is_kept_for_the_next_time_and_means_its_own_list_alone() {
    for (name, place) in LISTS {
        let mut model = on(name, (120, 40));
        let mut view = SavedView::default();
        let mut kept = |effects: Vec<Effect>| {
            let save = |effect| if let Effect::Save(change) = effect { Some(change) } else { None };
            let changes: Vec<ViewChange> = effects.into_iter().filter_map(save).collect();
            assert_eq!(changes.len(), 1, "{name}");
            for change in &changes {
                view.apply(change);
            }
        };
        kept(press(&mut model, "s"));
        kept(press(&mut model, "s"));
        kept(reverse(&mut model));
        let (wanted, sorted) = (order(&model), rows(&model));
        assert_eq!(view.sort(), None, "{name}: the order of the fleet is another");
        // Left and come back to.
        go("usual", &mut model, "esc");
        let page = PAGES.iter().find(|page| page.name == name).unwrap();
        (page.open)("usual", &mut model);
        assert_eq!((order(&model), rows(&model)), (wanted, sorted.clone()), "{name}");
        // And the next time.
        let mut next = crate::ui_gallery::with(120, 40, &usual());
        let view = SavedView::parse("view.yaml", &view.to_yaml().unwrap()).unwrap();
        assert_eq!(next.remember(&view), Vec::<String>::new(), "{name}");
        (page.open)("usual", &mut next);
        assert_eq!((order(&next), rows(&next)), (wanted, sorted), "{name}");
        let other = if place == Place::Runs { "audit" } else { "runs" };
        let page = PAGES.iter().find(|page| page.name == other).unwrap();
        (page.open)("usual", &mut next);
        assert_eq!(order(&next), ListOrder::default(), "{other} after {name}");
    }
    let text = "sorts: {runs: hour, fleets: age, audit-log: '-'}\n";
    let view = SavedView::parse("view.yaml", text).unwrap();
    let mut model = crate::ui_gallery::with(120, 40, &usual());
    let strange = model.remember(&view);
    assert!(strange.iter().any(|text| text.contains("runs: \"hour\"")), "{strange:?}");
    assert!(strange.iter().any(|text| text.contains("there is no list \"fleets\"")), "{strange:?}");
    assert_eq!(model.orders.len(), 1);
}

#[test]
fn the_selected_row_stays_selected_and_the_first_one_stays_the_first() {
    for (name, place) in LISTS {
        let mut model = on(name, (120, 40));
        let selected = |model: &Model| {
            let drawn = screen(model);
            let row = drawn.lines().find(|line| line.starts_with("│▌"));
            row.unwrap_or_else(|| panic!("{name}: nothing is selected:\n{drawn}")).to_owned()
        };
        let first = selected(&model);
        press(&mut model, "s");
        // These two do not know whether somebody chose the first row: it stays selected wherever it goes.
        if matches!(place, Place::Due | Place::Audit) {
            assert_eq!(selected(&model), first, "{name}");
        } else {
            let drawn = screen(&model);
            assert!(drawn.lines().nth(4).unwrap().starts_with("│▌"), "{name}: {drawn}");
        }
        press(&mut model, "G");
        let last = selected(&model);
        for keys in ["s", "s", "~", "<"] {
            press(&mut model, keys);
            assert_eq!(selected(&model), last, "{name} after {keys}");
        }
    }
}

#[test]
fn figures_fall_and_texts_rise_and_hosts_stand_below_groups() {
    let mut model = on("backups", (120, 40));
    press(&mut model, "s s");
    assert!(screen(&model).contains("╭─ Backups ─") && screen(&model).contains("sort: age ↓"));
    let ages = |model: &Model| {
        let Some(Screen::Sheet(sheet)) = model.screens.last() else { panic!() };
        sheet_rows::backups(model, sheet).iter().filter_map(|row| row.age_s).collect::<Vec<_>>()
    };
    assert!(ages(&model).is_sorted_by(|a, b| a >= b), "{:?}", ages(&model));
    reverse(&mut model);
    assert!(ages(&model).is_sorted(), "{:?}", ages(&model));
    assert!(screen(&model).contains("sort: age ↑"));

    let mut model = on("inventory", (120, 40));
    let groups = rows(&model).iter().filter(|name| name.starts_with('@')).count();
    press(&mut model, "s ~");
    let names = rows(&model);
    assert!(names[..groups].iter().all(|name| name.starts_with('@')), "{names:?}");
    assert!(names[groups..].is_sorted_by(|a, b| a >= b), "{names:?}");
}

/// Runs of which only those that failed have instances that did.
fn well(model: &mut Model) {
    let Msg::Runs(mut all) = runs("usual") else { panic!() };
    let others = all.iter_mut().filter(|run| run.phase.word() != "failed");
    others.for_each(|run| run.n_failed = 0);
    update(model, Msg::Runs(all));
}

#[test]
fn only_what_somebody_should_look_at_is_shown_until_esc() {
    for name in ["runs", "secrets-due", "backups"] {
        let mut model = on(name, (120, 40));
        if name == "runs" {
            well(&mut model);
        }
        let all = rows(&model);
        press(&mut model, "p");
        let some = rows(&model);
        assert!(some.len() < all.len(), "{name}: {some:?}");
        let drawn = screen(&model);
        assert!(drawn.contains("problems only"), "{name}:\n{drawn}");
        assert!(some.is_empty() || drawn.contains(&format!("{} of {}", some.len(), all.len())));
        press(&mut model, "p");
        assert_eq!(rows(&model), all, "{name}");
        press(&mut model, "p esc");
        assert_eq!((rows(&model), order(&model).listed), (all, Listed::All), "{name}");
        assert!(!model.screens.is_empty(), "{name} is not left");
    }
    // Of each kind the right ones.
    let mut model = on("backups", (120, 40));
    press(&mut model, "p");
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { panic!() };
    let words: Vec<&str> =
        sheet_rows::backups(&model, sheet).iter().map(|row| row.grade.word()).collect();
    assert!(!words.is_empty() && !words.contains(&"fresh"), "{words:?}");
    let mut model = on("secrets-due", (120, 40));
    press(&mut model, "p");
    let Some(Screen::Due(page)) = model.screens.last() else { panic!() };
    assert!(!page.rows().is_empty() && page.rows().iter().all(|due| due.is_due()));
    let mut model = on("runs", (120, 40));
    well(&mut model);
    press(&mut model, "p");
    assert!(!rows(&model).is_empty() && !screen(&model).contains("succeeded"));
}

#[test]
fn a_list_that_is_empty_says_what_it_does_not_hold() {
    for (name, noun) in [
        ("runs", "run"),
        ("secrets-due", "secret"),
        ("audit", "record"),
        ("backups", "backup"),
        ("alerts", "alert"),
        ("windows", "window"),
        ("leases", "lease"),
        ("inventory", "group or host"),
        ("variables", "variable"),
        ("doctor", "check"),
        ("timeline", "change"),
        ("fleet-charts", "instance"),
        ("compare", "line"),
    ] {
        let mut model = on(name, (80, 24));
        press(&mut model, "/");
        update(&mut model, Msg::Paste("zzz-no-such-word".into()));
        press(&mut model, "enter");
        let wanted = format!("no {noun} is like this: esc shows all");
        assert!(screen(&model).contains(&wanted), "{name}:\n{}", screen(&model));
        if Action::ProblemsOnly.applies(model.place()) {
            press(&mut model, "p");
            let wanted = format!("no {noun} is like this and needs somebody: esc shows all");
            assert!(screen(&model).contains(&wanted), "{name}:\n{}", screen(&model));
        }
    }
    // A fleet without a run that went wrong.
    let mut model = crate::ui_gallery::with(80, 24, &usual());
    let Msg::Runs(mut all) = runs("usual") else { panic!() };
    all.retain(|run| run.phase.word() == "succeeded");
    assert!(!all.is_empty());
    for run in &mut all {
        run.n_failed = 0;
    }
    update(&mut model, Msg::Runs(all));
    press(&mut model, "R p");
    let wanted = "no run needs anybody, as far as is known: esc shows all";
    assert!(screen(&model).contains(wanted), "{}", screen(&model));
}

#[test]
fn numbers_of_the_first_line_have_words_as_far_as_there_is_room() {
    for name in ["alerts", "backups", "doctor", "windows"] {
        for width in 60..=120 {
            let model = on(name, (width, 24));
            let drawn = screen(&model);
            let head = drawn.lines().next().unwrap();
            let bare = head.split("  ").map(str::trim).any(|part| {
                part.chars().next().is_some_and(|c| "▼◐?○●▲·".contains(c))
                    && part.split(' ').count() == 2
            });
            // A word of a number and the gap before it: where there is room for the longest, no number is without.
            let blank = head.len() - head.replace(' ', "").len();
            let gap = head.split(|c| c != ' ').map(str::len).max().unwrap();
            assert!(!bare || gap < 13, "{name} at {width}, {blank} blanks: {head:?}");
        }
    }
    let head = |fleet| {
        let page = PAGES.iter().find(|page| page.name == "alerts").unwrap();
        let drawn = screen(&opened(page, "empty", &fleet, (80, 24)));
        drawn.lines().next().unwrap().to_owned()
    };
    let empty = head(crate::ui_world::many(0));
    assert!(empty.contains("▼ 0 firing  ◐ 0 pending  ? 0 unknown  ○ 0 silent"), "{empty:?}");
}
