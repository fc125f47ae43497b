//! Going to a page by its name.

use super::super::action::{Action, Place};
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::model::{Model, Screen};
use super::super::pages::{RunPage, RunsPage};
use super::super::sheet_rows;
use super::{audit, choice, compare, data, evidence, fleet, leases, log, panes, sheet, sorting};
use crate::domain::ids::HostId;

/// Leaves every page for this one. A run that was watched goes on; a plan or form that stood open is dropped.
pub(super) fn go(model: &mut Model, to: Destination) -> Vec<Effect> {
    let watched = model.run_page().is_some();
    model.screens.clear();
    model.layers.clear();
    let mut effects = if watched { vec![Effect::Detach] } else { Vec::new() };
    effects.extend(open(model, to));
    effects
}

/// Opens a page above the one that is seen.
pub(super) fn open(model: &mut Model, to: Destination) -> Vec<Effect> {
    match to {
        Destination::Fleet => {
            data::refit(model);
            Vec::new()
        }
        Destination::Instance(id) => fleet::open(model, id),
        Destination::Runs => {
            if !matches!(model.screens.last(), Some(Screen::Runs(_))) {
                let order = sorting::of(model, Place::Runs);
                model.screens.push(Screen::Runs(RunsPage { order, ..RunsPage::default() }));
            }
            data::refit(model);
            Vec::new()
        }
        Destination::Run(run) => {
            model.screens.push(Screen::Run(Box::new(RunPage::new(run.clone()))));
            vec![Effect::Attach(run)]
        }
        Destination::SecretsDue => choice::open_due(model),
        Destination::Audit => audit::open(model),
        Destination::Backups => sheet::open_backups(model),
        Destination::Alerts => sheet::open_alerts(model),
        Destination::Windows => sheet::open_windows(model),
        Destination::Leases => leases::open(model, None),
        Destination::Inventory => sheet::open_inventory(model),
        Destination::Variables(host) => sheet::open_variables(model, host),
        Destination::Doctor => sheet::open_doctor(model),
        Destination::Compare(a, b) => compare::open(model, a, b),
        Destination::CompareReleases(a, b) => compare::open_releases(model, a, b),
        Destination::Charts(host) => sheet::open_charts(model, host),
        Destination::Timeline(host) => sheet::open_timeline(model, host),
        Destination::FleetCharts => sheet::open_fleet_charts(model),
        Destination::Outputs(run) => panes::open(model, run),
    }
}

/// Opens the page that an action is about; `None` where it is about none.
#[expect(clippy::wildcard_enum_match_arm, reason = "only those that open a page are named")]
pub(super) fn page_of(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let to = match action {
        Action::Runs => Destination::Runs,
        Action::SecretsDue => Destination::SecretsDue,
        Action::Audit => Destination::Audit,
        Action::Backups => Destination::Backups,
        Action::Alerts => Destination::Alerts,
        Action::Windows => Destination::Windows,
        Action::Inventory => Destination::Inventory,
        Action::Doctor => Destination::Doctor,
        Action::FleetCharts => Destination::FleetCharts,
        Action::Leases => return Some(leases::open_here(model)),
        Action::Compare => return Some(compare::open_here(model)),
        Action::Evidence => return Some(evidence::open(model)),
        Action::Charts => match subject(model) {
            Some(host) => Destination::Charts(host),
            None => return Some(Vec::new()),
        },
        Action::Timeline => match subject(model) {
            Some(host) => Destination::Timeline(host),
            None => return Some(Vec::new()),
        },
        Action::MergedLog => {
            log::open_merged(model);
            return Some(Vec::new());
        }
        Action::Panes => Destination::Outputs(model.run_page()?.run.clone()),
        _ => return None,
    };
    Some(open(model, to))
}

/// The instance that the page, or its selected row, is about.
fn subject(model: &Model) -> Option<HostId> {
    match model.screens.last() {
        Some(Screen::Instance(page)) => Some(page.id.clone()),
        Some(Screen::Sheet(sheet)) => sheet_rows::selected_host(model, sheet),
        _ => model.fleet.selected().map(|i| i.id.clone()),
    }
}
