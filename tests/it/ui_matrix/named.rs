//! What the palette finds by its name: hosts that are no instance, pages of a host, runs by what they are about.

use std::sync::Arc;

use bunker_ops::app::destination::Destination;
use bunker_ops::app::layers::{Entry, Layer};
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::snapshot::FleetSnapshot;

use super::pages::{PAGES, opened};
use super::world::{go, usual};
use crate::sample::host;
use crate::ui_world::press;

fn on(name: &str) -> Model {
    let page = PAGES.iter().find(|page| page.name == name).unwrap();
    let fleet = FleetSnapshot { others: Arc::new([host("central")]), ..(*usual()).clone() };
    opened(page, "usual", &Arc::new(fleet), (120, 40))
}

/// What the palette finds, best first.
fn found(model: &mut Model, letters: &str) -> Vec<Entry> {
    press(model, ":");
    update(model, Msg::Paste(letters.into()));
    let Some(Layer::Palette(palette)) = model.layers.last() else { panic!("{letters}") };
    palette.found.clone()
}

fn first(model: &mut Model, letters: &str) -> String {
    match found(model, letters).first() {
        Some(Entry::Page(page)) => page.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn pages_of_hosts_and_instances_are_found_by_name() {
    let selected = on("fleet").fleet.selected().unwrap().id.clone();
    for (letters, page) in [
        ("central", "variables central".to_owned()),
        ("variables of central", "variables central".to_owned()),
        ("variables of red-deer", "variables red-deer".to_owned()),
        ("charts of st-albert", "charts st-albert".to_owned()),
        ("timeline of banff", "timeline banff".to_owned()),
        ("charts banff", "charts banff".to_owned()),
        ("compare banff", format!("compare {selected} banff")),
        ("compare olds with jasper", "compare olds jasper".to_owned()),
    ] {
        assert_eq!(first(&mut on("fleet"), letters), page, "{letters}");
    }
    let mut model = on("fleet");
    found(&mut model, "charts of st-albert");
    let effects = press(&mut model, "C-y");
    assert_eq!(effects, [Effect::Copy("bunker snapshot charts --host st-albert".to_owned())]);
    go("usual", &mut model, "enter");
    assert_eq!(model.here(), Some(Destination::Charts(host("st-albert"))));
    // An instance is found by its name alone as before.
    let entry = found(&mut on("fleet"), "red-deer").remove(0);
    assert_eq!(entry, Entry::Instance(host("red-deer")));
}

#[test]
fn runs_are_found_by_release_instance_and_operator() {
    let runs = |letters: &str| {
        let of_run = |entry: &Entry| matches!(entry, Entry::Page(Destination::Run(_)));
        let mut model = on("runs");
        model.runs.as_mut().unwrap()[0].target = Some("v2.5.0 (3f9c2ab)".into());
        found(&mut model, letters).iter().filter(|entry| of_run(entry)).count()
    };
    for letters in ["v2.5.0", "red-deer", "ann", "upgrade ann failed", "3f9c2ab"] {
        assert!(runs(letters) > 0, "{letters}");
    }
    assert_eq!(runs("upgrade ann failed"), 1);
    assert_eq!(runs("v9.9.9"), 0);
}
