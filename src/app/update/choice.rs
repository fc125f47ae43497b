//! Choosing what a plan is about: secrets to change, a release to go back to.

use std::collections::BTreeSet;

use super::super::action::{Action, Place};
use super::super::choice_pages::{Asked, DuePage, ReleasesPage, SecretsPage};
use super::super::cursor::{Cursor, Step};
use super::super::effect::{ChangeKind, Effect};
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::toast::ToastKind;
use super::{fleet, layers, plan, sorting};
use crate::domain::filter::RowFilter;
use crate::domain::ids::HostId;
use crate::domain::plan::What;
use crate::domain::release::Recorded;
use crate::domain::secret::SecretName;
use crate::domain::secret::due::Due;

/// Opens the list of secrets of these instances.
pub(super) fn open_secrets(
    model: &mut Model,
    hosts: Vec<HostId>,
    meant: Option<SecretName>,
) -> Vec<Effect> {
    let request = model.next_request();
    let page = SecretsPage {
        hosts,
        meant,
        rows: Asked::Waiting(request),
        chosen: BTreeSet::new(),
        cursor: Cursor::default(),
    };
    model.screens.push(Screen::Secrets(Box::new(page)));
    layers::change(model, ChangeKind::Secrets { request })
}

/// Opens the page of what is due in the whole fleet.
pub(super) fn open_due(model: &mut Model) -> Vec<Effect> {
    model.screens.retain(|screen| !matches!(screen, Screen::Due(_)));
    let request = model.next_request();
    let page = DuePage {
        due: Asked::Waiting(request),
        cursor: Cursor::default(),
        filter: String::new(),
        counts: RowFilter::default(),
        order: sorting::of(model, Place::Due),
    };
    model.screens.push(Screen::Due(page));
    layers::change(model, ChangeKind::Secrets { request })
}

/// Opens the list of releases that these instances recorded.
pub(super) fn open_releases(model: &mut Model, hosts: Vec<HostId>) -> Vec<Effect> {
    let request = model.next_request();
    let page = ReleasesPage {
        hosts: hosts.clone(),
        releases: Asked::Waiting(request),
        cursor: Cursor::default(),
    };
    model.screens.push(Screen::Releases(page));
    layers::change(model, ChangeKind::Releases { request, hosts })
}

/// The secrets of the fleet, or why they cannot be read.
pub(super) fn secrets(model: &mut Model, request: u64, answer: &Result<Vec<Due>, Problem>) {
    for screen in &mut model.screens {
        match screen {
            Screen::Due(page) => page.due.take(request, answer.clone(), |due| due),
            Screen::Secrets(page) if page.rows == Asked::Waiting(request) => {
                page.take(request, answer.clone());
            }
            Screen::Secrets(_)
            | Screen::Instance(_)
            | Screen::Plan(_)
            | Screen::Run(_)
            | Screen::Runs(_)
            | Screen::Releases(_)
            | Screen::Audit(_)
            | Screen::Sheet(_)
            | Screen::Enrol(_)
            | Screen::Log(_) => {}
        }
    }
    super::data::refit(model);
}

/// The releases that were asked for, or why they cannot be read.
pub(super) fn releases(model: &mut Model, request: u64, answer: &Result<Vec<Recorded>, Problem>) {
    for screen in &mut model.screens {
        if let Screen::Releases(page) = screen {
            page.releases.take(request, answer.clone(), |releases| releases);
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform_on_secrets(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = model.size.choice_rows();
    let Some(Screen::Secrets(page)) = model.screens.last_mut() else { return Vec::new() };
    let n = page.rows.known().map_or(0, Vec::len);
    if let Some(step) = fleet::step(action) {
        page.cursor.go(step, n, height);
        return Vec::new();
    }
    match action {
        Action::Mark => {
            mark(model, height);
            Vec::new()
        }
        Action::MarkAll => {
            let all: BTreeSet<SecretName> = page.changeable().cloned().collect();
            page.chosen = if page.chosen == all { BTreeSet::new() } else { all };
            Vec::new()
        }
        Action::MakePlan => {
            let (hosts, names) = (page.hosts.clone(), page.chosen.iter().cloned().collect());
            if page.chosen.is_empty() {
                let mark = model.key(Action::Mark);
                let text = format!("no secret is chosen: choose some with {mark}");
                model.tell(ToastKind::Warning, &text);
                return Vec::new();
            }
            plan::ask(model, hosts, What::RotateSecrets { names })
        }
        _ => Vec::new(),
    }
}

fn mark(model: &mut Model, height: usize) {
    let Some(Screen::Secrets(page)) = model.screens.last_mut() else { return };
    let Some(row) = page.selected() else { return };
    let (name, by_hand) = (row.due.name.clone(), row.due.by_hand());
    if let Some(how) = by_hand {
        model.tell(ToastKind::Warning, &format!("{name} is changed by hand: {how}"));
        return;
    }
    if !page.chosen.remove(&name) {
        page.chosen.insert(name);
    }
    let n = page.rows.known().map_or(0, Vec::len);
    page.cursor.go(Step::Down, n, height);
}

pub(super) fn perform_on_due(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = model.size.choice_rows();
    let Some(Screen::Due(page)) = model.screens.last_mut() else { return Vec::new() };
    let rows = page.rows();
    if let Some(step) = fleet::step(action) {
        let n = rows.len();
        page.cursor.go(step, n, height);
        return Vec::new();
    }
    if action == Action::Filter {
        let input = tui_input::Input::new(page.filter.clone());
        model.layers.push(Layer::Filter(input));
        return Vec::new();
    }
    if action != Action::Open {
        return Vec::new();
    }
    let Some(due) = rows.get(page.cursor.selected).map(|due| (*due).clone()) else {
        return Vec::new();
    };
    let host = due.owner.as_str().parse::<HostId>().ok().filter(|_| due.of_host);
    match (due.by_hand(), host) {
        (None, Some(host)) => open_secrets(model, vec![host], Some(due.name)),
        (Some(how), _) => {
            model.tell(ToastKind::Warning, &format!("{} is changed by hand: {how}", due.name));
            Vec::new()
        }
        (None, None) => {
            let text = format!(
                "{} belongs to all of group {}: bunker vault set {} {}, then bunker configure",
                due.name, due.owner, due.owner, due.name
            );
            model.tell(ToastKind::Warning, &text);
            Vec::new()
        }
    }
}

/// Shows only secrets like this; says whether the page is there.
pub(super) fn filter_due(model: &mut Model, text: &str) -> bool {
    let Some(Screen::Due(page)) = model.screens.last_mut() else { return false };
    page.filter(text);
    super::data::refit(model);
    true
}

/// Takes the filter of the secrets away; says whether there was one.
pub(super) fn back_on_due(model: &mut Model) -> bool {
    let had = matches!(model.screens.last(), Some(Screen::Due(page)) if !page.filter.is_empty());
    had && filter_due(model, "")
}

pub(super) fn perform_on_releases(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = model.size.choice_rows();
    let Some(Screen::Releases(page)) = model.screens.last_mut() else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        let n = page.n_rows();
        page.cursor.go(step, n, height);
        return Vec::new();
    }
    if action != Action::MakePlan {
        return Vec::new();
    }
    let to = page.chosen().map(|release| release.sha.as_str().parse());
    let hosts = page.hosts.clone();
    match to.transpose() {
        Ok(to) => plan::ask(model, hosts, What::Rollback { to }),
        Err(refused) => {
            model.tell(ToastKind::Problem, &refused.to_string());
            Vec::new()
        }
    }
}
