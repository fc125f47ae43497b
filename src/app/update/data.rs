//! Data that arrives: it refreshes pages and moves nothing that a person looks at.

use std::sync::Arc;

use super::super::effect::Effect;
use super::super::model::{Model, Screen};
use super::super::toast::ToastKind;
use super::{audit, run, sheet};
use crate::domain::ids::HostId;
use crate::domain::release::Release;
use crate::domain::run::state::RunSummary;
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::window::fleet_standing;

pub(super) fn fleet(model: &mut Model, snapshot: Arc<FleetSnapshot>) -> Vec<Effect> {
    show(model, snapshot);
    sheet::wanted(model)
}

/// Shows the fleet like this.
pub(super) fn show(model: &mut Model, snapshot: Arc<FleetSnapshot>) {
    tell_of_edit(model, &snapshot);
    model.alerts.note(&snapshot);
    let rows = model.size.fleet(snapshot.instances.len()).rows();
    let other =
        model.fleet.snapshot.as_ref().is_none_or(|s| !Arc::ptr_eq(&s.windows, &snapshot.windows));
    model.fleet.take(snapshot, rows);
    if other {
        model.windows = None;
    }
    windows(model);
    sheet::refit(model);
}

/// Looks at the windows anew: each minute, since what is shown counts minutes.
pub(super) fn windows(model: &mut Model) {
    let minute = |at: jiff::Timestamp| at.as_second().div_euclid(60);
    if model.windows.as_ref().is_some_and(|(at, _)| minute(*at) == minute(model.now)) {
        return;
    }
    if let Some(snapshot) = &model.fleet.snapshot {
        let n = snapshot.instances.len();
        model.windows = Some((model.now, fleet_standing(&snapshot.windows, n, model.now)));
    }
}

/// An edit of the inventory that is refused is told once, with file and line; so is its mending.
fn tell_of_edit(model: &mut Model, snapshot: &FleetSnapshot) {
    let before = model.fleet.snapshot.as_ref().and_then(|s| s.inventory.refused.as_ref());
    let now = snapshot.inventory.refused.as_ref();
    if before == now {
        return;
    }
    match now {
        Some(refused) => {
            let text = format!("{}: the last good inventory stays in use", refused.problem);
            model.tell(ToastKind::Warning, &text);
        }
        None => model.tell(ToastKind::Done, "the inventory can be used again"),
    }
}

pub(super) fn runs(model: &mut Model, runs: Vec<RunSummary>) {
    model.runs = Some(runs);
    super::runs::fit(model);
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one page is looked for")]
pub(super) fn releases(model: &mut Model, instance: &HostId, releases: Vec<Release>) {
    let page = model.screens.iter_mut().rev().find_map(|screen| match screen {
        Screen::Instance(page) if &page.id == instance => Some(page),
        _ => None,
    });
    if let Some(page) = page {
        page.releases = Some(releases);
    }
}

/// After a change of size or page: every selection stays on the screen.
pub(super) fn refit(model: &mut Model) {
    let rows = model.fleet_rows();
    let n = model.fleet.n_rows();
    model.fleet.cursor.fit(n, rows);
    let height = usize::from(model.size.page_rows());
    let size = model.size;
    let chosen = size.choice_rows();
    for screen in &mut model.screens {
        match screen {
            Screen::Plan(page) => page.cursor.fit(page.n_rows(), height / 2),
            Screen::Run(page) => run::refit(page, size),
            Screen::Runs(_)
            | Screen::Instance(_)
            | Screen::Enrol(_)
            | Screen::Sheet(_)
            | Screen::Log(_) => {}
            Screen::Audit(page) => audit::refit(page, size),
            Screen::Due(page) => {
                let n = page.rows().len();
                page.cursor.fit(n, chosen);
            }
            Screen::Secrets(page) => {
                page.cursor.fit(page.rows.known().map_or(0, Vec::len), chosen);
            }
            Screen::Releases(page) => page.cursor.fit(page.n_rows(), chosen),
        }
    }
    super::runs::fit(model);
    sheet::refit(model);
}
