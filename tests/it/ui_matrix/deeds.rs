//! The audit log: a deed is one row, and its run is one key away.

use bunker_ops::app::choice_pages::Asked;
use bunker_ops::app::destination::Destination;
use bunker_ops::app::{Model, Screen};

use super::pages::{PAGES, opened};
use super::world::usual;
use crate::sample::run_id;
use crate::ui_world::{ago, press, screen};

/// The audit log with an intent and its outcome, and an intent that has none yet.
fn on_log() -> Model {
    let page = PAGES.iter().find(|page| page.name == "audit").unwrap();
    let mut model = opened(page, "usual", &usual(), (120, 40));
    let Some(Screen::Audit(page)) = model.screens.last_mut() else { panic!() };
    let Asked::Known(all) = &mut page.entries else { panic!() };
    all.truncate(3);
    let (mut open, mut outcome, mut intent) = (all[2].clone(), all[0].clone(), all[2].clone());
    (open.record.seq, open.record.at, open.record.run) = (12, ago(60), None);
    (outcome.record.seq, outcome.record.at, outcome.record.intent) = (11, ago(600), Some(10));
    (intent.record.seq, intent.record.at) = (10, ago(632));
    *all = vec![open, outcome, intent];
    model
}

/// The numbers of the rows, in their order.
fn seqs(model: &Model) -> Vec<u64> {
    let Some(Screen::Audit(page)) = model.screens.last() else { panic!() };
    page.rows().iter().map(|entry| entry.record.seq).collect()
}

#[test]
fn what_was_begun_and_how_it_ended_is_one_row() {
    let mut model = on_log();
    assert_eq!(seqs(&model), [12, 11]);
    press(&mut model, "j");
    let drawn = screen(&model);
    assert!(drawn.contains("2 records") && drawn.contains("32s after it was begun"), "{drawn}");
}

#[test]
fn deeds_are_sorted_and_filtered_and_what_was_begun_does_not_come_back_by_that() {
    let mut model = on_log();
    press(&mut model, "s");
    let by_age = seqs(&model);
    press(&mut model, "r");
    assert_eq!(seqs(&model), by_age.into_iter().rev().collect::<Vec<_>>());
    let mut sorted = seqs(&model);
    sorted.sort_unstable();
    assert_eq!(sorted, [11, 12]);
    // The outcome says why, as its intent does.
    let Some(Screen::Audit(page)) = model.screens.last_mut() else { panic!() };
    let Asked::Known(all) = &mut page.entries else { panic!() };
    for entry in all.iter_mut().filter(|entry| entry.record.seq < 12) {
        entry.record.why = Some("ticket 42".into());
    }
    press(&mut model, "/ 4 2 enter");
    assert_eq!(seqs(&model), [11]);
    assert!(screen(&model).contains("1 of 2 with \"42\""), "{}", screen(&model));
}

#[test]
fn the_run_of_a_record_is_a_key_away() {
    let mut model = on_log();
    press(&mut model, "o");
    assert!(screen(&model).contains("this record is of no run"), "{}", screen(&model));
    press(&mut model, "j o");
    assert_eq!(model.here(), Some(Destination::Run(run_id(0x7f3a))));
}
