//! What can be copied of the pages with a list: the command line, the value, the row, the ssh command.

use std::sync::Arc;

use bunker_ops::app::copy::offers;
use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::snapshot::FleetSnapshot;

use super::pages::{PAGES, opened};
use super::world::{go, usual};
use crate::ui_world::plan;

/// The usual fleet, all of whose hosts are reached in a way that is known.
fn reached() -> Arc<FleetSnapshot> {
    let mut fleet = (*usual()).clone();
    for view in &mut fleet.instances {
        let one = plan(&[view.id.as_str()]).hosts.remove(0);
        Arc::make_mut(view).connection = Some(one.connection.into());
    }
    Arc::new(fleet)
}

fn on(name: &str, keys: &str) -> Model {
    let page = PAGES.iter().find(|page| page.name == name).unwrap();
    let mut model = opened(page, "usual", &reached(), (120, 40));
    go("usual", &mut model, keys);
    model
}

/// The text behind a letter of the menu.
fn offer(model: &Model, key: char) -> Option<String> {
    offers(model).into_iter().find(|offer| offer.key == key).map(|offer| offer.text)
}

#[test]
fn every_list_has_the_value_of_its_row_and_the_way_to_its_host() {
    for name in ["backups", "alerts", "leases"] {
        let model = on(name, "");
        let host = offer(&model, 'v').unwrap_or_else(|| panic!("{name}"));
        assert!(offer(&model, 'r').unwrap().contains(&host), "{name}");
        assert_eq!(offer(&model, 's').as_deref(), Some("ssh 127.0.0.1"), "{name}");
    }
    let host = on("inventory", "G");
    assert_eq!(offer(&host, 's').as_deref(), Some("ssh -p 2222 deploy@192.0.2.22"));
    let group = on("inventory", "g g");
    assert_eq!((offer(&group, 'v').as_deref(), offer(&group, 's')), (Some("canary"), None));
    let finding = on("doctor", "g g");
    assert_eq!(offer(&finding, 'v').as_deref(), Some("bunker deploy a --tags backup"));
    assert_eq!(offer(&on("doctor", "G"), 'v'), None, "what is good has no fix");
}

#[test]
fn a_variable_gives_its_value_and_a_secret_none() {
    assert_eq!(offer(&on("variables", "g g"), 'v').as_deref(), Some("192.0.2.22"));
    let secret = on("variables", "G");
    assert_eq!(offer(&secret, 'v'), None);
    assert!(offer(&secret, 'r').unwrap().contains("vault_jwt_secret: <secret>"));
}

#[test]
fn y_opens_the_menu_on_the_audit_log_the_secrets_and_an_output() {
    for (name, command) in [
        ("audit", "bunker audit log"),
        ("secrets-due", "bunker secrets due"),
        ("log", "bunker logs "),
    ] {
        let mut model = on(name, "");
        update(&mut model, Msg::Key("y".parse().unwrap()));
        assert_eq!(model.layers.len(), 1, "{name}");
        assert!(offer(&model, 'c').unwrap().starts_with(command), "{name}");
    }
    let due = on("secrets-due", "");
    let row = offer(&due, 'r').unwrap();
    assert!(row.contains(&offer(&due, 'v').unwrap()), "{row}");
}
