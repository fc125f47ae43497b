//! The charts of the whole fleet: which figures stand side by side, in which order, and what stands where there is none.

use std::sync::Arc;

use bunker_ops::app::Screen;
use bunker_ops::app::{Model, sheet_rows};
use bunker_ops::domain::figure::{Figure, Trouble};
use bunker_ops::domain::snapshot::FleetSnapshot;

use super::pages::{PAGES, opened};
use super::world::{go, usual};
use crate::ui_gallery::fleets;
use crate::ui_world::{ago, press, screen};

fn on(fleet: &Arc<FleetSnapshot>, size: (u16, u16)) -> Model {
    let page = PAGES.iter().find(|page| page.name == "fleet-charts").unwrap();
    opened(page, "usual", fleet, size)
}

/// The headings, and the row of an instance.
fn row(model: &Model, name: &str) -> (Vec<String>, String) {
    let drawn = screen(model);
    let heads = drawn.lines().find(|line| line.contains("INSTANCE")).unwrap();
    let heads = heads.trim_matches('│').split_whitespace().map(str::to_owned).collect();
    let line = drawn.lines().find(|line| line.contains(name) && line.contains('│'));
    (heads, line.unwrap_or_else(|| panic!("no {name}:\n{drawn}")).to_owned())
}

#[test]
fn as_many_figures_as_have_room_stand_side_by_side_from_the_chosen_one_on() {
    let all = ["INSTANCE", "VISITS", "MAILS", "REQUESTS", "QUEUE"];
    for (size, n) in [((80, 24), 2), ((120, 40), 3), ((200, 60), 4)] {
        let mut model = on(&usual(), size);
        let (heads, line) = row(&model, "edmonton-prod");
        assert_eq!(heads, all[..=n], "{size:?}");
        assert!(line.matches(|c| ('▁'..='█').contains(&c)).count() > 10 * n, "{line}");
        go("usual", &mut model, "n");
        assert_eq!(row(&model, "edmonton-prod").0[1], "MAILS");
        go("usual", &mut model, "N N");
        assert_eq!(row(&model, "edmonton-prod").0[1..3], ["QUEUE", "VISITS"]);
    }
    let (_, line) = row(&on(&usual(), (200, 60)), "edmonton-prod");
    for value in ["12/min", "18/min", "18/s", " 3 "] {
        assert!(line.contains(value), "no {value}: {line}");
    }
}

#[test]
fn the_order_is_that_of_the_fleet_and_no_question_is_asked_for_it() {
    for (kind, fleet) in fleets() {
        let mut model = on(&fleet, (80, 24));
        let Some(Screen::Sheet(sheet)) = model.screens.last() else { panic!("{kind}") };
        let names = sheet_rows::names(&model, sheet);
        let rows: Vec<String> = model.fleet.rows().map(|i| i.id.to_string()).collect();
        assert_eq!(names, rows, "{kind}");
        if let Some(last) = names.last() {
            assert_eq!(press(&mut model, "G"), [], "{kind}");
            assert!(screen(&model).contains(&last.chars().take(12).collect::<String>()), "{kind}");
        }
    }
}

#[test]
fn what_is_wrong_with_the_data_of_an_instance_is_said_in_words() {
    let mut fleet = (*usual()).clone();
    let mut change = |name: &str, of: &dyn Fn(&mut Figure)| {
        let view = fleet.instances.iter_mut().find(|i| i.id.as_str() == name).unwrap();
        let view = Arc::make_mut(view);
        for (signal, figure) in &mut view.signals {
            of(figure);
            if figure.reading.is_none() {
                view.trends.remove(signal);
            }
        }
    };
    change("banff", &|f| *f = Figure::absent(Trouble::NotReported));
    change("olds", &|f| {
        if let Some(reading) = &mut f.reading {
            reading.at = ago(840);
        }
        f.trouble = Some(Trouble::TimedOut);
    });
    let mut model = on(&Arc::new(fleet), (120, 40));
    let (_, line) = row(&model, "banff");
    assert!(line.contains("← not reported by this instance"), "{line}");
    let (_, line) = row(&model, "olds");
    assert!(line.contains("14m"), "an old value has its age: {line}");
    go("usual", &mut model, "/ o l d s enter");
    let drawn = screen(&model);
    assert!(drawn.contains("14m old; in this hour between"), "{drawn}");
}
