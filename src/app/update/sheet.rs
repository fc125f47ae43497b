//! Keys and data of the pages with one list.

use std::collections::BTreeSet;

use super::super::action::Action;
use super::super::choice_pages::Asked;
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::fleet_charts::FleetChartsSheet;
use super::super::layers::Layer;
use super::super::look::{Look, Looked};
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::sheet::{AlertsSheet, BackupsSheet, ChartsSheet, Sheet, SheetOf};
use super::super::sheet_rows::{self, InventoryRow};
use super::super::timeline::TimelineRead;
use super::super::toast::ToastKind;
use super::{compare, fleet, go, leases, panes, plan, quiet, sorting};
use crate::domain::ids::HostId;
use crate::domain::plan::What;

/// Seconds after which the Alertmanager and charts are asked for again while their page is seen.
const AGAIN_S: i64 = 30;

/// Opens the page of backups.
pub(super) fn open_backups(model: &mut Model) -> Vec<Effect> {
    push(model, SheetOf::Backups(BackupsSheet::default()));
    wanted(model)
}

/// Opens the page of alerts.
pub(super) fn open_alerts(model: &mut Model) -> Vec<Effect> {
    let (request, asked) = (model.next_request(), model.clock);
    let page = AlertsSheet { manager: Asked::Waiting(request), last: None, asked };
    push(model, SheetOf::Alerts(page));
    vec![Effect::Look { request, what: Look::Alerts }]
}

/// Opens the page of windows.
pub(super) fn open_windows(model: &mut Model) -> Vec<Effect> {
    push(model, SheetOf::Windows);
    Vec::new()
}

/// Opens the page of the inventory.
pub(super) fn open_inventory(model: &mut Model) -> Vec<Effect> {
    let request = model.next_request();
    push(model, SheetOf::Inventory(Asked::Waiting(request)));
    vec![Effect::Look { request, what: Look::Inventory }]
}

/// Opens the page of a host's variables.
pub(super) fn open_variables(model: &mut Model, host: HostId) -> Vec<Effect> {
    let request = model.next_request();
    push(model, SheetOf::Variables(host.clone(), Asked::Waiting(request)));
    vec![Effect::Look { request, what: Look::Variables(host) }]
}

/// Opens the page of findings.
pub(super) fn open_doctor(model: &mut Model) -> Vec<Effect> {
    let (here, hosts) = (model.next_request(), model.next_request());
    push(model, SheetOf::Doctor(Asked::Waiting(here), Asked::Waiting(hosts)));
    vec![
        Effect::Look { request: here, what: Look::DoctorHere },
        Effect::Look { request: hosts, what: Look::DoctorHosts },
    ]
}

/// Opens the charts of an instance.
pub(super) fn open_charts(model: &mut Model, host: HostId) -> Vec<Effect> {
    let (request, asked) = (model.next_request(), model.clock);
    let read = Asked::Waiting(request);
    let second = model.next_request();
    let changes = TimelineRead::new(second, asked);
    let of = host.clone();
    push(model, SheetOf::Charts(ChartsSheet { host: of, read, last: None, asked, changes }));
    vec![
        Effect::Look { request, what: Look::Charts(host.clone()) },
        Effect::Look { request: second, what: Look::Timeline(host) },
    ]
}

/// Opens the figures of all instances as charts.
pub(super) fn open_fleet_charts(model: &mut Model) -> Vec<Effect> {
    push(model, SheetOf::FleetCharts(FleetChartsSheet::default()));
    Vec::new()
}

/// Opens what changed on an instance.
pub(super) fn open_timeline(model: &mut Model, host: HostId) -> Vec<Effect> {
    let (request, asked) = (model.next_request(), model.clock);
    push(model, SheetOf::Timeline(host.clone(), TimelineRead::new(request, asked)));
    vec![Effect::Look { request, what: Look::Timeline(host) }]
}

/// Puts a sheet on top; one of the same kind that lies below goes.
pub(super) fn push(model: &mut Model, of: SheetOf) {
    let kind = std::mem::discriminant(&of);
    let other = |screen: &Screen| {
        let Screen::Sheet(sheet) = screen else { return true };
        std::mem::discriminant(&sheet.of) != kind
    };
    model.screens.retain(other);
    let order = sorting::of(model, of.place());
    model.screens.push(Screen::Sheet(Box::new(Sheet { order, ..Sheet::new(of) })));
    refit(model);
}

