//! From the page of an instance to what each of its reasons rests on.

use std::sync::Arc;

use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::figure::Source;
use bunker_ops::domain::health::{Health, Reason};
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::InstanceView;

use super::world::go;
use crate::ui_gallery::with;
use crate::ui_world::{screen, snapshot, troubled};

fn at(view: InstanceView) -> Model {
    with(120, 40, &snapshot(vec![view]))
}

fn here(model: &Model) -> String {
    model.here().unwrap().to_string()
}

/// One whose worst reason is its api, and whose backup and disk are bad too.
fn three() -> InstanceView {
    let mut view = troubled("a", Health::Down, "api", "exited (1)");
    view.verdict.reasons.push(Reason::new(Health::Degraded, "backup", "is 3 days old"));
    view.verdict.reasons.push(Reason::new(Health::Degraded, "disk", "is nearly full"));
    view
}

#[test]
fn of_several_reasons_one_is_chosen_on_the_page_of_the_instance() {
    let mut model = at(three());
    go("usual", &mut model, "enter x");
    let drawn = screen(&model);
    assert!(drawn.contains("Evidence for a") && drawn.contains("is 3 days old"), "{drawn}");
    go("usual", &mut model, "j enter");
    assert_eq!(here(&model), "backups");
    go("usual", &mut model, "esc x j j j enter");
    assert_eq!(here(&model), "charts a");
    // Esc chooses none; from the fleet the worst is meant.
    go("usual", &mut model, "esc x esc");
    assert_eq!((here(&model), model.layers.len()), ("instance a".to_owned(), 0));
    let mut fleet = at(three());
    go("usual", &mut fleet, "x");
    assert_eq!((here(&fleet), fleet.layers.len()), ("instance a".to_owned(), 0));
    let mut one = at(troubled("a", Health::Degraded, "backup", "is old"));
    go("usual", &mut one, "enter x");
    assert_eq!(here(&one), "backups", "one reason is no choice");
    let small = three();
    let mut small = with(80, 24, &snapshot(vec![small]));
    go("usual", &mut small, "enter x");
    assert!(screen(&small).contains("is nearly full"), "{}", screen(&small));
}

#[test]
fn a_disk_without_metrics_has_its_evidence_on_the_page_of_the_instance() {
    let mut view = troubled("a", Health::Degraded, "disk", "is nearly full");
    let figure = view.signals.get_mut(&Signal::DiskRatio).unwrap();
    figure.reading.as_mut().unwrap().source = Source::Probe;
    let mut model = at(view.clone());
    go("usual", &mut model, "x");
    assert_eq!(here(&model), "instance a");
    go("usual", &mut model, "x");
    assert_eq!(here(&model), "instance a");
    assert!(screen(&model).contains("no metrics have this"), "{}", screen(&model));
    view.signals.get_mut(&Signal::DiskRatio).unwrap().reading.as_mut().unwrap().source =
        Source::Metrics;
    update(&mut model, Msg::Fleet(Arc::clone(&snapshot(vec![view]))));
    go("usual", &mut model, "x");
    assert_eq!(here(&model), "charts a");
}