/// Keeps the selection of every sheet on its row and on the screen.
pub(super) fn refit(model: &mut Model) {
    let height = model.size.choice_rows();
    for at in 0..model.screens.len() {
        let Some(Screen::Sheet(sheet)) = model.screens.get(at) else { continue };
        let names = sheet_rows::names(model, sheet);
        let Some(Screen::Sheet(sheet)) = model.screens.get_mut(at) else { continue };
        let found = sheet.selected.as_ref().and_then(|s| names.iter().position(|n| n == s));
        if let Some(found) = found {
            sheet.cursor.selected = found;
        }
        sheet.cursor.fit(names.len(), height);
        // A name that is gone leaves its place to the row that is there now. Until somebody chose a row, the first one
        // is selected, whichever that is.
        if sheet.selected.is_some() {
            sheet.selected = names.into_iter().nth(sheet.cursor.selected);
        }
    }
}

/// The sheet that is seen.
pub(super) fn seen(model: &mut Model) -> Option<&mut Sheet> {
    let Some(Screen::Sheet(sheet)) = model.screens.last_mut() else { return None };
    Some(sheet)
}

/// The time: what is seen and old is asked for again.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let (now, request) = (model.clock, model.last_request + 1);
    let Some(sheet) = seen(model) else { return Vec::new() };
    let old = |asked: jiff::Timestamp| now.duration_since(asked).as_secs() >= AGAIN_S;
    let what = match &mut sheet.of {
        SheetOf::Alerts(page) => {
            let none = matches!(page.manager, Asked::Known(None) | Asked::Waiting(_));
            if none || !old(page.asked) {
                return Vec::new();
            }
            page.ask(request, now);
            Look::Alerts
        }
        SheetOf::Charts(page) if page.changes.is_old(now) => {
            page.changes.ask(request, now);
            Look::Timeline(page.host.clone())
        }
        SheetOf::Charts(page) => {
            if matches!(page.read, Asked::Waiting(_)) || !old(page.asked) {
                return Vec::new();
            }
            page.ask(request, now);
            Look::Charts(page.host.clone())
        }
        SheetOf::Timeline(host, page) => {
            if !page.is_old(now) {
                return Vec::new();
            }
            page.ask(request, now);
            Look::Timeline(host.clone())
        }
        SheetOf::Backups(_)
        | SheetOf::Windows
        | SheetOf::FleetCharts(_)
        | SheetOf::Inventory(_)
        | SheetOf::Variables(..)
        | SheetOf::Doctor(..)
        | SheetOf::Compare(_) => return Vec::new(),
        SheetOf::Panes(_) => return panes::tick(model),
        SheetOf::Leases(_) => return leases::tick(model),
    };
    model.last_request = request;
    vec![Effect::Look { request, what }]
}

/// An answer, or why there is none.
pub(super) fn take(
    model: &mut Model,
    request: u64,
    answer: &Result<Looked, Problem>,
) -> Vec<Effect> {
    for screen in &mut model.screens {
        if let Screen::Sheet(sheet) = screen {
            sheet.of.take(request, answer);
        }
    }
    refit(model);
    leases::take(model, request, answer)
}

/// What the rows that are seen still need.
pub(super) fn wanted(model: &mut Model) -> Vec<Effect> {
    let height = model.size.choice_rows().max(1);
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return Vec::new() };
    let SheetOf::Backups(page) = &sheet.of else { return Vec::new() };
    let rows = sheet_rows::backups(model, sheet);
    let shown = rows.iter().skip(sheet.cursor.top).take(height).map(|row| &row.instance.id);
    let known = |id: &&HostId| page.made.contains_key(*id) || page.asking.contains(*id);
    let hosts: BTreeSet<HostId> = shown.filter(|id| !known(id)).cloned().collect();
    if hosts.is_empty() {
        return Vec::new();
    }
    let request = model.next_request();
    if let Some(Sheet { of: SheetOf::Backups(page), .. }) = seen(model) {
        page.asking.extend(hosts.iter().cloned());
    }
    // One question a host, so that one that does not answer keeps no other waiting.
    let ask = |host| Effect::Look { request, what: Look::Backups(vec![host]) };
    hosts.into_iter().map(ask).collect()
}

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = model.size.choice_rows();
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        let names = sheet_rows::names(model, sheet);
        let Some(sheet) = seen(model) else { return Vec::new() };
        sheet.cursor.go(step, names.len(), height);
        sheet.selected = names.into_iter().nth(sheet.cursor.selected);
        return wanted(model);
    }
    let host = sheet_rows::selected_host(model, sheet);
    match (action, host) {
        (Action::Open, _) if matches!(sheet.of, SheetOf::Leases(_)) => return leases::watch(model),
        (Action::BreakLease, _) => return leases::ask_break(model),
        (Action::AddWindow | Action::EndWindow | Action::Silence | Action::EndSilence, _) => {
            return quiet::open(model, action);
        }
        (Action::Open, host) => return open_selected(model, host),
        (Action::Backup, Some(host)) => return plan::ask(model, vec![host], What::Backup),
        (Action::VerifyBackup, Some(host)) => {
            return plan::ask(model, vec![host], What::VerifyBackup { all: false });
        }
        (Action::Backup | Action::VerifyBackup, None) => {
            model.tell(ToastKind::Warning, "no instance is selected here");
        }
        (Action::LookAgain, _) => return again(model),
        (Action::Filter, _) => {
            let input = tui_input::Input::new(sheet.filter.clone());
            model.layers.push(Layer::Filter(input));
        }
        (Action::PanesLayout, _) => panes::turn(model),
        (Action::NextFigure | Action::FigureBefore, _) => turn_figures(model, action),
        _ => return compare::perform(model, action),
    }
    Vec::new()
}

/// Puts another figure first.
fn turn_figures(model: &mut Model, action: Action) {
    if let Some(Sheet { of: SheetOf::FleetCharts(page), .. }) = seen(model) {
        if action == Action::NextFigure { page.turn(1) } else { page.turn_back() }
    }
}

/// Opens what the selected row is about.
fn open_selected(model: &mut Model, host: Option<HostId>) -> Vec<Effect> {
    if let Some(run) = sheet_rows::selected_run(model) {
        return go::open(model, Destination::Run(run));
    }
    if let Some(host) = host {
        return fleet::open(model, host);
    }
    let Some(Screen::Sheet(sheet)) = model.screens.last() else { return Vec::new() };
    if matches!(sheet.of, SheetOf::Panes(_)) {
        return panes::leave_for(model);
    }
    let rows = sheet_rows::inventory(sheet);
    match rows.get(sheet.cursor.selected) {
        Some(InventoryRow::Host(host)) => {
            let id = host.id.clone();
            open_variables(model, id)
        }
        Some(InventoryRow::Group(group)) => {
            let name = group.name.to_string();
            filter(model, &name);
            Vec::new()
        }
        None => {
            let text = "this row is about no single instance of the fleet";
            model.tell(ToastKind::Warning, text);
            Vec::new()
        }
    }
}

/// Reads again what the page shows.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let (now, request) = (model.clock, model.last_request + 1);
    let Some(sheet) = seen(model) else { return Vec::new() };
    let what = match &mut sheet.of {
        SheetOf::Backups(page) => {
            *page = BackupsSheet::default();
            return wanted(model);
        }
        SheetOf::FleetCharts(_) => {
            let text = "the charts follow the metrics server by themselves, each minute";
            model.tell(ToastKind::Done, text);
            return Vec::new();
        }
        SheetOf::Windows => {
            let text = "windows follow the files of the inventory by themselves";
            model.tell(ToastKind::Done, text);
            return Vec::new();
        }
        SheetOf::Alerts(page) => {
            page.ask(request, now);
            Look::Alerts
        }
        SheetOf::Charts(page) => {
            page.ask(request, now);
            Look::Charts(page.host.clone())
        }
        SheetOf::Timeline(host, page) => {
            page.ask(request, now);
            Look::Timeline(host.clone())
        }
        SheetOf::Inventory(told) => {
            *told = Asked::Waiting(request);
            Look::Inventory
        }
        SheetOf::Variables(host, told) => {
            *told = Asked::Waiting(request);
            Look::Variables(host.clone())
        }
        SheetOf::Doctor(here, hosts) => {
            (*here, *hosts) = (Asked::Waiting(request), Asked::Waiting(request + 1));
            model.last_request = request + 1;
            return vec![
                Effect::Look { request, what: Look::DoctorHere },
                Effect::Look { request: request + 1, what: Look::DoctorHosts },
            ];
        }
        SheetOf::Compare(_) => return compare::read(model),
        SheetOf::Panes(_) => return panes::read(model),
        SheetOf::Leases(_) => return leases::read(model),
    };
    model.last_request = request;
    vec![Effect::Look { request, what }]
}

/// Takes the filter away; says whether there was one.
pub(super) fn back(model: &mut Model) -> bool {
    let Some(sheet) = seen(model) else { return false };
    let had = !sheet.filter.is_empty();
    sheet.filter("");
    if had {
        refit(model);
    }
    had
}

/// Shows only rows with these words; says whether the page is there.
pub(super) fn filter(model: &mut Model, text: &str) -> bool {
    let Some(sheet) = seen(model) else { return false };
    sheet.filter(text);
    refit(model);
    true
}
